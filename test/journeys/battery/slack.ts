/** Slack in the fault battery: the real adapter and Bolt on the fake Slack, over two sockets or signed requests. */
import { setTimeout as pause } from 'node:timers/promises';
import { createSlackChat } from '../../../bot/chat/slack/slack.ts';
import { asShown, buttonsOf, sightOf, slackId } from '../../bot/chat/slack/stage.ts';
import { type FakeSlack, startFakeSlack } from '../../fakes/slack/fake-slack.ts';
import type { Fault } from '../../fakes/slack/faults.ts';
import { BOT_USER } from '../../fakes/slack/world.ts';
import type { World } from '../world.ts';
import type { BatteryChat, BatteryStage, FaultRow } from './chat.ts';

const PLACES = 8;
/** Slack's own are 3 s, and at once, 1 min, 5 min; time is short here. */
const ACK_DEADLINE_MS = 2_500;
const EVENT_RETRIES_MS = [100, 400, 1_000, 2_000, 4_000, 8_000];
/** Ten times what Slack allows, so that a short battery sees many messages, and progress still queues up. */
const RATES = {
  'chat.update': { burst: 10, perMinute: 500, per: 'workspace', reserve: 5 },
} as const;

const post = (more: Omit<Fault, 'method'>): Fault => ({ method: 'chat.postMessage', ...more });
const edit = (more: Omit<Fault, 'method'>): Fault => ({ method: 'chat.update', ...more });

const answers: [name: string, fault: Fault][] = [
  ['posts are answered 429', post({ retryAfter: 1, times: 2 })],
  ['edits are answered 429', edit({ retryAfter: 1, times: 2 })],
  ['"ratelimited" comes with HTTP 200', post({ error: 'ratelimited', retryAfter: 1 })],
  ['posts meet HTTP 503', post({ status: 503, times: 2 })],
  ['edits meet HTTP 500', edit({ status: 500, times: 2 })],
  ['Slack answers internal_error', post({ error: 'internal_error', times: 2 })],
  ['the answer to a post is lost after it stood', post({ dropAfter: true, times: 2 })],
  ['the answer to an edit is lost after it stood', edit({ dropAfter: true, times: 3 })],
  ['connections are cut before a call', { drop: true, times: 3 }],
  ['answers are slow', { delay: 700, times: 6 }],
  ['a message is too long for Slack', post({ error: 'msg_blocks_too_long' })],
  ['the look for an earlier copy fails too', { method: 'conversations.replies', status: 500, times: 2 }],
];

const opens: [name: string, fault: Fault][] = [
  ['HTTP 503', { status: 503, times: 3 }],
  ['connections cut', { drop: true, times: 2 }],
  ['429', { retryAfter: 1 }],
  ['internal_error', { error: 'internal_error', times: 2 }],
];

function rowsOf(fake: FakeSlack, isSocket: boolean): FaultRow[] {
  const common: FaultRow[] = [
    { name: 'everything is delivered twice', fire: () => fake.duplicate(6) },
    { name: 'acknowledgements are lost', fire: () => fake.loseAcknowledgements(3) },
    ...answers.map(([name, fault]) => ({ name, fire: () => fake.fault(fault) })),
  ];
  if (!isSocket) return common;
  return [
    ...common,
    { name: 'a connection is to be renewed', fire: () => fake.disconnect('warning') },
    { name: 'a connection is renewed', fire: () => fake.disconnect('refresh_requested') },
    { name: 'both connections are renewed at once', fire: () => fake.disconnect('refresh_requested', 'all') },
    { name: 'a connection is cut', fire: () => fake.disconnect('cut') },
    { name: 'both connections are cut', fire: () => fake.disconnect('cut', 'all') },
    { name: 'a connection goes silent', fire: () => fake.disconnect('stall') },
    ...opens.map(([what, fault]) => ({
      name: `reconnecting meets ${what}`,
      fire: () => {
        fake.fault({ method: 'apps.connections.open', ...fault });
        fake.disconnect('refresh_requested', 'all');
      },
    })),
  ];
}

function slackStage(kind: 'socket' | 'http'): BatteryStage {
  return {
    name: kind === 'socket' ? 'Slack over Socket Mode' : 'Slack over HTTP',
    accounts: (person) => ({ slack: [slackId(person)] }),
    open: async (world) => {
      const fake = await startFakeSlack({ ackDeadlineMs: ACK_DEADLINE_MS, eventRetryMs: EVENT_RETRIES_MS });
      const members = world.drover.config.people.flatMap(({ accounts }) => accounts.slack);
      for (const id of members) fake.addUser(id);
      for (let at = 0; at < PLACES; at += 1) fake.addChannel(`C${at}`, members);
      const chat = await connect(fake, world, kind);
      return battery(fake, kind, chat.close);
    },
  };
}

async function connect(fake: FakeSlack, { drover }: World, kind: 'socket' | 'http') {
  const nothing = () => {};
  const chat = createSlackChat({
    botToken: fake.tokens.bot,
    mode:
      kind === 'socket'
        ? { kind, appToken: fake.tokens.app }
        : { kind, signingSecret: fake.signingSecret, host: '127.0.0.1', port: 0 },
    apiUrl: fake.apiUrl,
    receive: drover.desk.receive,
    forms: { form: async () => null, read: () => ({ kind: 'wrong', fields: {} }) },
    home: async () => [],
    isFirstTry: drover.isFirstTry,
    onFatal: (error) => void fake.violations.push(`fatal: ${error.message}`),
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    rates: RATES,
  });
  drover.addPlatform(chat);
  await chat.start();
  if (kind === 'http') fake.deliverTo(`http://127.0.0.1:${chat.port()}/slack/events`);
  return chat;
}

function battery(fake: FakeSlack, kind: 'socket' | 'http', close: () => Promise<void>): BatteryChat {
  const ours = () => fake.world.messages.filter(({ user }) => user === BOT_USER);
  let asked = 0;
  return {
    places: PLACES,
    ask: async (person, place, line) => {
      const user = fake.user(slackId(person));
      asked += 1;
      if (asked % 3 === 0) return (await user.slash(`C${place}`, `/${line}`)) !== null;
      const ts = await user.mention(`C${place}`, line);
      return !fake.world.undelivered.includes(ts);
    },
    press: async (person, sight, verb) => {
      const message = asShown(ours(), sight, verb);
      const button = buttonsOf(message).find(({ press }) => press.verb === verb);
      return (await fake.user(slackId(person)).press(message, button?.actionId ?? '')) !== null;
    },
    newest: (count) => ours().slice(-count).map(sightOf),
    rows: rowsOf(fake, kind === 'socket'),
    calm: async () => {
      fake.calm();
      while (kind === 'socket' && fake.connected() < 2) await pause(20);
    },
    violations: () => fake.violations,
    close: async () => {
      await close();
      await fake.close();
    },
  };
}

export const slackStages = [slackStage('socket'), slackStage('http')];
