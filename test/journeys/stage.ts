/**
 * People on a platform, as the suites of journeys need them: whoever plays on web chat, terminal, Slack or Discord says
 * lines, presses buttons, and reads what is there. A platform supplies four things a person can do; the rest is here.
 */
import type { TestContext } from 'node:test';
import type { Card, Verb } from '../../bot/chat/card.ts';
import { cardToText } from '../../bot/chat/text.ts';
import { openWorld, type World, type WorldOptions } from './world.ts';

/** A message in a thread as a person sees it: all its words, and what may be pressed. */
export interface Sight {
  /** The same after an edit. */
  id: string;
  text: string;
  verbs: Verb[];
  /** Names the request and the plan that a press is about. */
  request: number | null;
  digest: string;
}

/** What a platform must do for one person. `twice`: it delivers the same event two times. */
export interface PersonPort {
  say(text: string, twice: boolean): Promise<void>;
  press(sight: Sight, verb: Verb, input: string, twice: boolean): Promise<void>;
  /** Everything in threads now, oldest first. */
  sees(): Promise<Sight[]>;
  /** What nobody else was told, oldest first. */
  told(): Promise<string[]>;
}

export interface Person {
  name: string;
  say(text: string): Promise<void>;
  sayTwice(text: string): Promise<void>;
  press(sight: Sight, verb: Verb, input?: string): Promise<void>;
  pressTwice(sight: Sight, verb: Verb, input?: string): Promise<void>;
  sees(): Promise<Sight[]>;
  told(): Promise<string[]>;
  /** The first message, now or later, that fits. Throws `Error` with what was there instead. */
  until(what: string, fits: (sight: Sight) => boolean): Promise<Sight>;
  /** The newest plan of this command that can be decided on. */
  plan(command: string): Promise<Sight>;
  /** The closing words of a request: `#3 succeeded: …`. */
  end(request: number | null, state: string): Promise<Sight>;
  untilTold(what: RegExp): Promise<string>;
}

export interface Platform {
  /** By account: the account of a person that has only one is called like the person. */
  person(account: string): Promise<PersonPort>;
  close(): Promise<void>;
}

export type MakePlatform = (world: World) => Promise<Platform>;

export interface Stage extends World {
  person(account: string): Promise<Person>;
}

export type MakeStage = (t: TestContext, options?: WorldOptions) => Promise<Stage>;

export function stageOn(makePlatform: MakePlatform): MakeStage {
  return async (t, options) => {
    const world = await openWorld(t, options);
    const platform = await makePlatform(world);
    t.after(() => platform.close());
    await world.drover.begin();
    return { ...world, person: async (account) => personAt(account, await platform.person(account)) };
  };
}

/** Nothing takes so long on an idle machine. */
const PATIENCE_MS = 20_000;
const LOOK_MS = 15;

function personAt(name: string, port: PersonPort): Person {
  const until = async (what: string, fits: (sight: Sight) => boolean) => {
    for (const end = Date.now() + PATIENCE_MS; ; await pause()) {
      const all = await port.sees();
      const found = all.findLast(fits);
      if (found !== undefined) return found;
      if (Date.now() > end) throw new Error(`${name} waited for ${what}; there was: ${await describe(all, port)}`);
    }
  };
  return {
    name,
    say: (text) => port.say(text, false),
    sayTwice: (text) => port.say(text, true),
    press: (sight, verb, input = '') => port.press(sight, verb, input, false),
    pressTwice: (sight, verb, input = '') => port.press(sight, verb, input, true),
    sees: port.sees,
    told: port.told,
    until,
    plan: (command) =>
      until(`the plan of ${command}`, ({ text, verbs }) => verbs.includes('approve') && text.includes(command)),
    end: (request, state) =>
      until(
        `#${request} ${state}`,
        (sight) => sight.request === request && sight.text.includes(`#${request} ${state}:`),
      ),
    async untilTold(what) {
      for (const end = Date.now() + PATIENCE_MS; ; await pause()) {
        const found = (await port.told()).findLast((text) => what.test(text));
        if (found !== undefined) return found;
        if (Date.now() > end)
          throw new Error(`${name} waited to be told ${what}; there was: ${await describe([], port)}`);
      }
    },
  };
}

async function describe(sights: Sight[], port: PersonPort): Promise<string> {
  return [...sights.map(({ text }) => text), ...(await port.told()).map((text) => `(alone) ${text}`)].join('\n---\n');
}

export function pause(ms = LOOK_MS): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A card on one platform or the other has the same words; in one line each, so that they can be looked for. */
export function wordsOf(card: Card): string {
  return cardToText({ ...card, buttons: [] }, { width: 10_000 });
}

export function sightOf(id: string, card: Card): Sight {
  return {
    id,
    text: wordsOf(card),
    verbs: card.buttons.map(({ verb }) => verb),
    request: card.operation?.request ?? null,
    digest: card.operation?.digest ?? '',
  };
}
