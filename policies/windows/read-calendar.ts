/** Makes calendars of their written form: zones chosen, times worked out, every wrong word found at its place. */
import type { Risk } from '../../actions/action.ts';
import type { Places, Problem } from '../document.ts';
import { allowedWords } from '../suggest.ts';
import type { Calendar, Entry, Scope } from './calendar.ts';
import type { CalendarFile, IcalEvents, Overrun, WrittenCalendar } from './calendar-file.ts';
import { type Ground, NO_ZONE, type Read, rangeEntry, windowEntry } from './entries.ts';
import { eventEntries } from './ical-entries.ts';

export interface CalendarSheet {
  file: string;
  value: CalendarFile;
  places: Places;
}

export interface Surroundings {
  actionNames: readonly string[];
  /** iCalendar files by their name in the directory. */
  ical: ReadonlyMap<string, { file: string; text: string }>;
}

type Path = readonly (string | number)[];

/** Most careful first: it holds where a file says nothing. */
const DEFAULT_OVERRUN: Overrun = 'refuse-start-if-not-fit';

export function readCalendar(sheet: CalendarSheet, index: number, around: Surroundings): Read<Calendar> {
  const path = ['calendars', index];
  const written = sheet.value.calendars[index];
  if (written === undefined) throw new Error(`no calendar ${index} in ${sheet.file}`);
  const ref = { name: written.name, file: sheet.file, line: sheet.places.of(path).line };
  const reads = written.times.map((_, at) => readTimes(sheet, written, [...path, 'times', at], at, around));
  const entries = reads.flatMap(({ made }) => made);
  const problems = [...patternProblems(sheet, path, written, around), ...reads.flatMap((read) => read.problems)];
  const scope = readScope(written, around.actionNames);
  return { made: { ref, effect: written.effect, reason: written.reason ?? null, scope, entries }, problems };
}

function readTimes(
  sheet: CalendarSheet,
  calendar: WrittenCalendar,
  path: Path,
  index: number,
  around: Surroundings,
): Read<Entry[]> {
  const written = calendar.times[index];
  if (written === undefined) return { made: [], problems: [] };
  const { line } = sheet.places.of(path);
  const ground: Ground = {
    ref: { name: calendar.name, file: sheet.file, line },
    effect: calendar.effect,
    overrun: written.overrun ?? calendar.overrun ?? DEFAULT_OVERRUN,
    zone: written.zone ?? calendar.zone ?? null,
    at: (key, problem) => ({ file: sheet.file, ...sheet.places.of([...path, key]), problem }),
  };
  if ('start' in written) return windowEntry(written, ground);
  return 'ical' in written ? readEvents(written, ground, around) : rangeEntry(written, ground);
}

function readEvents(written: IcalEvents, ground: Ground, { ical }: Surroundings): Read<Entry[]> {
  const source = ical.get(written.ical);
  if (source === undefined)
    return {
      made: [],
      problems: [ground.at('ical', `no file "${written.ical}" here${allowedWords(written.ical, [...ical.keys()])}`)],
    };
  if (ground.zone === null) return { made: [], problems: [ground.at('ical', NO_ZONE)] };
  return eventEntries(source, { ...ground, zone: ground.zone, zones: written.zones ?? {} });
}

function readScope(written: WrittenCalendar, actionNames: readonly string[]): Scope {
  const { target } = written;
  const risks: readonly Risk[] = written.risks ?? ['change', 'disruptive', 'destructive'];
  const set = (words: readonly string[] | undefined) => (words === undefined ? null : new Set(words));
  return {
    actions: new Set(written.actions.flatMap((pattern) => matching(pattern, actionNames))),
    risks: new Set(risks),
    target:
      target === undefined
        ? null
        : {
            owner: set(target.owner),
            env: set(target.env),
            tags: new Map(Object.entries(target.tags ?? {}).map(([name, values]) => [name, new Set(values)])),
          },
  };
}

function matching(pattern: string, actionNames: readonly string[]): string[] {
  if (pattern === '*') return [...actionNames];
  return actionNames.filter((name) =>
    pattern.endsWith('.*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
}

function patternProblems(
  { file, places }: CalendarSheet,
  path: Path,
  { actions }: WrittenCalendar,
  { actionNames }: Surroundings,
): Problem[] {
  return actions.flatMap((pattern, index) => {
    if (matching(pattern, actionNames).length > 0) return [];
    const prefixes = new Set(actionNames.map((name) => name.replace(/\.[^.]*$/, '.*')));
    const problem = `no action matches "${pattern}"${allowedWords(pattern, [...actionNames, ...prefixes])}`;
    return [{ file, ...places.of([...path, 'actions', index]), problem }];
  });
}
