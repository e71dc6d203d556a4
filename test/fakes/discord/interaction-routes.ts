/**
 * Answers to interactions in the fake Discord: one acknowledgement within 3 s, a token that lives 15 min, and messages that
 * one person sees. Source: docs.discord.com/developers/interactions/receiving-and-responding
 */
import { change, fill, ok } from './channel-routes.ts';
import { failures, isObject, number, objects } from './failure.ts';
import { messageJson } from './payloads.ts';
import type { Call, Route } from './routes.ts';
import { checkChoices, checkModal, EPHEMERAL } from './rules.ts';
import { BOT, type FakeInteraction, type FakeMessage, newMessage, now, type World } from './world.ts';

const TOKEN_LIFE_MS = 15 * 60_000;

export const CALLBACK_SCHEMAS = [
  'ApplicationCommandAutocompleteCallbackRequest',
  'CreateMessageInteractionCallbackRequest',
  'ModalInteractionCallbackRequest',
  'UpdateMessageInteractionCallbackRequest',
];

export const interactionRoutes: Route[] = [
  {
    route: 'POST /interactions/:interaction/:token/callback',
    schemas: CALLBACK_SCHEMAS,
    auth: false,
    run: (call) => {
      const interaction = call.world.interactions.get(call.params.interaction ?? '');
      const late = interaction === undefined || now(call.world) - interaction.issuedAt > call.ackDeadlineMs;
      if (late || interaction.token !== call.params.token) throw failures.unknownInteraction();
      if (interaction.state !== 'open') {
        call.world.violations.push(`interaction ${interaction.id} was answered twice`);
        throw failures.alreadyAcknowledged();
      }
      acknowledge(call, interaction);
      call.acknowledged(interaction);
      return { status: 204, body: null };
    },
  },
  {
    route: 'POST /webhooks/:application/:token',
    schemas: ['IncomingWebhookUpdateForInteractionCallbackRequestPartial', 'IncomingWebhookRequestPartial'],
    auth: false,
    run: (call) => {
      const interaction = answerable(call);
      const message = newOwn(call, interaction, (number(call.body, 'flags') ?? 0) & EPHEMERAL);
      fill(call, message, []);
      keep(call.world, message);
      return ok(messageJson(call.world, message));
    },
  },
  {
    route: 'GET /webhooks/:application/:token/messages/@original',
    schemas: [],
    auth: false,
    run: (call) => ok(messageJson(call.world, originalOf(answerable(call)))),
  },
  {
    route: 'PATCH /webhooks/:application/:token/messages/@original',
    schemas: ['IncomingWebhookUpdateRequestPartial'],
    auth: false,
    run: (call) => {
      const interaction = answerable(call);
      const message = originalOf(interaction);
      // The answer to a deferral is the first thing that is shown: whether it is private was said when deferring.
      const flags = (number(call.body, 'flags') ?? message.flags) | (message.flags & EPHEMERAL);
      change({ ...call, body: { ...call.body, flags } }, message);
      if (interaction.state === 'deferred') keep(call.world, message);
      if (interaction.state === 'deferred') interaction.state = 'answered';
      return ok(messageJson(call.world, message));
    },
  },
  {
    route: 'DELETE /webhooks/:application/:token/messages/@original',
    schemas: [],
    auth: false,
    run: (call) => {
      const interaction = answerable(call);
      const message = originalOf(interaction);
      for (const list of [call.world.messages, call.world.ephemerals]) {
        if (list.includes(message)) list.splice(list.indexOf(message), 1);
      }
      interaction.state = 'answered';
      return { status: 204, body: null };
    },
  },
];

function acknowledge(call: Call, interaction: FakeInteraction): void {
  const { body, world } = call;
  const data = isObject(body.data) ? body.data : {};
  switch (number(body, 'type')) {
    case 4: {
      const message = newOwn(call, interaction, (number(data, 'flags') ?? 0) & EPHEMERAL);
      fill({ ...call, body: data }, message, []);
      keep(world, message);
      Object.assign(interaction, { state: 'answered', original: message });
      return;
    }
    case 5:
      refuseUnless(call, interaction.type !== 4, 'an autocompletion takes choices only');
      interaction.original = newOwn(call, interaction, (number(data, 'flags') ?? 0) & EPHEMERAL);
      interaction.state = 'deferred';
      return;
    case 6:
      refuseUnless(call, interaction.message !== null, 'there is no message to update');
      Object.assign(interaction, { state: 'deferred-update', original: interaction.message });
      return;
    case 7: {
      const { message } = interaction;
      if (message === null) throw failures.invalidForm(['there is no message to update']);
      change({ ...call, body: data }, message);
      Object.assign(interaction, { state: 'answered', original: message });
      return;
    }
    case 8:
      refuseUnless(call, interaction.type === 4, 'choices answer an autocompletion only');
      call.refuse(checkChoices(objects(data, 'choices')));
      Object.assign(interaction, { state: 'choices', choices: objects(data, 'choices') });
      return;
    case 9:
      refuseUnless(call, interaction.type === 2 || interaction.type === 3, 'a modal cannot be opened from here');
      call.refuse(checkModal(data));
      Object.assign(interaction, { state: 'modal', modal: data });
      return;
    default:
      call.refuse([`type ${body.type} of an answer`]);
  }
}

function refuseUnless(call: Call, holds: boolean, why: string): void {
  call.refuse(holds ? [] : [why]);
}

function answerable({ world, params }: Call): FakeInteraction {
  const interaction = [...world.interactions.values()].find(({ token }) => token === params.token);
  if (interaction === undefined) throw failures.unknownWebhook();
  if (now(world) - interaction.issuedAt > TOKEN_LIFE_MS) throw failures.invalidToken();
  if (interaction.state === 'open') throw failures.unknownWebhook();
  return interaction;
}

function originalOf({ original }: FakeInteraction): FakeMessage {
  if (original === null) throw failures.unknownMessage();
  return original;
}

function newOwn({ world }: Call, { channel, user }: FakeInteraction, flags: number): FakeMessage {
  const onlyFor = (flags & EPHEMERAL) === 0 ? null : user;
  return newMessage(world, { channel, author: BOT, flags, onlyFor });
}

function keep(world: World, message: FakeMessage): void {
  (message.onlyFor === null ? world.messages : world.ephemerals).push(message);
}
