/**
 * A person in the fake Discord: what he can do, as far as Discord's own client lets him. Each call ends when the bot has
 * acknowledged, or when Discord has given up waiting.
 */
import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../../actions/action.ts';
import { isObject, objects, text } from './failure.ts';
import type { Gateway } from './gateway.ts';
import { interactionJson, memberJson, messageJson, userJson } from './payloads.ts';
import { allComponents } from './rules.ts';
import {
  BOT,
  type FakeInteraction,
  type FakeMessage,
  type FakeUser,
  GUILD,
  newMessage,
  nextId,
  now,
  type World,
} from './world.ts';

const GUILD_MESSAGES = 1 << 9;

export type OptionInput = Record<string, string | boolean>;

export interface FakePerson {
  /** `/vm stop vm:web-01`; `sub` may be `group sub`. */
  slash(channel: string, command: string, sub: string, options?: OptionInput): Promise<FakeInteraction>;
  /** What Discord offers while `focused` is being typed. */
  autocomplete(channel: string, command: string, sub: string, options: OptionInput, focused: string): Promise<string[]>;
  press(message: FakeMessage, customId: string): Promise<FakeInteraction>;
  /** Fills in the modal that this interaction opened: values by custom_id. */
  submitModal(opened: FakeInteraction, values: Record<string, string>): Promise<FakeInteraction>;
  /** Writes a message that mentions the bot; gives it. */
  mention(channel: string, line: string): FakeMessage;
  /** Writes a message. */
  say(channel: string, line: string): FakeMessage;
}

export interface PersonPorts {
  world: World;
  gateway: Gateway;
  user: FakeUser;
  /** Ends with the acknowledgement or the deadline. */
  acknowledgement(interaction: FakeInteraction): Promise<void>;
}

export function createPerson({ world, gateway, user, acknowledgement }: PersonPorts): FakePerson {
  const interact = async (type: number, channel: string, data: JsonObject, message: FakeMessage | null) => {
    const interaction: FakeInteraction = {
      id: nextId(world),
      token: randomUUID(),
      type,
      user: user.id,
      channel,
      issuedAt: now(world),
      state: 'open',
      original: null,
      message,
      modal: null,
      choices: [],
    };
    world.interactions.set(interaction.id, interaction);
    const acknowledged = acknowledgement(interaction);
    gateway.dispatch('INTERACTION_CREATE', interactionJson(world, interaction, data));
    await acknowledged;
    return interaction;
  };

  const write = (channel: string, content: string, mentionsBot: boolean) => {
    const message = newMessage(world, { channel, author: user.id, content });
    world.messages.push(message);
    // Without the intent, only a mention carries its content.
    const shown = mentionsBot ? content : '';
    const mentioned = mentionsBot ? [userJson(userOfBot(world))] : [];
    const { user: _, ...member } = memberJson(user);
    const frame = { ...messageJson(world, message), content: shown, mentions: mentioned, guild_id: GUILD, member };
    gateway.dispatch('MESSAGE_CREATE', user.bot ? { ...frame, ...webhookOf(user) } : frame, GUILD_MESSAGES);
    return message;
  };

  return {
    slash: (channel, command, sub, options = {}) =>
      interact(2, channel, commandData(world, command, sub, options, null), null),
    autocomplete: async (channel, command, sub, options, focused) => {
      const interaction = await interact(4, channel, commandData(world, command, sub, options, focused), null);
      return interaction.choices.map((choice) => text(choice, 'value') ?? '');
    },
    press: (message, customId) => {
      const button = allComponents(message.components).find((component) => component.custom_id === customId);
      if (button === undefined) throw new Error(`the message ${message.id} has no button ${customId}`);
      return interact(3, message.channel, { component_type: 2, custom_id: customId, id: 1 }, message);
    },
    submitModal: ({ modal, channel, message }, values) => {
      if (modal === null) throw new Error('no modal was opened');
      return interact(5, channel, modalData(modal, values), message);
    },
    mention: (channel, line) => write(channel, `<@${BOT}> ${line}`, true),
    say: (channel, line) => write(channel, line, false),
  };
}

function userOfBot(world: World): FakeUser {
  const bot = world.users.get(BOT);
  if (bot === undefined) throw new Error('the fake Discord has no bot');
  return bot;
}

function webhookOf({ id }: FakeUser): JsonObject {
  return { webhook_id: id };
}

/** Checks what Discord's client would: the command is there, its options too, and the required ones are given. */
function commandData(world: World, name: string, path: string, given: OptionInput, focused: string | null): JsonObject {
  const command = world.commands.find((known) => known.name === name);
  if (command === undefined) throw new Error(`no command /${name} is registered`);
  const steps = path.split(' ');
  let level: JsonObject = command;
  for (const step of steps) {
    const next = objects(level, 'options').find((option) => option.name === step);
    if (next === undefined) throw new Error(`/${name} has no ${path}`);
    level = next;
  }
  const known = objects(level, 'options');
  const missing = known.find((option) => option.required === true && given[text(option, 'name') ?? ''] === undefined);
  if (missing !== undefined && focused === null) throw new Error(`/${name} ${path} needs ${text(missing, 'name')}`);
  const options = Object.entries(given).map(([key, value]) => optionData(known, key, value, focused));
  const nested = steps
    .toReversed()
    .reduce<JsonObject[]>((inner, step, at) => [{ type: at === 0 ? 1 : 2, name: step, options: inner }], options);
  return { id: command.id ?? '', name, type: 1, guild_id: GUILD, options: nested };
}

function optionData(known: JsonObject[], name: string, value: string | boolean, focused: string | null): JsonObject {
  const option = known.find((candidate) => candidate.name === name);
  if (option === undefined) throw new Error(`there is no option ${name}`);
  if (typeof value === 'string' && value.length > 6_000) throw new Error('Discord takes 6,000 characters');
  if ((option.type === 5) !== (typeof value === 'boolean')) throw new Error(`${name} takes no ${typeof value}`);
  if (focused === name && option.autocomplete !== true) throw new Error(`${name} offers nothing`);
  return { name, type: option.type ?? 3, value, ...(focused === name ? { focused: true } : {}) };
}

function modalData(modal: JsonObject, values: Record<string, string>): JsonObject {
  const rows = objects(modal, 'components').flatMap(({ component }) => (isObject(component) ? [component] : []));
  const components = rows.map((field): JsonObject => {
    const id = text(field, 'custom_id') ?? '';
    const value = values[id] ?? text(field, 'value') ?? '';
    if (field.required !== false && value === '') throw new Error(`the modal needs ${id}`);
    return { type: 18, id: 1, component: { type: 4, id: 2, custom_id: id, value } };
  });
  const strange = Object.keys(values).find((key) => !rows.some((field) => field.custom_id === key));
  if (strange !== undefined) throw new Error(`the modal has no field ${strange}`);
  return { custom_id: text(modal, 'custom_id') ?? '', components };
}
