/** `drover audit verify|search|report|key`: our own reading of the log, for hosts without the audit tools. */
import { join } from 'node:path';
import { readKeys } from '../../audit/key.ts';
import type { ParsedRecord } from '../../audit/parse.ts';
import { summarizeLog, type Tally } from '../../audit/report.ts';
import { type SearchOptions, searchLog } from '../../audit/search.ts';
import { type Anchor, type Verdict, verifyLog } from '../../audit/verify.ts';
import { EXIT } from '../terminal/session.ts';
import { type CliContext, failure, print, readTime, usageError } from './context.ts';

export async function runAudit([what]: string[], ctx: CliContext): Promise<number> {
  const directory = join(ctx.stateDir, 'audit');
  try {
    switch (what) {
      case 'verify':
        return await verify(directory, ctx);
      case 'search':
        return await search(directory, ctx);
      case 'report':
        return await report(directory, ctx);
      case 'key':
        return await key(directory, ctx);
      default:
        return usageError('drover audit verify|search|report|key');
    }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (!said.startsWith('ENOENT')) return failure(said);
    return failure(`there is no audit log in ${directory}; name its state directory by --state or DROVER_STATE_DIR`);
  }
}

async function verify(directory: string, ctx: CliContext): Promise<number> {
  const { pin = null, anchor = [], 'not-before': after } = ctx.flags;
  const anchors = anchor.map(readAnchor);
  const notBefore = after === undefined ? null : readTime('not-before', after);
  if (anchors.includes(null) || (after !== undefined && notBefore === null)) {
    return usageError('--anchor <serial>:<head>, --not-before <time>');
  }
  const verdict = await verifyLog({ directory, pin, anchors: anchors.filter((one) => one !== null), notBefore });
  print(ctx, verdict, verdictLines(verdict));
  return verdict.kind === 'intact' ? EXIT.done : EXIT.failed;
}

function readAnchor(text: string): Anchor | null {
  const [, serial, head] = /^(\d+):([\w-]{43})$/.exec(text) ?? [];
  return serial === undefined || head === undefined ? null : { serial: Number(serial), chain: head };
}

function verdictLines(verdict: Verdict): string[] {
  if (verdict.kind === 'broken') {
    return [
      `BROKEN: ${verdict.problems.length} problem(s)`,
      ...verdict.problems.map(
        ({ file, line, serial, problem }) => `${file}:${line ?? '?'} (record ${serial ?? '?'}): ${problem}`,
      ),
    ];
  }
  const { records, signedThrough, unsignedTail, selfConsistentOnly } = verdict;
  const own = 'agrees with itself only: give the key of `drover audit key`, kept elsewhere, as --pin';
  return [
    `intact: ${records} records, signed through ${signedThrough}, ${unsignedTail} after the last signature`,
    ...(selfConsistentOnly ? [own] : []),
  ];
}

async function search(directory: string, ctx: CliContext): Promise<number> {
  const options = searchOptions(directory, ctx);
  if (options === null) return EXIT.usage;
  let found = 0;
  for await (const record of searchLog(options)) {
    found += 1;
    print(ctx, record, [recordLine(record)]);
  }
  if (found === 0 && !ctx.json) process.stderr.write('drover: no record matches\n');
  return found > 0 ? EXIT.done : EXIT.failed;
}

function searchOptions(directory: string, { flags }: CliContext): SearchOptions | null {
  const { request, person, vm, uuid, type, result, since, until, limit } = flags;
  if (result !== undefined && result !== 'success' && result !== 'failed') {
    usageError('--result success|failed');
    return null;
  }
  const from = since === undefined ? undefined : readTime('since', since);
  const to = until === undefined ? undefined : readTime('until', until);
  if (from === null || to === null) return null;
  return {
    directory,
    ...(request === undefined ? {} : { request: Number(request) }),
    ...(person === undefined ? {} : { person }),
    ...(vm === undefined ? {} : { vm }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(type === undefined ? {} : { type }),
    ...(result === undefined ? {} : { result }),
    ...(from === undefined ? {} : { since: from }),
    ...(to === undefined ? {} : { until: to }),
    ...(limit === undefined ? {} : { limit: Number(limit) }),
  };
}

function recordLine({ timeMs, serial, type, request, actor, fields, result }: ParsedRecord): string {
  const said = fields.map(([name, value]) => `${name}=${value}`).join(' ');
  return `${new Date(timeMs).toISOString()} ${serial} ${type} request=${request ?? '-'} ${actor}: ${said} ${result}`;
}

async function report(directory: string, ctx: CliContext): Promise<number> {
  const since = ctx.flags.since === undefined ? undefined : readTime('since', ctx.flags.since);
  const until = ctx.flags.until === undefined ? undefined : readTime('until', ctx.flags.until);
  if (since === null || until === null) return EXIT.usage;
  const summary = await summarizeLog({
    directory,
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  });
  print(ctx, summary, [
    `${summary.records} records, ${summary.failed} failed`,
    ...tallyLines('People', summary.persons),
    ...tallyLines('VMs', summary.vms),
    ...tallyLines('Actions', summary.actions),
    ...(summary.failures.length > 0 ? ['Failed:', ...summary.failures.map((record) => `  ${recordLine(record)}`)] : []),
  ]);
  return EXIT.done;
}

function tallyLines(title: string, tallies: Tally[]): string[] {
  return [
    `${title}:`,
    ...tallies.map(
      ({ name, records, failed, requests }) => `  ${name}: ${records} records, ${failed} failed, ${requests} requests`,
    ),
  ];
}

async function key(directory: string, ctx: CliContext): Promise<number> {
  const keys = await readKeys(directory);
  if (keys === null) return failure('there is no log yet, so it has no key');
  print(
    ctx,
    keys,
    Object.entries(keys).map(([name, value]) => `${name}: ${value}`),
  );
  return EXIT.done;
}
