/** What must hold when the storm is over, in sentences; none when everything does. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Card } from '../../../bot/chat/card.ts';
import type { Operation } from '../../../bot/operations/operation.ts';
import { isOver } from '../../../bot/operations/states.ts';
import { requestView } from '../../../bot/terminal/view.ts';
import type { Sight } from '../stage.ts';
import { auditLines } from '../world.ts';
import type { Scene, Story } from './stories.ts';

const SETTLE_MS = 90_000;
const LOOK_MS = 250;

/** Looks until nothing is wrong any more, or until it is clear that it stays so. */
export async function reckon(scene: Scene, stories: readonly Story[]): Promise<string[]> {
  await scene.chat.calm();
  for (const end = Date.now() + SETTLE_MS; ; await pause(LOOK_MS)) {
    const wrong = await look(scene, stories);
    if (wrong.length === 0 || Date.now() > end) return [...wrong, ...forGood(scene)];
  }
}

async function look({ world, chat }: Scene, stories: readonly Story[]): Promise<string[]> {
  const operations = await world.drover.operations.recent(1_000_000);
  const byVm = Map.groupBy(operations, ({ targets }) => targets[0] ?? '');
  const sights = Map.groupBy(chat.newest(1_000_000), ({ request }) => request);
  const wrong: string[] = [];
  for (const story of stories) {
    const asked = byVm.get(story.vm) ?? [];
    const [operation] = asked;
    if (asked.length > 1) wrong.push(`${story.line} became ${asked.length} requests`);
    if (operation === undefined) {
      if (story.acknowledged) wrong.push(`${story.line} was acknowledged and is lost`);
      continue;
    }
    wrong.push(...effectOf(world.host.count('shutdown', story.vm), operation));
    wrong.push(...(await messagesOf({ world, chat }, operation, sights.get(operation.request) ?? [])));
  }
  return wrong;
}

/** What a fault may never bring, whenever it is looked at. */
function forGood({ world, chat }: Scene): string[] {
  return [
    ...chat.violations(),
    ...world.faults,
    ...(auditLines(`${world.stateDir}/audit`).length > 0 ? [] : ['no record']),
  ];
}

function effectOf(count: number, { request, state, line }: Operation): string[] {
  const most = state === 'succeeded' || state === 'cancelled' || state === 'unknown' ? 1 : 0;
  const least = state === 'succeeded' ? 1 : 0;
  return count < least || count > most ? [`#${request} ${line} is ${state} and had its effect ${count} times`] : [];
}

/** One card and one closing message, with the words of the record. */
async function messagesOf({ world }: Scene, operation: Operation, sights: Sight[]): Promise<string[]> {
  const { request, state, line } = operation;
  const view = await requestView(world.drover, request);
  if (view === null) return [`#${request} cannot be shown`];
  const closings = sights.filter(({ text }) => text.includes(`#${request} ${state}: `));
  const cards = sights.filter((sight) => !closings.includes(sight));
  if (cards.length !== 1) return [`#${request} (${state}) has ${cards.length} cards`];
  if (closings.length !== (isOver(state) ? 1 : 0)) return [`#${request} (${state}) has ${closings.length} ends`];
  const missing = [cards[0], closings[0]].flatMap((sight, at) => {
    const card = at === 0 ? view.card : view.closing;
    return sight === undefined || card === null ? [] : wordsMissing(card, sight);
  });
  return missing.length === 0 ? [] : [`#${request} ${line} (${state}) does not say "${missing[0]}"`];
}

function wordsMissing({ title, blocks, buttons }: Card, { text, verbs }: Sight): string[] {
  const words = blocks.flatMap((block) => {
    if (block.kind === 'text') return [block.text];
    if (block.kind === 'list') return block.items;
    return block.kind === 'steps' ? block.steps.map((step) => step.title) : [];
  });
  const wanted = buttons.map(({ verb }) => verb);
  return [
    ...[title, ...words].filter((part) => !text.includes(part.replaceAll('`', ''))),
    ...(verbs.join() === wanted.join() ? [] : [`buttons ${wanted.join()} but ${verbs.join()}`]),
  ];
}
