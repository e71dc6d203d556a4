/**
 * Loads the calendars of a directory: every `*.yaml`, and the `*.ics` beside it that they name. With one error none is
 * loaded; the errors are told together, each with its place. The only file here that touches the disk.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { type Problem, readDocument } from '../document.ts';
import { type SourceFile, wholeFile } from '../policy-files.ts';
import type { Calendar } from './calendar.ts';
import { CalendarFile } from './calendar-file.ts';
import { type CalendarSheet, readCalendar, type Surroundings } from './read-calendar.ts';

export interface LoadedCalendars {
  kind: 'loaded';
  /** Digest of the files: part of what an approval is bound to. */
  version: string;
  calendars: readonly Calendar[];
}

export type CalendarsResult = LoadedCalendars | { kind: 'broken'; problems: Problem[] };

const MAX_FILE_BYTES = 512 * 1024;
const MAX_FILES = 100;

/** A directory without calendars is none; one that cannot be read is an error. */
export async function loadCalendars(directory: string, actionNames: readonly string[]): Promise<CalendarsResult> {
  try {
    const names = (await readdir(directory)).filter((name) => /\.(ya?ml|ics)$/.test(name)).sort();
    if (names.length > MAX_FILES) throw new Error(`${names.length} files are more than ${MAX_FILES}`);
    const files = await Promise.all(names.map((name) => readSource(join(directory, name))));
    return makeCalendars(files, actionNames);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unreadable';
    return { kind: 'broken', problems: [wholeFile(shown(directory), `reading the calendars: ${why}`)] };
  }
}

/** The same from texts: for tests, and for calendars that are only proposed. */
export function makeCalendars(files: readonly SourceFile[], actionNames: readonly string[]): CalendarsResult {
  const ics = files.filter(({ name }) => name.endsWith('.ics'));
  const ical = new Map(ics.map(({ name, text }) => [basename(name), { file: name, text }]));
  const problems: Problem[] = [];
  const calendars: Calendar[] = [];
  for (const { name, text } of files.filter((file) => !ics.includes(file))) {
    const read = readDocument(name, text, CalendarFile);
    if (read.kind === 'broken') problems.push(...read.problems);
    else readSheet({ file: name, ...read }, { actionNames, ical }, calendars, problems);
  }
  return problems.length > 0 ? { kind: 'broken', problems } : { kind: 'loaded', version: digest(files), calendars };
}

function readSheet(sheet: CalendarSheet, around: Surroundings, calendars: Calendar[], problems: Problem[]): void {
  for (const [index, { name }] of sheet.value.calendars.entries()) {
    const taken = calendars.find(({ ref }) => ref.name === name);
    const read = readCalendar(sheet, index, around);
    problems.push(...read.problems);
    calendars.push(read.made);
    if (taken === undefined) continue;
    const problem = `the name "${name}" is taken (${taken.ref.file}:${taken.ref.line})`;
    problems.push({ file: sheet.file, ...sheet.places.of(['calendars', index, 'name']), problem });
  }
}

async function readSource(path: string): Promise<SourceFile> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) throw new Error(`${shown(path)} has ${size} bytes, more than ${MAX_FILE_BYTES}`);
  return { name: shown(path), text: await readFile(path, 'utf8') };
}

function digest(files: readonly SourceFile[]): string {
  const hash = createHash('sha256');
  for (const { name, text } of files) hash.update(JSON.stringify([basename(name), text]));
  return `sha256:${hash.digest('hex')}`;
}

/** As people write it: below the working directory without it. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}
