/**
 * One batch of lines in the making. Nothing here touches the disk: a draft that could not be written is dropped, and the
 * next one starts from the same position, so serial and chain never have a gap.
 */
import { chainLine } from './chain.ts';
import { type EncodedEntry, encodeEntry, lineOf, type Origin } from './line.ts';
import type { AuditEntry } from './record.ts';
import { checkpointEntry, handoverEntry, ownEntry, type SigningKey } from './seal.ts';

/** Where the log stands after its last durable record. */
export interface Position {
  serial: number;
  chain: Buffer;
  /** Time of that record. */
  timeMs: number;
  /** Serial of the last record that seals; 0: none yet. */
  sealSerial: number;
  /** Time of the first record after it; null: none. */
  unsealedSinceMs: number | null;
  /** The clock was set back and has not caught up; already on record. */
  clockBehind: boolean;
}

export interface DraftContext {
  origin: Origin;
  key: SigningKey;
  nowMs: number;
  sealRecords: number;
  sealSeconds: number;
}

export interface Draft {
  add(entry: EncodedEntry): { serial: number };
  addOwn(entry: AuditEntry): void;
  /** Adds a checkpoint. */
  seal(): void;
  /** Must come first in a draft: no record of a new day is signed by an old key. */
  handOver(next: SigningKey): void;
  bytes(): Buffer;
  position(): Position;
}

/** ausearch keeps serials in an int. */
const MAX_SERIAL = 0x7fffffff;

/** A clock that is corrected steadily goes back by less. */
const CLOCK_STEP_MS = 1000;

/** The time of records written now: the tools need a log whose time never goes back. */
export function stampTime(position: Position, nowMs: number): number {
  return Math.max(nowMs, position.timeMs);
}

export function createDraft(start: Position, context: DraftContext): Draft {
  const { origin, nowMs } = context;
  const lines: string[] = [];
  let key = context.key;
  let at = start;

  const write = (entry: EncodedEntry, seals: boolean) => {
    const serial = at.serial + 1;
    if (serial > MAX_SERIAL) throw new Error('the log has used up its serials; move it away and start a new one');
    const timeMs = stampTime(at, nowMs);
    const { head, tail } = lineOf(entry, { timeMs, serial });
    const { line, chain } = chainLine(at.chain, head, tail);
    lines.push(line);
    const seal = seals
      ? { sealSerial: serial, unsealedSinceMs: null }
      : { sealSerial: at.sealSerial, unsealedSinceMs: at.unsealedSinceMs ?? timeMs };
    at = { ...seal, serial, chain, timeMs, clockBehind: at.clockBehind };
    return { serial };
  };

  const sealed = () => ({ upto: at.serial, head: at.chain.toString('base64url'), timeMs: stampTime(at, nowMs) });
  const seal = () => {
    write(encodeEntry(checkpointEntry(key, sealed()), origin), true);
  };
  const add = (entry: EncodedEntry) => {
    noteClock();
    if (isSealDue(at, context)) seal();
    return write(entry, false);
  };
  const noteClock = () => {
    const behindMs = at.timeMs - nowMs;
    if (behindMs <= CLOCK_STEP_MS) {
      if (behindMs <= 0) at = { ...at, clockBehind: false };
      return;
    }
    if (at.clockBehind) return;
    at = { ...at, clockBehind: true };
    add(encodeEntry(clockStepEntry(behindMs), origin));
  };

  return {
    add,
    seal,
    addOwn: (entry) => {
      add(encodeEntry(entry, origin));
    },
    handOver: (next) => {
      write(encodeEntry(handoverEntry(key, next, sealed()), origin), true);
      key = next;
    },
    bytes: () => Buffer.from(lines.join(''), 'latin1'),
    position: () => at,
  };
}

function isSealDue(at: Position, { sealRecords, sealSeconds, nowMs }: DraftContext): boolean {
  if (at.unsealedSinceMs === null) return false;
  return at.serial - at.sealSerial >= sealRecords || stampTime(at, nowMs) - at.unsealedSinceMs >= sealSeconds * 1000;
}

function clockStepEntry(behindMs: number): AuditEntry {
  const fields = [
    ['op', 'clock-step'],
    ['delta-ms', -behindMs],
    ['clamped', 1],
  ] as const;
  return { ...ownEntry('USYS_CONFIG', 'failed'), fields };
}
