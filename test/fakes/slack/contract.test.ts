/** The fake is worth something only if it catches what Slack would refuse. The bot here is the library's own client. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { webApi } from '@slack/bolt';
import { startFakeSlack } from './fake-slack.ts';
import { issueTrigger } from './payloads.ts';
import { checkMessageBlocks, checkView } from './rules.ts';
import { loadSlackSchemas } from './schema.ts';

const schemas = loadSlackSchemas();
const plain = (text: string) => ({ type: 'plain_text', text });
const button = (more: object = {}) => ({ type: 'button', text: plain('Go'), action_id: 'a', ...more });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const section = (text: string, more: object = {}) => ({ type: 'section', text: { type: 'mrkdwn', text }, ...more });
const table = (columns: number, rows: number) => ({
  type: 'table',
  rows: Array.from({ length: rows }, () => Array.from({ length: columns }, () => ({ type: 'raw_text', text: 'x' }))),
});
const task = { type: 'task_card', task_id: 't1', title: 'x', status: 'complete' };

const wrongMessages: [string, object[]][] = [
  ['a section of 3,001 characters', [section('x'.repeat(3001))]],
  ['an empty text', [section('')]],
  ['markup in a header', [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }]],
  ['a header of 151 characters', [{ type: 'header', text: plain('x'.repeat(151)) }]],
  ['a button text of 76 characters', [actions(button({ text: plain('x'.repeat(76)) }))]],
  ['a button value of 2,001 characters', [actions(button({ value: 'x'.repeat(2001) }))]],
  ['a style that does not exist', [actions(button({ style: 'green' }))]],
  ['26 elements in one block', [actions(...Array.from({ length: 26 }, (_, at) => button({ action_id: `a${at}` })))]],
  ['an action id twice in a block', [actions(button(), button())]],
  ['a block id twice', [section('x', { block_id: 'b' }), section('y', { block_id: 'b' })]],
  ['a misspelt field', [section('x', { txt: 1 })]],
  ['an unknown block', [{ type: 'sectoin', text: plain('x') }]],
  ['51 blocks', Array.from({ length: 51 }, () => ({ type: 'divider' }))],
  ['13,300 characters in all', Array.from({ length: 5 }, () => section('x'.repeat(2_700)))],
  ['a table of 21 columns', [table(21, 1)]],
  ['a table of 101 rows', [table(1, 101)]],
  ['two tables', [table(1, 1), table(1, 1)]],
  ['a table with rows of two lengths', [{ type: 'table', rows: [...table(1, 1).rows, ...table(2, 1).rows] }]],
  ['a task called "completed"', [{ type: 'plan', title: 'x', tasks: [{ ...task, status: 'completed' }] }]],
  ['a task id twice', [{ type: 'plan', title: 'x', tasks: [task, task] }]],
  ['a plan beside a task', [{ type: 'plan', title: 'x', tasks: [] }, task]],
  ['an input', [{ type: 'input', label: plain('x'), element: { type: 'plain_text_input', action_id: 'a' } }]],
];
for (const [what, blocks] of wrongMessages) {
  test(`a message with ${what} is caught`, () =>
    assert.notDeepEqual(checkMessageBlocks(structuredClone(blocks), schemas), []));
}

const input = { type: 'input', label: plain('x'), element: { type: 'plain_text_input', action_id: 'a' } };
const wrongViews: [string, object][] = [
  ['inputs and no submit', { type: 'modal', title: plain('x'), blocks: [input] }],
  [
    '101 blocks',
    { type: 'modal', title: plain('x'), blocks: Array.from({ length: 101 }, () => ({ type: 'divider' })) },
  ],
];
for (const [what, view] of wrongViews) {
  test(`a modal with ${what} is caught`, () => assert.notDeepEqual(checkView(structuredClone(view), schemas), []));
}

const wrongRequests: [string, string, object][] = [
  [
    'a modal title of 25 characters',
    'views.open',
    { trigger_id: 't', view: { type: 'modal', title: plain('x'.repeat(25)), blocks: [] } },
  ],
  ['a misspelt argument', 'chat.postMessage', { channel: 'C1', text: 'x', thraed_ts: '1' }],
  ['a missing argument', 'chat.update', { channel: 'C1', text: 'x' }],
  ['a method that does not exist', 'chat.postMesage', {}],
];
for (const [what, method, args] of wrongRequests) {
  test(`a request with ${what} is caught`, () =>
    assert.notDeepEqual(schemas.checkRequest(method, structuredClone(args)), []));
}

async function started(t: TestContext, options = {}) {
  const fake = await startFakeSlack(options);
  t.after(fake.close);
  fake.addUser('UALICE');
  fake.addChannel('C1', ['UALICE']);
  fake.addChannel('C9', ['UALICE'], { bot: false });
  const client = new webApi.WebClient(fake.tokens.bot, {
    slackApiUrl: fake.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: webApi.LogLevel.ERROR,
  });
  return { fake, client };
}

test('a wrong block is refused and stays on the list of violations', async (t) => {
  const { fake, client } = await started(t);
  const blocks = [{ type: 'section' as const, text: { type: 'mrkdwn' as const, text: 'x'.repeat(3001) } }];
  await assert.rejects(client.chat.postMessage({ channel: 'C1', text: 'x', blocks }), /invalid_blocks/);
  assert.match(fake.violations.join(), /3000 characters/);
});

test("Slack's own no: tokens, channels, threads, messages of others", async (t) => {
  const { fake, client } = await started(t, { eventRetryMs: [] });
  const stranger = new webApi.WebClient('xoxb-no', { slackApiUrl: fake.apiUrl });
  await assert.rejects(stranger.auth.test(), /invalid_auth/);
  await assert.rejects(client.chat.postMessage({ channel: 'C9', text: 'x' }), /not_in_channel/);
  await assert.rejects(client.chat.postMessage({ channel: 'C0', text: 'x' }), /channel_not_found/);
  await assert.rejects(client.chat.postMessage({ channel: 'C1', text: 'x', thread_ts: '1.1' }), /thread_not_found/);
  await assert.rejects(client.chat.postEphemeral({ channel: 'C1', text: 'x', user: 'UNO' }), /user_not_in_channel/);
  const ts = await fake.user('UALICE').dm('hello');
  await assert.rejects(client.chat.update({ channel: 'DALICE', ts, text: 'x' }), /cant_update_message/);
});

test('a trigger opens one modal, of its person, within 3 s', async (t) => {
  const { fake, client } = await started(t);
  const view = { type: 'modal' as const, title: { type: 'plain_text' as const, text: 'x' }, blocks: [] };
  const trigger_id = issueTrigger(fake.world, 'UALICE');
  await client.views.open({ trigger_id, view });
  await assert.rejects(client.views.open({ trigger_id, view }), /exchanged_trigger_id/);
  await assert.rejects(client.views.open({ trigger_id: 'x', view }), /invalid_trigger_id/);
  const late = issueTrigger(fake.world, 'UALICE');
  const issued = fake.world.triggers.get(late);
  if (issued !== undefined) issued.issuedAt -= 3_001;
  await assert.rejects(client.views.open({ trigger_id: late, view }), /expired_trigger_id/);
  assert.notEqual(fake.user('UALICE').modal(), null);
});

test('rate limits hold in each channel, and say how long to wait', async (t) => {
  const { client } = await started(t, { rateLimits: true });
  const post = () => client.chat.postMessage({ channel: 'C1', text: 'x' });
  const answers = await Promise.allSettled(Array.from({ length: 8 }, post));
  const refused = answers.filter((answer) => answer.status === 'rejected');
  assert.ok(refused.length >= 3, `${refused.length} refused`);
  assert.ok(refused.every(({ reason }) => reason.retryAfter >= 1));
});

test('files go up in three steps', async (t) => {
  const { fake, client } = await started(t);
  const { ts } = await client.chat.postMessage({ channel: 'C1', text: 'x' });
  await client.filesUploadV2({ channel_id: 'C1', thread_ts: ts ?? '', filename: 'plan.txt', content: 'all of it' });
  const [file] = fake.world.files.values();
  assert.deepEqual([file?.name, file?.channel, file?.thread], ['plan.txt', 'C1', ts]);
});

test('who waits for an answer that does not come sees a time-out; an event is sent again', async (t) => {
  const { fake } = await started(t, { ackDeadlineMs: 20, eventRetryMs: [0, 10, 10] });
  assert.equal(await fake.user('UALICE').slash('C1', '/vm list'), null);
  assert.deepEqual(fake.world.timeouts, [{ user: 'UALICE', what: '/vm list' }]);
});

test('a bot that answers too late is a time-out, too', async (t) => {
  const { fake } = await started(t, { ackDeadlineMs: 50 });
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.closeAllConnections());
  t.after(() => silent.close());
  const address = silent.address();
  assert.ok(typeof address === 'object' && address !== null);
  fake.deliverTo(`http://127.0.0.1:${address.port}`);
  assert.equal(await fake.user('UALICE').slash('C1', '/vm list'), null);
  assert.deepEqual(fake.world.timeouts, [{ user: 'UALICE', what: '/vm list' }]);
});
