/** Lays calendars over a stretch of time: when one may start, until when, and what is in the way in between. */
import type { RuleRef } from '../decision.ts';
import type { Calendar, Entry, Span } from './calendar.ts';
import type { Overrun } from './calendar-file.ts';

/** Time in which starting is allowed, as one, however many windows it is made of. */
export interface Opening {
  fromMs: number;
  /** Null: not before the end of what was looked at. */
  untilMs: number | null;
  /** The allow entries that open it; none where no allow calendar has a say. */
  by: RuleRef[];
  /** What ends it: entries of a deny calendar that begin, or of allow calendars that end. */
  endsBy: RuleRef[];
  /** The most careful rule among what ends it. */
  overrun: Overrun;
}

export type Blocker =
  /** Inside of a deny entry. `untilMs`: the end of its span. */
  | { kind: 'inside'; ref: RuleRef; label: string; reason: string | null; untilMs: number }
  /** Outside of all entries of an allow calendar. */
  | { kind: 'outside'; ref: RuleRef; reason: string | null };

export interface Layout {
  /** Ascending, apart from each other. */
  openings: Opening[];
  /** What is in the way at the beginning; empty: nothing. */
  blockers: Blocker[];
}

interface Piece {
  calendar: Calendar;
  entry: Entry;
  span: Span;
}

/** Calendars that are about the question. Deny wins; where an allow calendar is among them, one of those must be open. */
export function layOut(calendars: readonly Calendar[], fromMs: number, toMs: number): Layout {
  const needsAllow = calendars.some(({ effect }) => effect === 'allow');
  const openings: Opening[] = [];
  let blockers: Blocker[] = [];
  let open: Opening | null = null;
  for (const { at, denies, allows, ended } of moments(calendars, fromMs, toMs)) {
    const isOpen = denies.length === 0 && (!needsAllow || allows.length > 0);
    if (at === fromMs && !isOpen) blockers = blockersAt(calendars, denies);
    if (isOpen) open ??= { fromMs: at, untilMs: null, by: refs(allows), endsBy: [], overrun: 'finish' };
    else if (open !== null) {
      openings.push(close(open, at, denies.length > 0 ? denies : ended));
      open = null;
    }
  }
  return { openings: open === null ? openings : [...openings, open], blockers };
}

/** A time at which something begins or ends, what holds from then on, and the allow pieces that end. */
interface Moment {
  at: number;
  denies: Piece[];
  allows: Piece[];
  ended: Piece[];
}

function* moments(calendars: readonly Calendar[], fromMs: number, toMs: number): Generator<Moment> {
  const pieces = calendars.flatMap((calendar) => piecesOf(calendar, fromMs, toMs));
  const edges = pieces.flatMap(({ span }) => [span.fromMs, span.toMs]).filter((ms) => ms > fromMs && ms < toMs);
  const coming = pieces.toSorted((a, b) => b.span.fromMs - a.span.fromMs);
  const active = new Set<Piece>();
  for (const at of [fromMs, ...new Set(edges.sort((a, b) => a - b))]) {
    const ended = [...active].filter(({ span }) => span.toMs <= at);
    for (const piece of ended) active.delete(piece);
    while ((coming.at(-1)?.span.fromMs ?? toMs) <= at) for (const piece of coming.splice(-1)) active.add(piece);
    yield { at, denies: of('deny', active), allows: of('allow', active), ended: of('allow', ended) };
  }
}

function of(effect: Calendar['effect'], pieces: Iterable<Piece>): Piece[] {
  return [...pieces].filter(({ calendar }) => calendar.effect === effect);
}

function piecesOf(calendar: Calendar, fromMs: number, toMs: number): Piece[] {
  return calendar.entries.flatMap((entry) => entry.spans(fromMs, toMs).map((span) => ({ calendar, entry, span })));
}

function close(opening: Opening, untilMs: number, ending: Piece[]): Opening {
  const rules = ending.map(({ entry }) => entry.overrun);
  return { ...opening, untilMs, endsBy: refs(ending), overrun: mostCareful(rules) };
}

function mostCareful(rules: Overrun[]): Overrun {
  if (rules.length === 0 || rules.includes('refuse-start-if-not-fit')) return 'refuse-start-if-not-fit';
  return rules.includes('stop-after-step') ? 'stop-after-step' : 'finish';
}

function blockersAt(calendars: readonly Calendar[], denies: Piece[]): Blocker[] {
  if (denies.length > 0)
    return denies.map(({ calendar, entry, span }) => ({
      kind: 'inside',
      ref: entry.ref,
      label: entry.label,
      reason: calendar.reason,
      untilMs: span.toMs,
    }));
  const allows = calendars.filter(({ effect }) => effect === 'allow');
  return allows.map(({ ref, reason }) => ({ kind: 'outside', ref, reason }));
}

function refs(pieces: Piece[]): RuleRef[] {
  return [...new Map(pieces.map(({ entry: { ref } }) => [`${ref.file}:${ref.line}`, ref])).values()];
}
