/**
 * Finds where an existing log stands. A crash can leave a last batch that is only partly there; nobody was told that its
 * records are durable. It is told apart from tampering by its size (at most one batch) and by holding no genuine seal.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chainOf, FIRST_CHAIN } from './chain.ts';
import type { Position } from './draft.ts';
import { LIVE_FILE, listFiles } from './files.ts';
import { type LineHead, parseHead, splitTokens } from './parse.ts';
import { checkpointText, verifierOf } from './seal.ts';

export const EMPTY: Position = {
  serial: 0,
  chain: FIRST_CHAIN,
  timeMs: 0,
  sealSerial: 0,
  unsealedSinceMs: null,
  clockBehind: false,
};

/** A batch may have so many bytes. */
export const MAX_BATCH_BYTES = 1024 * 1024;

export interface Tail {
  position: Position;
  /** Fingerprint of the newest key on record; null: the log is empty. */
  fingerprint: string | null;
  /** Size that `audit.log` should have; null: there is no such file. */
  liveBytes: number | null;
  /** What stands in `audit.log` after the last whole record of an unbroken chain. */
  rest: Buffer;
}

interface Walk {
  position: Position;
  fingerprint: string | null;
  /** Bytes of whole records. */
  good: number;
}

/** Reads `audit.log`, and the file before it when no seal has been written since the rotation. */
export function readTail(directory: string): Tail {
  const names = listFiles(directory);
  const live = names.at(-1) === LIVE_FILE ? readFileSync(join(directory, LIVE_FILE)) : null;
  const rotated = names.filter((name) => name !== LIVE_FILE).at(-1);
  let walk = walkLines(live ?? Buffer.alloc(0), null);
  let good = walk.good;
  if (walk.fingerprint === null && rotated !== undefined) {
    const before = walkLines(readFileSync(join(directory, rotated)), null);
    walk = walkLines(live ?? Buffer.alloc(0), before);
    good = walk.good;
  }
  return {
    position: walk.position,
    fingerprint: walk.fingerprint,
    liveBytes: live === null ? null : good,
    rest: live === null ? Buffer.alloc(0) : live.subarray(good),
  };
}

/** Follows the chain as far as it holds. With no walk before it, the first line is taken at its word. */
function walkLines(content: Buffer, before: Walk | null): Walk {
  let walk: Walk = { position: before?.position ?? EMPTY, fingerprint: before?.fingerprint ?? null, good: 0 };
  for (const { line, end } of linesIn(content)) {
    const head = parseHead(line.toString('latin1'));
    if (typeof head === 'string') break;
    const trusted = before === null && walk.good === 0 && head.serial > 1;
    if (!trusted && !follows(walk.position, head, line)) break;
    walk = { ...step(walk, head), good: end };
  }
  return walk;
}

function follows({ serial, chain }: Position, head: LineHead, line: Buffer): boolean {
  return head.serial === serial + 1 && chainOf(chain, line)?.expected.toString('base64url') === head.chain;
}

function step({ position, fingerprint }: Walk, { type, text, serial, timeMs, chain }: LineHead): Omit<Walk, 'good'> {
  const at = { ...position, serial, timeMs, chain: Buffer.from(chain, 'base64url') };
  const fields = type === 'CRYPTO_KEY_USER' ? new Map(splitTokens(text)) : null;
  const known = fields?.get('fp') ?? fingerprint;
  return fields?.get('upto') === undefined
    ? { position: { ...at, unsealedSinceMs: position.unsealedSinceMs ?? timeMs }, fingerprint: known }
    : { position: { ...at, sealSerial: serial, unsealedSinceMs: null }, fingerprint: known };
}

export type Rest = { kind: 'none' } | { kind: 'torn' } | { kind: 'tampered'; position: Position };

/** What to make of the bytes after the last good record. `pub` is the log's current key. */
export function judgeRest({ rest, position }: Tail, pub: string): Rest {
  if (rest.length === 0) return { kind: 'none' };
  const heads = [...linesIn(rest)].map(({ line }) => parseHead(line.toString('latin1')));
  const records = heads.filter((head) => typeof head !== 'string');
  const last = records.at(-1);
  const durable = rest.length > MAX_BATCH_BYTES || records.some((head) => isGenuineSeal(head, pub));
  if (!durable) return { kind: 'torn' };
  if (last === undefined) return { kind: 'tampered', position };
  const chain = Buffer.from(last.chain, 'base64url');
  const timeMs = Math.max(position.timeMs, last.timeMs);
  const serial = Math.max(position.serial, ...records.slice(-1000).map((head) => head.serial));
  return { kind: 'tampered', position: { ...position, serial, chain, timeMs } };
}

function isGenuineSeal({ type, text, timeMs }: LineHead, pub: string): boolean {
  if (type !== 'CRYPTO_KEY_USER') return false;
  const fields = new Map(splitTokens(text));
  const sealed = { upto: Number(fields.get('upto')), head: fields.get('head') ?? '', timeMs };
  const signed = checkpointText(Number(fields.get('epoch')), sealed);
  return verifierOf(pub)?.(signed, fields.get('ed25519') ?? '') ?? false;
}

/** Whole lines without their line feed; `end` is the offset after it. */
function* linesIn(content: Buffer): Generator<{ line: Buffer; end: number }> {
  for (let start = 0; start < content.length; ) {
    const feed = content.indexOf(0x0a, start);
    if (feed === -1) return;
    yield { line: content.subarray(start, feed), end: feed + 1 };
    start = feed + 1;
  }
}
