/** Values as they stand in a line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cleanText, cutText, decodeValue, encodeField } from '../../audit/encode.ts';

const table: [name: string, value: string | number, written: string][] = [
  ['op', 'request', 'op=request'],
  ['cmd', 'start', 'cmd="start"'],
  ['cmd', 'libvirt stop web-01', 'cmd=6C6962766972742073746F70207765622D3031'],
  ['vm', 'web-01', 'vm="web-01"'],
  ['vm', '数据库-01', 'vm=E695B0E68DAEE5BA932D3031'],
  ['vm', 'CAFE', 'vm="CAFE"'],
  ['vm', 12, 'vm="12"'],
  ['acct', '(unknown)', 'acct=28756E6B6E6F776E29'],
  ['rule', 'CAFE', 'rule="CAFE"'],
  ['rule', '12', 'rule="12"'],
  ['attempt', 12, 'attempt=12'],
  ['delta-ms', -3600123, 'delta-ms=-3600123'],
  ['reason', '', 'reason=?'],
  ['reason', '?', 'reason=3F'],
  ['reason', 'why:', 'reason=7768793A'],
  ['reason', 'a,b', 'reason=a,b'],
  ['reason', 'b,', 'reason=622C'],
  ['reason', ' 0', 'reason=20300A'],
  ['cmd', 'a_uid=5', 'cmd=615F7569643D35'],
  ['cmd', "res=success'", 'cmd=7265733D7375636365737327'],
  ['cmd', 'a"b', 'cmd=612262'],
  ['new-disk', '/var/lib/a.qcow2', 'new-disk="/var/lib/a.qcow2"'],
  ['plan', 'sha256:64879f7d6b960a01', 'plan=sha256:64879f7d6b960a01'],
];

for (const [name, value, written] of table) {
  test(`${name} ${JSON.stringify(value)} is written ${written}`, () => {
    assert.equal(encodeField(name, value), written);
  });
}

test('a number that cannot be read back is a bug', () => {
  assert.throws(() => encodeField('ms', Number.NaN), /encoding ms/);
});

const anyText = fc.string({ unit: 'binary', maxLength: 60 });
const anyName = fc.constantFrom('cmd', 'vm', 'acct', 'info', 'rule', 'reason', 'uri', 'new-mem');

test('a written value holds no space, quote, equals sign or byte beyond ASCII', () => {
  fc.assert(
    fc.property(anyName, anyText, (name, text) => {
      const value = encodeField(name, text).slice(name.length + 1);
      assert.match(value, /^(?:\?|"[A-Za-z0-9._:/@+,%~-]+"|[A-Za-z0-9._:/@+,%~-]+)$/);
    }),
  );
});

test('a value is read back as it was, but for a line feed where digits would look like a number', () => {
  fc.assert(
    fc.property(anyName, anyText, (name, text) => {
      const sound = text.toWellFormed();
      const back = decodeValue(name, encodeField(name, sound).slice(name.length + 1));
      assert.ok(back === sound || back === `${sound}\n`, `${JSON.stringify(sound)} came back ${JSON.stringify(back)}`);
    }),
  );
});

test('what deceives a reader is replaced, tabs and line feeds stay', () => {
  const evil = 'a\0b\x1bc\u202ed\u2066e\x7ff\x9bg\rh\ud800i\u2028j';
  assert.equal(cleanText(`${evil}\t\n`), 'a\uFFFDb\uFFFDc\uFFFDd\uFFFDe\uFFFDf\uFFFDg\uFFFDh\uFFFDi\uFFFDj\t\n');
  assert.equal(cleanText('重启 web-01 👋'), '重启 web-01 👋');
});

test('a text is cut between characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, bytes) => {
      const cut = cutText(text, bytes);
      assert.ok(text.startsWith(cut));
      assert.ok(Buffer.byteLength(cut) <= bytes);
      assert.ok(cut === text || Buffer.byteLength(cut) > bytes - 4);
    }),
  );
});
