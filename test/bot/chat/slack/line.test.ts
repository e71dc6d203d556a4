/** What Slack makes of typed text is undone before the grammar reads it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toLine } from '../../../../bot/chat/slack/line.ts';

const lines = [
  ['<@U0DROVER0> stop web-01', 'vm stop web-01'],
  ['stop web-01 <@U0DROVER0>', 'vm stop web-01'],
  ['vm stop web-01', 'vm stop web-01'],
  ['/vm stop web-01', 'vm stop web-01'],
  ['VM stop web-01', 'VM stop web-01'],
  ['', 'vm help'],
  ['vm', 'vm help'],
  ['<@U0DROVER0>', 'vm help'],
  ['stop <http://web-01.example.org|web-01.example.org>', 'vm stop web-01.example.org'],
  ['start <https://web-01>', 'vm start https://web-01'],
  ['create web-01 --note “for the demo”', 'vm create web-01 --note "for the demo"'],
  ['create web-01 --note ‘x’', "vm create web-01 --note 'x'"],
  ['list owner=<@U123|alice>', 'vm list owner=alice'],
  ['list owner=<@U123>', 'vm list owner=@U123'],
  ['explain &lt;a&gt; &amp;amp;', 'vm explain <a> &amp;'],
  ['stop\u00a0web-01', 'vm stop web-01'],
] as const;
for (const [text, line] of lines) {
  test(`${JSON.stringify(text)} is read as ${JSON.stringify(line)}`, () =>
    assert.equal(toLine(text, 'U0DROVER0'), line));
}
