/** Calendars and questions for the tests of `policies/windows/`. */
import type { Calendar, WindowQuestion } from '../../../policies/windows/calendar.ts';
import { makeCalendars } from '../../../policies/windows/load.ts';
import { risks, vm } from '../fixture.ts';

export const actionNames = [...risks.keys()];

/** `calendars` in YAML, each on its line or lines; iCalendar files by name. */
export function load(calendars: string, ical: Record<string, string> = {}) {
  const files = Object.entries(ical).map(([name, text]) => ({ name: `w/${name}`, text }));
  return makeCalendars([{ name: 'w/w.yaml', text: calendars }, ...files], actionNames);
}

export function calendarsOf(calendars: string, ical: Record<string, string> = {}): readonly Calendar[] {
  const loaded = load(calendars, ical);
  if (loaded.kind === 'loaded') return loaded.calendars;
  throw new Error(loaded.problems.map(({ file, line, problem }) => `${file}:${line}: ${problem}`).join('\n'));
}

/** An event from its lines, in a calendar of its own. */
export function ics(...lines: string[]): string {
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');
}

export function event(...lines: string[]): string {
  return ics('BEGIN:VEVENT', 'UID:1', ...lines, 'END:VEVENT');
}

/** `at`: RFC 3339. */
export function question(at: string, part: { action?: string; env?: string; target?: null } = {}): WindowQuestion {
  const { action = 'vm.stop', env = 'prod' } = part;
  const target = part.target === null ? null : vm({ tags: { env } });
  return { action: { name: action, risk: risks.get(action) ?? 'destructive' }, target, now: Date.parse(at) };
}

/** `2026-11-22T08:00Z/2026-11-22T09:00Z` for each span of the only entry, or of all entries together. */
export function spansOf(calendars: readonly Calendar[], from: string, to: string): string[] {
  const spans = calendars.flatMap(({ entries }) =>
    entries.flatMap((entry) => entry.spans(Date.parse(from), Date.parse(to))),
  );
  return spans.sort((a, b) => a.fromMs - b.fromMs).map(({ fromMs, toMs }) => `${short(fromMs)}/${short(toMs)}`);
}

export function short(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}
