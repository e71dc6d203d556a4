/**
 * The acknowledgement of an interaction: it must be the first thing that happens, since Discord waits 3 s and then tells the
 * person that nothing came. Answers are in no lane and under no limit.
 */
import { InteractionResponseType, MessageFlags, Routes } from 'discord.js';
import type { Calls } from './calls.ts';
import type { Incoming } from './incoming.ts';
import type { DiscordLog } from './log.ts';
import { toSendable } from './message-body.ts';
import type { DiscordMessage } from './render.ts';
import { answers, isAnswer, messageOf } from './trouble.ts';

export type Answer =
  /** "Drover is thinking…", seen by whoever asked; a message takes its place later. */
  | { kind: 'defer' }
  /** Nothing to be seen: the button was pressed. */
  | { kind: 'defer-update' }
  /** A message that only he sees. */
  | { kind: 'whisper'; message: DiscordMessage }
  /** The message of the button changes. */
  | { kind: 'update'; message: DiscordMessage }
  | { kind: 'modal'; modal: object }
  | { kind: 'choices'; choices: { name: string; value: string }[] };

export interface Answers {
  /** Gives whether Discord has taken it. If not, the person was told that it failed, and nothing must be done. */
  answer(incoming: Pick<Incoming, 'id' | 'token'>, answer: Answer): Promise<boolean>;
}

export function createAnswers(calls: Calls, log: DiscordLog): Answers {
  return {
    answer: async ({ id, token }, answer) => {
      try {
        await calls.call({
          method: 'POST',
          path: Routes.interactionCallback(id, token),
          lane: () => 'urgent',
          body: () => bodyOf(answer),
          repeatable: true,
          hasOwnToken: true,
          exempt: true,
        });
        return true;
      } catch (error) {
        // An earlier try got through, and only its answer was lost.
        if (isAnswer(error, answers.alreadyAcknowledged)) return true;
        log.warn(`acknowledging interaction ${id}: ${messageOf(error)}; it is not acted on`);
        return false;
      }
    },
  };
}

function bodyOf(answer: Answer): object {
  switch (answer.kind) {
    case 'defer':
      return {
        type: InteractionResponseType.DeferredChannelMessageWithSource,
        data: { flags: MessageFlags.Ephemeral },
      };
    case 'defer-update':
      return { type: InteractionResponseType.DeferredMessageUpdate };
    case 'whisper': {
      const { flags, ...message } = answer.message;
      const { body } = toSendable({ ...message, flags: flags | MessageFlags.Ephemeral });
      return { type: InteractionResponseType.ChannelMessageWithSource, data: body };
    }
    case 'update':
      return { type: InteractionResponseType.UpdateMessage, data: toSendable(answer.message).body };
    case 'modal':
      return { type: InteractionResponseType.Modal, data: answer.modal };
    case 'choices':
      return { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { choices: answer.choices } };
  }
}
