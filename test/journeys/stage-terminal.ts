/**
 * Terminals on the machine that Drover runs on. A terminal shows what was asked in it; what others ask for is looked at
 * by its number, as with `drover request`.
 */
import { randomUUID } from 'node:crypto';
import type { Inbound } from '../../bot/chat/card.ts';
import { createTerminal, type Spoken, TERMINAL } from '../../bot/terminal/platform.ts';
import { type Ask, runAsk } from '../../bot/terminal/session.ts';
import { requestView } from '../../bot/terminal/view.ts';
import { type MakePlatform, type PersonPort, type Sight, sightOf, stageOn, wordsOf } from './stage.ts';

const makeTerminals: MakePlatform = async ({ drover }) => {
  const terminal = createTerminal();
  drover.addPlatform(terminal);

  async function person(as: string): Promise<PersonPort> {
    const spoken: Spoken[] = [];
    const listen = (one: Spoken) => void spoken.push(one);
    // A terminal never delivers twice by itself; the event is put in by hand.
    const twice = async (event: Pick<Inbound & { kind: 'line' }, 'kind' | 'text'> | PressEvent) => {
      const { channel } = terminal.open('pts/9', listen);
      const inbound = { ...event, ...commonOf(as, channel) };
      await Promise.all([drover.desk.receive(inbound), drover.desk.receive(inbound)]);
    };
    const once = (ask: Ask) => void runAsk(drover, terminal, ask, listen).catch(() => {});
    return {
      async say(text, again) {
        if (again) await twice({ kind: 'line', text });
        else once({ kind: 'line', as, tty: 'pts/1', text });
      },
      async press({ request, digest }, verb, input, again) {
        const press = { kind: 'press', request: request ?? 0, digest, verb, input } as const;
        if (again) await twice(press);
        else once({ ...press, as, tty: 'pts/1' });
      },
      async sees() {
        const answers = spoken.flatMap(({ how, card }, at) =>
          how === 'post' && card.operation === null ? [sightOf(`answer/${at}`, card)] : [],
        );
        return [...answers, ...(await viewsOf())];
      },
      told: async () => spoken.flatMap(({ how, card }) => (how === 'whisper' ? [wordsOf(card)] : [])),
    };
  }

  async function viewsOf(): Promise<Sight[]> {
    const operations = (await drover.operations.recent(50)).reverse();
    const sights: Sight[] = [];
    for (const { request, state } of operations) {
      const view = state === 'denied' || state === 'refused' ? null : await requestView(drover, request);
      if (view === null) continue;
      sights.push(sightOf(`${request}/card`, view.card));
      if (view.closing !== null) sights.push(sightOf(`${request}/closing`, view.closing));
    }
    return sights;
  }

  return { person, close: async () => {} };
};

type PressEvent = Pick<Inbound & { kind: 'press' }, 'kind' | 'request' | 'digest' | 'verb' | 'input'>;

function commonOf(as: string, channel: string) {
  const from = { platform: TERMINAL, id: as };
  const place = { platform: TERMINAL, channel, thread: null };
  return { eventId: randomUUID(), from, place, message: null, address: null };
}

export const terminalStage = stageOn(makeTerminals);
