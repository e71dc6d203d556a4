/** Texts that people, or those who want to hide, may send: the same ones for the same seed. */

const PIECES = [
  ...[
    'res=success',
    "res=success'",
    ' res=failed',
    'res=',
    "'",
    '"',
    '=',
    ' ',
    '\n',
    '\r\n',
    '\t',
    '\0',
    '\x1b[2J',
    '\x1d',
  ],
  ...[
    'uid=0',
    '_uid=5',
    'auid=1',
    ' auid=0 ',
    'guid=77',
    'ses=1',
    ' ses=4 ',
    'pid=1',
    'acct="root"',
    'acct=root',
    'exe=/x',
  ],
  ...[
    'exe="/bin/sh"',
    'terminal=y',
    'hostname=h,',
    'addr=1.2.3.4',
    'vm="web-01"',
    'vm=',
    'uuid=',
    'chain=',
    ' chain=AAAA',
  ],
  ...[
    'type=EOE msg=audit(1.000:1): ',
    '\ntype=USER_CMD msg=audit(1795377661.066:1): pid=1 uid=0 ',
    'msg=audit(',
    "msg='",
  ],
  ...[
    '\u202e',
    '\u2066',
    '\u2069',
    '\u200f',
    '\u2028',
    '\x85',
    '\x9b31m',
    '\x7f',
    '\ud800',
    '\udc00',
    '\ufeff',
    '\ufffd',
  ],
  ...[
    '重启',
    'أعد التشغيل',
    'перезапусти',
    '👩‍💻',
    '🇺🇦',
    'é',
    'e\u0301',
    '%s%n',
    '$(reboot)',
    '`id`',
    '; rm -rf /',
    '../../..',
    '\\',
    '\\x41',
  ],
  ...[
    'CAFE',
    '41',
    '4142',
    '(null)',
    '?',
    '"?"',
    ',',
    ':',
    'a,',
    'unset',
    '-1',
    '4294967295',
    'UID="root"',
    'AUID="root"',
  ],
  ...[
    '\x1dUID="root" AUID="root"',
    '#',
    '----',
    '<no matches>',
    '=cmd|calc',
    '+1',
    '@x',
    '-2',
    'web-01',
    'start',
    'vm stop',
  ],
];

export function* hostileTexts(count: number, seed: number): Generator<string> {
  const next = createRandom(seed);
  for (let n = 0; n < count; n += 1) {
    const pieces = Array.from({ length: 1 + (next() % 6) }, () => PIECES[next() % PIECES.length] ?? '');
    const text = pieces.join(next() % 3 === 0 ? ' ' : '');
    yield n % 500 === 499 ? text.repeat(1 + (next() % 400)) : text;
  }
}

/** xorshift32. Source: https://www.jstatsoft.org/article/view/v008i14 */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
