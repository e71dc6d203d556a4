/**
 * No command is lost after its acknowledgement: Drover gets kill -9 while people ask, on a disk so slow that it always
 * hits somebody in the middle; the next process has everything that Slack was told of, once, and events that Slack was
 * not told of come again.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type FakeSlack, startFakeSlack } from '../../fakes/slack/fake-slack.ts';
import { BOT_USER } from '../../fakes/slack/world.ts';
import { type ChatProcess, freePort, startChatProcess } from '../start-chat-process.ts';

/** Few a channel, so that Slack's limit on posts holds nothing up. */
const CHANNELS = 12;
const ASKED = 36;
const SLOW_DISK_MS = 150;

interface Ask {
  vm: string;
  how: 'slash' | 'mention';
  acknowledged: boolean;
}

for (const mode of ['socket', 'http'] as const) {
  for (const killAfter of [2, 9]) {
    test(`Slack over ${mode}: kill -9 after ${killAfter} acknowledged commands loses none of them`, async (t) => {
      const { fake, start } = await site(t, mode);
      const first = await start();
      const asks: Ask[] = [];
      const asking = askAll(fake, asks);
      const acknowledged = () => asks.filter((ask) => ask.acknowledged);
      await until('enough commands are acknowledged', () => acknowledged().length >= killAfter);
      await first.kill();
      const second = await start();
      await asking;
      assert.ok(acknowledged().length < asks.length, 'the kill must hit somebody');
      await until('every acknowledged command has its card', () =>
        acknowledged().every(({ vm }) => cardsOf(fake, vm).length > 0),
      );
      await second.stop();
      for (const { vm, how } of asks) assert.ok(cardsOf(fake, vm).length <= 1, `${vm} stands twice (${how})`);
      // Slack delivers events until somebody acknowledges them; nobody redelivers a slash command.
      assert.deepEqual(
        asks.filter((ask) => ask.how === 'mention' && !ask.acknowledged),
        [],
      );
      assert.deepEqual(fake.violations, []);
    });
  }
}

async function site(t: TestContext, mode: 'socket' | 'http') {
  const directory = mkdtempSync(join(tmpdir(), 'drover-kill-'));
  const fake = await startFakeSlack({ ackDeadlineMs: 1_000, eventRetryMs: [300, 1_000, 3_000, 6_000, 12_000] });
  const processes: ChatProcess[] = [];
  t.after(async () => {
    for (const one of processes) await one.kill();
    await fake.close();
    rmSync(directory, { recursive: true, force: true });
  });
  fake.addUser('UALICE');
  for (let at = 0; at < CHANNELS; at += 1) fake.addChannel(`C${at}`, ['UALICE']);
  const port = await freePort();
  if (mode === 'http') fake.deliverTo(`http://127.0.0.1:${port}/slack/events`);
  const people = [
    { name: 'alice', groups: ['team-a'], accounts: { slack: 'UALICE' } },
    { name: 'bob', groups: ['approvers', 'operators'] },
    { name: 'carol', groups: ['approvers'] },
    { name: 'dave', groups: ['approvers'] },
  ];
  const options = {
    config: { people, slack: { mode, port } },
    stateDir: join(directory, 'state'),
    vms: Array.from({ length: ASKED }, (_, at) => vmName(at)),
    receiveDelayMs: SLOW_DISK_MS,
  };
  const env = {
    SLACK_API_URL: fake.apiUrl,
    SLACK_BOT_TOKEN: fake.tokens.bot,
    SLACK_APP_TOKEN: fake.tokens.app,
    SLACK_SIGNING_SECRET: fake.signingSecret,
  };
  const start = async () => {
    const started = await startChatProcess(options, env);
    processes.push(started);
    return started;
  };
  return { fake, start };
}

const vmName = (at: number) => `prod-${String(at).padStart(2, '0')}`;

/** One ask every 30 ms, each of another VM; every second one a slash command. Ends when all are answered or given up. */
async function askAll(fake: FakeSlack, asks: Ask[]): Promise<void> {
  const alice = fake.user('UALICE');
  const answers: Promise<void>[] = [];
  for (let at = 0; at < ASKED; at += 1) {
    const [vm, channel] = [vmName(at), `C${at % CHANNELS}`];
    const ask: Ask = { vm, how: at % 2 === 0 ? 'slash' : 'mention', acknowledged: false };
    asks.push(ask);
    const answer =
      ask.how === 'slash'
        ? alice.slash(channel, `/vm stop ${vm}`).then((answer) => answer !== null)
        : alice.mention(channel, `stop ${vm}`).then((ts) => !fake.world.undelivered.includes(ts));
    answers.push(
      answer.then((told) => {
        ask.acknowledged = told;
      }),
    );
    await pause(30);
  }
  await Promise.all(answers);
}

function cardsOf(fake: FakeSlack, vm: string) {
  const cards = fake.world.messages.filter(({ user }) => user === BOT_USER);
  return cards.filter(({ text }) => text.includes(`vm stop ${vm}`));
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 20) {
    if (waited > 30_000) throw new Error(`never: ${what}`);
    await pause(20);
  }
}
