/** The JSON that carries a rendered message. Nothing in it ever rings anybody. */
import { type APIMessageTopLevelComponent, ComponentType, MessageFlags, type RawFile } from 'discord.js';
import type { DiscordMessage } from './render.ts';

export interface Sendable {
  body: object;
  files: RawFile[];
}

const SILENT = { allowed_mentions: { parse: [] } } as const;

/** `attachments` names all that shall be on the message: what was there before an edit goes. */
export function toSendable({ flags, components, file }: DiscordMessage, more: object = {}): Sendable {
  const attachments = file === null ? [] : [{ id: '0', filename: file.name }];
  const files =
    file === null ? [] : [{ name: file.name, data: Buffer.from(file.text, 'utf8'), contentType: 'text/plain' }];
  return { body: { flags, components, attachments, ...SILENT, ...more }, files };
}

/** A few words; `text` is Discord's markdown. */
export function plainMessage(text: string): DiscordMessage {
  const components: APIMessageTopLevelComponent[] = [{ type: ComponentType.TextDisplay, content: text }];
  return { flags: MessageFlags.IsComponentsV2, components, file: null };
}
