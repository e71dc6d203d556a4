/**
 * What Discord enforces on messages, modals and choices and its description does not say, and what Drover promises beyond it
 * (no mention rings, every post has a nonce). Pure. Sources: docs.discord.com/developers/components/reference,
 * .../resources/message, .../interactions/receiving-and-responding
 */
import type { JsonObject } from '../../../actions/action.ts';
import { isObject, number, objects, strings, text } from './failure.ts';

export const COMPONENTS_V2 = 1 << 15;
export const EPHEMERAL = 1 << 6;
const CONTENT_CHARACTERS = 2_000;
const COMPONENTS = 40;
const TEXT_CHARACTERS = 4_000;
const CHOICES = 25;
const MODAL_COMPONENTS = 5;

const CONTAINER = 17;
const TEXT_DISPLAY = 10;
const BUTTON = 2;
const FILE = 13;

export interface MessageCheck {
  body: JsonObject;
  /** Flags that the message has already; 0 for a new one. */
  flags: number;
  /** Names of the files that come with it or are on it. */
  files: string[];
}

export function checkMessage({ body, flags: before, files }: MessageCheck): string[] {
  const flags = number(body, 'flags') ?? before;
  const components = allComponents(objects(body, 'components'));
  const content = text(body, 'content') ?? '';
  const isV2 = (flags & COMPONENTS_V2) !== 0;
  return [
    ...((before & COMPONENTS_V2) !== 0 && !isV2 ? ['the components v2 flag cannot be removed'] : []),
    ...(isV2 ? checkV2(body, components, files) : checkPlain(content, components, body, files)),
    ...repeated(components.flatMap((component) => text(component, 'custom_id') ?? [])).map(
      (id) => `custom_id ${id} twice`,
    ),
    ...repeated(components.flatMap((component) => number(component, 'id') ?? [])).map(
      (id) => `component id ${id} twice`,
    ),
    ...components.filter(({ type }) => type === BUTTON).flatMap(checkButton),
    ...checkMentions(body),
  ];
}

/** For posts by the bot's own token: they must be safe to send twice. */
export function checkNonce(body: JsonObject): string[] {
  const nonce = text(body, 'nonce');
  if (nonce === null || nonce === '') return ['a post without a nonce could be posted twice'];
  return body.enforce_nonce === true ? [] : ['a nonce that is not enforced does nothing'];
}

function checkV2(body: JsonObject, components: JsonObject[], files: string[]): string[] {
  const long = components.flatMap((component) => text(component, 'content') ?? []).join('').length;
  const legacy = ['content', 'embeds', 'poll', 'sticker_ids'].filter((key) => {
    const value = body[key];
    return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
  });
  const shown = components
    .filter(({ type }) => type === FILE)
    .map(({ file }) => (isObject(file) ? text(file, 'url') : null));
  return [
    ...legacy.map((key) => `${key} may not stand beside components v2`),
    ...(components.length === 0 ? ['an empty message'] : []),
    ...(components.length > COMPONENTS ? [`${components.length} components, at most ${COMPONENTS}`] : []),
    ...(long > TEXT_CHARACTERS ? [`${long} characters of text, at most ${TEXT_CHARACTERS}`] : []),
    ...shown.filter((url) => !files.some((name) => url === `attachment://${name}`)).map((url) => `no file ${url}`),
    ...files.filter((name) => !shown.includes(`attachment://${name}`)).map((name) => `nobody sees the file ${name}`),
  ];
}

function checkPlain(content: string, components: JsonObject[], body: JsonObject, files: string[]): string[] {
  const v2 = components.filter(({ type }) => type === CONTAINER || type === TEXT_DISPLAY || type === FILE);
  const empty = content === '' && objects(body, 'embeds').length === 0 && files.length === 0 && components.length === 0;
  return [
    ...(content.length > CONTENT_CHARACTERS
      ? [`${content.length} characters of content, at most ${CONTENT_CHARACTERS}`]
      : []),
    ...(v2.length > 0 ? ['components v2 without their flag'] : []),
    ...(empty && 'content' in body ? ['Cannot send an empty message'] : []),
  ];
}

function checkButton(button: JsonObject): string[] {
  const isLink = number(button, 'style') === 5;
  if (isLink) return [];
  return [
    ...(text(button, 'custom_id') === null ? ['a button without custom_id'] : []),
    ...((text(button, 'label') ?? '') === '' && button.emoji === undefined ? ['a button without label'] : []),
  ];
}

/** Drover's own promise: nothing that a VM is called may ring anybody. */
function checkMentions(body: JsonObject): string[] {
  const mentions = body.allowed_mentions;
  const silent = isObject(mentions) && Array.isArray(mentions.parse) && strings(mentions, 'parse').length === 0;
  return silent ? [] : ['a message that may ring people: allowed_mentions.parse is not []'];
}

export function checkModal(modal: JsonObject): string[] {
  const components = objects(modal, 'components');
  const fields = components.flatMap(({ component }) => (isObject(component) ? [component] : []));
  const ids = fields.flatMap((field) => text(field, 'custom_id') ?? []);
  return [
    ...(components.length > MODAL_COMPONENTS
      ? [`${components.length} fields in a modal, at most ${MODAL_COMPONENTS}`]
      : []),
    ...(fields.length === 0 ? ['a modal without any field'] : []),
    ...repeated(ids).map((id) => `custom_id ${id} twice in a modal`),
    ...fields.filter((field) => 'label' in field).map(() => 'a field inside a label has a label of its own'),
    ...fields.flatMap(checkValue),
  ];
}

function checkValue(field: JsonObject): string[] {
  const [value, most] = [text(field, 'value') ?? '', number(field, 'max_length') ?? 4_000];
  return value.length > most ? [`a value of ${value.length} characters where ${most} are allowed`] : [];
}

export function checkChoices(choices: JsonObject[]): string[] {
  return [
    ...(choices.length > CHOICES ? [`${choices.length} choices, at most ${CHOICES}`] : []),
    ...choices.flatMap(({ name, value }) => {
      const length = (part: unknown) => (typeof part === 'string' ? part.length : 1);
      return length(name) < 1 || length(name) > 100 || length(value) > 100
        ? [`a choice of ${length(name)} characters`]
        : [];
    }),
  ];
}

/** With everything that stands inside. */
export function allComponents(components: JsonObject[]): JsonObject[] {
  return components.flatMap((component) => {
    const accessory = isObject(component.accessory) ? [component.accessory] : [];
    return [component, ...allComponents([...objects(component, 'components'), ...accessory])];
  });
}

function repeated<T>(values: T[]): T[] {
  return [...new Set(values.filter((value, at) => values.indexOf(value) !== at))];
}
