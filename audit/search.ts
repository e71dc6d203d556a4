/** Finds records. Filters are joined by AND; the time of records never goes back, so a search can stop early. */
import { fieldOf, type ParsedRecord, parseLine } from './parse.ts';
import { type Line, type Order, readLines } from './read.ts';

export interface SearchOptions {
  directory: string;
  order?: Order | undefined;
  /** Request number. */
  request?: number | undefined;
  /** Who did it, or for whom it was done. */
  person?: string | undefined;
  vm?: string | undefined;
  uuid?: string | undefined;
  type?: string | undefined;
  result?: 'success' | 'failed' | undefined;
  /** ms since the epoch, this moment included. */
  since?: number | undefined;
  /** ms since the epoch, this moment not included. */
  until?: number | undefined;
  /** At most so many records. */
  limit?: number | undefined;
  /** Is told about every line that is no record. */
  onMalformed?: ((line: Malformed) => void) | undefined;
}

export interface Malformed {
  file: string;
  /** From 1; null when reading newest first. */
  line: number | null;
  problem: string;
}

/** Streams: a log of years is never in memory. Throws only when the files cannot be read. */
export async function* searchLog(options: SearchOptions): AsyncGenerator<ParsedRecord> {
  const { directory, order = 'oldest', limit = Number.POSITIVE_INFINITY } = options;
  let found = 0;
  for await (const lines of readLines(directory, order)) {
    for (const record of recordsIn(lines, options.onMalformed)) {
      if (isPast(record, order, options)) return;
      if (!matches(record, options)) continue;
      if (found >= limit) return;
      found += 1;
      yield record;
    }
  }
}

function* recordsIn(lines: readonly Line[], onMalformed: SearchOptions['onMalformed']): Generator<ParsedRecord> {
  for (const { file, number, bytes, partial } of lines) {
    const parsed = parseLine(bytes.toString('latin1'));
    if (parsed.kind === 'record' && !partial) yield parsed.record;
    else
      onMalformed?.({
        file,
        line: number,
        problem: parsed.kind === 'record' ? 'the line does not end' : parsed.problem,
      });
  }
}

function isPast({ timeMs }: ParsedRecord, order: Order, { since, until }: SearchOptions): boolean {
  return order === 'oldest' ? until !== undefined && timeMs >= until : since !== undefined && timeMs < since;
}

function matches(record: ParsedRecord, wanted: SearchOptions): boolean {
  return (
    isOneOf(wanted.request, [record.request]) &&
    isOneOf(wanted.person, [record.actor, record.account]) &&
    isOneOf(wanted.type, [record.type]) &&
    isOneOf(wanted.result, [record.result]) &&
    (wanted.vm === undefined || fieldOf(record, 'vm') === wanted.vm) &&
    (wanted.uuid === undefined || fieldOf(record, 'uuid') === wanted.uuid) &&
    (wanted.since === undefined || record.timeMs >= wanted.since) &&
    (wanted.until === undefined || record.timeMs < wanted.until)
  );
}

function isOneOf<T>(wanted: T | undefined, values: readonly (T | null)[]): boolean {
  return wanted === undefined || values.includes(wanted);
}
