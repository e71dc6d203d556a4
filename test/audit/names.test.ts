/** The lint of field names: each bad one makes some audit tool lie. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintFields, whyBadName } from '../../audit/names.ts';
import type { AuditEntry } from '../../audit/record.ts';

const bad =
  `guid a_uid auid old-vm src-vm myuuid incomm hostname mac-addr exe plan-exe res features cores expires failures
  result outcome-result ses processes subj pid ppid acct requester-acct terminal cwd-terminal sig exit mode flags action list
  per code arch syscall a0 data perm key proto chain type msg node raw-bytes Vm vm= öp 1a`.split(/\s+/);

const good =
  `op virt vm uuid comm cwd vm-pid reason intent decision rule risk plan quorum valid-until old-mem new-mem old-disk
  new-disk virerr info cmd uri attempt ms resrc policy-sha256 raw-sha256 msg-id platform-id outcome ref unit ver file name
  rc changed failed`.split(/\s+/);

for (const name of bad) {
  test(`a field cannot be called ${name}`, () => assert.notEqual(whyBadName('USER_CMD', name), null));
}

for (const name of good) {
  test(`a field can be called ${name}`, () => assert.equal(whyBadName('USER_CMD', name), null));
}

test('id belongs to records about accounts, fp to records about keys', () => {
  assert.equal(whyBadName('ADD_USER', 'id'), null);
  assert.notEqual(whyBadName('USER_CMD', 'id'), null);
  assert.equal(whyBadName('CRYPTO_KEY_USER', 'fp'), null);
  assert.notEqual(whyBadName('VIRT_CONTROL', 'fp'), null);
});

const places: [title: string, names: string[], problem: RegExp][] = [
  ['vm after uuid', ['op', 'uuid', 'vm'], /vm must stand before uuid/],
  ['vm-pid without vm', ['op', 'vm-pid'], /vm-pid must stand after vm/],
  ['the same field twice', ['op', 'rule', 'rule'], /rule is there twice/],
  ['more fields than fit', Array.from({ length: 41 }, (_, n) => `f${n}`), /more than 40 fields/],
];

for (const [title, names, problem] of places) {
  test(`${title} is a bug`, () => {
    const fields: AuditEntry['fields'] = names.map((name) => [name, 1]);
    assert.throws(() => lintFields({ type: 'VIRT_CONTROL', fields }), problem);
  });
}
