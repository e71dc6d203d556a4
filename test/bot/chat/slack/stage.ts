/** Slack as a stage for the journeys of people: the real adapter and Bolt on the fake Slack, Drover behind them. */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { parsePress } from '../../../../bot/chat/slack/press.ts';
import { createSlackChat } from '../../../../bot/chat/slack/slack.ts';
import { startFakeSlack } from '../../../fakes/slack/fake-slack.ts';
import { BOT_USER, type FakeMessage } from '../../../fakes/slack/world.ts';
import { type MakePlatform, type MakeStage, type PersonPort, type Sight, stageOn } from '../../../journeys/stage.ts';
import { PEOPLE } from '../../../journeys/world.ts';

const CHANNEL = 'C0OPS';

const makeSlack: MakePlatform = async ({ drover }) => {
  const fake = await startFakeSlack();
  const members = drover.config.people.flatMap(({ accounts }) => accounts.slack);
  for (const id of members) fake.addUser(id);
  fake.addChannel(CHANNEL, members);
  const complaints: string[] = [];
  const chat = createSlackChat({
    botToken: fake.tokens.bot,
    mode: { kind: 'socket', appToken: fake.tokens.app },
    apiUrl: fake.apiUrl,
    receive: drover.desk.receive,
    forms: { form: async () => null, read: () => ({ kind: 'wrong', fields: {} }) },
    home: async () => [],
    isFirstTry: drover.isFirstTry,
    onFatal: (error) => complaints.push(error.message),
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: (message) => complaints.push(message) },
    // Slack's limits would make the journeys slow; they have tests of their own.
    rates: {},
  });
  drover.addPlatform(chat);
  await chat.start();

  return {
    person: async (account) => personOn(fake, slackId(account)),
    close: async () => {
      await chat.close();
      await fake.close();
      const wrong = [...fake.violations, ...complaints, ...fake.world.timeouts.map(({ what }) => `timed out: ${what}`)];
      if (wrong.length > 0) throw new Error(`Slack was not content: ${wrong.join('; ')}`);
    },
  };
};

function personOn(fake: Awaited<ReturnType<typeof startFakeSlack>>, id: string): PersonPort {
  const user = fake.user(id);
  const ours = () => fake.messages(CHANNEL).filter((message) => message.user === BOT_USER);
  return {
    say: async (text, twice) => {
      if (twice) fake.duplicate(1);
      await user.mention(CHANNEL, text);
    },
    press: async (sight, verb, input, twice) => {
      const message = asShown(ours(), sight, verb);
      const pressed = buttonsOf(message).find((button) => button.press.verb === verb);
      if (pressed === undefined) throw new Error(`${id} sees no ${verb} on ${sight.id}`);
      if (twice) fake.duplicate(1);
      await user.press(message, pressed.actionId);
      if (pressed.press.input === null) return;
      for (let waited = 0; user.modal() === null && waited < 10_000; waited += 10) await pause(10);
      await user.submitModal(input === '' ? {} : { input });
    },
    sees: async () => ours().map(sightOf),
    told: async () => fake.ephemerals(id).map(({ blocks }) => wordsOf(blocks)),
  };
}

/** The message with the buttons that the person still sees: those of the sight, also when there are others by now. */
export function asShown(messages: FakeMessage[], { id, request, digest }: Sight, verb: string): FakeMessage {
  const message = messages.find(({ ts }) => ts === id);
  if (message === undefined) throw new Error(`there is no message ${id}`);
  const current = buttonsOf(message).find(({ press }) => press.verb === verb);
  if (current !== undefined && current.press.digest === digest) return message;
  const value = JSON.stringify({ request: request ?? 0, digest, verb, input: null });
  const button = {
    type: 'button',
    action_id: `drover:press:${verb}:0`,
    value,
    text: { type: 'plain_text', text: verb },
  };
  return { ...message, blocks: [{ type: 'actions', elements: [button] }] };
}

const Actions = z.object({
  type: z.literal('actions'),
  elements: z.array(z.object({ action_id: z.string(), value: z.string() })),
});

export function buttonsOf({ blocks }: FakeMessage) {
  const actions = blocks.flatMap((block) => Actions.safeParse(block).data?.elements ?? []);
  return actions.map(({ action_id, value }) => ({ actionId: action_id, press: parsePress(value) }));
}

const Link = z.object({ event_payload: z.object({ request: z.number() }) });

export function sightOf(message: FakeMessage): Sight {
  const buttons = buttonsOf(message);
  const request = Link.safeParse(message.metadata).data?.event_payload.request ?? 0;
  return {
    id: message.ts,
    text: wordsOf(message.blocks),
    verbs: buttons.map(({ press }) => press.verb),
    request: request === 0 ? null : request,
    digest: buttons[0]?.press.digest ?? '',
  };
}

/** Words of one text stand together, blocks and cells apart. */
function wordsOf(blocks: unknown[]): string {
  return blocks.map((block) => textsOf(block).join('')).join('\n');
}

function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== 'object' || value === null) return [];
  const isCell = 'type' in value && value.type === 'raw_text';
  const texts = Object.entries(value).flatMap(([key, inner]) =>
    (key === 'text' || key === 'title') && typeof inner === 'string' ? [inner] : textsOf(inner),
  );
  const ends = 'type' in value && (value.type === 'rich_text_section' || value.type === 'task_card');
  return [...texts, ...(isCell ? ['  '] : ends ? ['\n'] : [])];
}

export function slackId(account: string): string {
  return `U${account.replaceAll('-', '').toUpperCase()}`;
}

const onSlack = stageOn(makeSlack);

/** Everybody with an account of the web chat has one of the same name in Slack. */
export const slackStage: MakeStage = (t, options = {}) => {
  const people = (options.people ?? PEOPLE).map((person) => ({
    ...person,
    accounts: { ...person.accounts, slack: person.accounts.web.map(slackId) },
  }));
  return onSlack(t, { ...options, people });
};
