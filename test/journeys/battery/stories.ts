/** What people do in the battery, and what they remember of it: each story is about a VM of its own. */
import type { Verb } from '../../../bot/chat/card.ts';
import { isOver } from '../../../bot/operations/states.ts';
import { pause, type Sight } from '../stage.ts';
import { addVm, type World } from '../world.ts';
import type { BatteryChat } from './chat.ts';

export type Plot = 'free' | 'approved' | 'both approve' | 'withdrawn' | 'cancelled';
export const PLOTS: readonly Plot[] = ['free', 'approved', 'both approve', 'withdrawn', 'cancelled'];

export interface Story {
  vm: string;
  line: string;
  plot: Plot;
  acknowledged: boolean;
  /** ms from the acknowledgement of an approval to its being decided. */
  decidedMs: number[];
}

export interface Scene {
  world: World;
  chat: BatteryChat;
}

export const REQUESTERS = ['alice', 'amy', 'ann', 'art', 'ava', 'abe'];
export const APPROVERS = ['bob', 'carol', 'dave'];

/** Long enough for every redelivery and every wait that a fault asks for. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 40;
/** How far back a person scrolls. */
const SCROLLED = 200;
/** ms that a shutdown takes when somebody is to cancel it. */
const SLOW_MS = 600;

/** Plays one story to its end. Throws when it comes to none. */
export async function play({ world, chat }: Scene, vm: string, plot: Plot, pick: () => number): Promise<Story> {
  const env = plot === 'free' || plot === 'cancelled' ? 'dev' : 'prod';
  addVm(world.host, vm, { owner: 'team-a', tags: { env } });
  world.host.changeBehindBack(vm, {});
  await until(`${vm} is known`, async () => world.drover.inventory.domains().some(({ name }) => name === vm));
  if (plot === 'cancelled') world.host.fault({ method: 'shutdown', name: vm, delayMs: SLOW_MS });
  const story: Story = { vm, line: `vm stop ${vm}`, plot, acknowledged: false, decidedMs: [] };
  const requester = oneOf(REQUESTERS, pick);
  story.acknowledged = await chat.ask(requester, Math.floor(pick() * chat.places), story.line);
  if (!story.acknowledged) return story;
  const request = await requestOf(world, vm);
  if (env === 'prod') await decide({ world, chat }, story, request, requester, pick);
  if (plot === 'cancelled') await insist({ world, chat }, request, requester, 'cancel');
  await until(`#${request} (${vm}, ${plot}) is over`, async () => isOver((await world.operation(request)).state));
  return story;
}

async function decide(scene: Scene, story: Story, request: number, requester: string, pick: () => number) {
  if (story.plot === 'withdrawn') {
    await insist(scene, request, requester, 'withdraw');
    return;
  }
  const first = oneOf(APPROVERS, pick);
  const others = story.plot === 'both approve' ? [oneOf(APPROVERS, pick)] : [];
  const decided = [first, ...others].map(async (approver) => {
    const at = await insist(scene, request, approver, 'approve');
    if (at !== null) story.decidedMs.push((await momentDecided(scene, request)) - at);
  });
  await Promise.all(decided);
}

/**
 * Presses until Slack or Discord takes it, as a person does when an error is shown. Gives when that was, in ms since
 * the epoch; null when there was nothing left to press.
 */
async function insist({ world, chat }: Scene, request: number, person: string, verb: Verb): Promise<number | null> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await pause(LOOK_MS)) {
    const { state } = await world.operation(request);
    if (isOver(state) || (verb !== 'cancel' && state !== 'waiting' && state !== 'received')) return null;
    const sight = buttonOf(chat, request, verb);
    if (sight !== undefined && (await chat.press(person, sight, verb))) return Date.now();
  }
  throw new Error(`${person} never saw ${verb} on #${request}`);
}

function buttonOf(chat: BatteryChat, request: number, verb: Verb): Sight | undefined {
  return chat.newest(SCROLLED).findLast((sight) => sight.request === request && sight.verbs.includes(verb));
}

async function momentDecided({ world }: Scene, request: number): Promise<number> {
  await until(`#${request} is decided`, async () => (await world.operation(request)).state !== 'waiting', 5);
  return Date.now();
}

async function requestOf({ drover }: World, vm: string): Promise<number> {
  let found: number | undefined;
  await until(`the request for ${vm}`, async () => {
    found = (await drover.operations.recent(SCROLLED)).find(({ targets }) => targets.includes(vm))?.request;
    return found !== undefined;
  });
  return found ?? 0;
}

export async function until(what: string, holds: () => Promise<boolean>, lookMs = LOOK_MS): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !(await holds()); await pause(lookMs)) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
  }
}

export function oneOf<T>(all: readonly T[], pick: () => number): T {
  const one = all[Math.floor(pick() * all.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}
