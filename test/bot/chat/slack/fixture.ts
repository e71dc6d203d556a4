/** The real adapter with the real Bolt, connected to a fake Slack; both end with the test. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Card, Inbound, PlatformUser } from '../../../../bot/chat/card.ts';
import type { Form, FormAnswer, FormValues } from '../../../../bot/chat/form.ts';
import { createSlackChat, type SlackChat, type SlackOptions } from '../../../../bot/chat/slack/slack.ts';
import { type FakeSlack, type FakeSlackOptions, startFakeSlack } from '../../../fakes/slack/fake-slack.ts';

export interface Connected {
  fake: FakeSlack;
  chat: SlackChat;
  /** Everything that came in. */
  inbox: Inbound[];
  log: string[];
  fatal: Error[];
}

export interface Wishes {
  fake?: FakeSlackOptions;
  slack?: Partial<SlackOptions>;
  /** What the journey would do with what comes in. */
  receive?: (inbound: Inbound, chat: SlackChat) => Promise<void>;
  http?: boolean;
  /** Whether violations are looked at by the test itself. */
  violationsExpected?: boolean;
  start?: boolean;
}

export const vmForm: Form = {
  action: 'vm.create',
  title: 'Create a VM',
  submit: 'Ask',
  intro: 'team-a may have 2 more VMs.',
  fields: [
    { kind: 'text', name: 'name', label: 'Name', hint: 'letters, digits, dashes', optional: false, initial: '' },
    { kind: 'number', name: 'cpu', label: 'vCPUs', hint: '', optional: false, initial: '2', min: 1, max: 16 },
    {
      kind: 'choice',
      name: 'image',
      label: 'Image',
      hint: '',
      optional: false,
      initial: 'debian-12',
      options: [{ value: 'debian-12', label: 'Debian 12' }],
    },
    { kind: 'flag', name: 'start', label: 'Start it', hint: '', optional: true, initial: 'true' },
  ],
};

export function readVmForm(_action: string, values: FormValues): FormAnswer {
  if (!/^[a-z0-9-]+$/.test(values.name ?? '')) return { kind: 'wrong', fields: { name: 'use a-z, 0-9 and -' } };
  return { kind: 'line', text: `vm create ${values.name} --cpu ${values.cpu} --image ${values.image}` };
}

export async function connect(t: TestContext, wishes: Wishes = {}): Promise<Connected> {
  const fake = await startFakeSlack(wishes.fake);
  const [inbox, log, fatal]: [Inbound[], string[], Error[]] = [[], [], []];
  const write = (level: string) => (message: string) => void log.push(`${level} ${message}`);
  const { bot, app } = fake.tokens;
  const chat = createSlackChat({
    botToken: bot,
    mode:
      wishes.http === true
        ? { kind: 'http', signingSecret: fake.signingSecret, host: '127.0.0.1', port: 0 }
        : { kind: 'socket', appToken: app },
    apiUrl: fake.apiUrl,
    receive: async (inbound) => {
      inbox.push(inbound);
      await wishes.receive?.(inbound, chat);
    },
    forms: { form: async () => vmForm, read: readVmForm },
    home: async () => [],
    isFirstTry: () => true,
    onFatal: (error) => fatal.push(error),
    log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    ...wishes.slack,
  });
  t.after(async () => {
    await chat.close();
    await fake.close();
    if (wishes.violationsExpected !== true) assert.deepEqual(fake.violations, []);
  });
  for (const id of ['UALICE', 'UBOB']) fake.addUser(id);
  fake.addChannel('C1', ['UALICE', 'UBOB']);
  fake.addChannel('C2', ['UALICE', 'UBOB']);
  if (wishes.start !== false) {
    await chat.start();
    if (wishes.http === true) fake.deliverTo(`http://127.0.0.1:${chat.port()}/slack/events`);
    else await until(() => fake.connected() === 2);
  }
  return { fake, chat, inbox, log, fatal };
}

/** Waits for something to become true; the limit only ends a test that has failed. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; waited < 20_000; waited += 10) {
    if (isSo()) return;
    await pause(10);
  }
  throw new Error(`never became true: ${isSo}`);
}

export function slackUser(id: string): PlatformUser {
  return { platform: 'slack', id };
}

export function inChannel(channel: string, thread: string | null = null) {
  return { platform: 'slack', channel, thread };
}

export function simpleCard(title: string, tone: Card['tone'] = 'info'): Card {
  return { tone, title, blocks: [], buttons: [], operation: { request: 12, digest: 'd'.repeat(64) } };
}
