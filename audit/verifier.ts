/**
 * The rules of a whole log, line by line, without a disk: every line's form, serial, time and chain, every seal's signature, every change of keys. The
 * verifier is what makes a log evident to tampering: journald's sealing was broken (CVE-2023-31438 and -31439) because its
 * verifier did not check that old entries were sealed with the key of their own time, and let seals be dropped. Rules:
 *
 * - the first record makes key 0 and signs itself; with a pin it must be that key;
 * - a record's day is the epoch of the key in force; a key changes only by a record that the old key signed;
 * - a seal vouches for all that stands before it, and is never overdue (`SEAL_RECORDS`, `SEAL_SECONDS`);
 * - each anchor (serial and chain, kept elsewhere) is in the log, and the last genuine seal is not before `notBefore`.
 *
 * A log cut exactly at a seal is only seen with an anchor or `notBefore`: no scheme on one machine can see that.
 */
import { chainOf, FIRST_CHAIN } from './chain.ts';
import { LIVE_FILE } from './files.ts';
import { type LineHead, parseHead } from './parse.ts';
import type { Line } from './read.ts';
import { createSealCheck } from './seal-check.ts';

export interface Anchor {
  serial: number;
  chain: string;
}

export interface VerifierOptions {
  /** Public key 0 as kept elsewhere, `ed25519:…`; null: the log can only be shown to agree with itself. */
  pin: string | null;
  anchors: readonly Anchor[];
  /** ms since the epoch; null: no limit. */
  notBefore: number | null;
}

export interface LogProblem {
  /** Serial that the line has or should have; null: not about one record. */
  serial: number | null;
  file: string;
  /** From 1; null: not about one line. */
  line: number | null;
  problem: string;
}

export type Verdict =
  | {
      kind: 'intact';
      records: number;
      /** Serial of the last record that a signature vouches for. */
      signedThrough: number;
      /** Records after the last seal. */
      unsignedTail: number;
      /** No pin was given: a log made anew with another key would pass as well. */
      selfConsistentOnly: boolean;
    }
  | { kind: 'broken'; problems: LogProblem[] };

/** A rewritten log breaks everywhere; the first places are what matters. */
const MAX_PROBLEMS = 1000;

export interface Verifier {
  /** The next line, in the order of writing. */
  check(line: Line): void;
  /** Notes a problem that is about a file and not about a line. */
  reportFile(file: string, problem: string): void;
  /** How many problems there are so far. */
  problems(): number;
  finish(): Verdict;
}

export function createVerifier({ pin, anchors, notBefore }: VerifierOptions): Verifier {
  const problems: LogProblem[] = [];
  const seals = createSealCheck(pin);
  const missing = new Set(anchors);
  let chain = FIRST_CHAIN;
  let serial = 0;
  let timeMs = 0;
  let records = 0;

  const add = (problem: LogProblem) => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
  };

  const checkRecord = (line: Buffer, head: LineHead, report: (problem: string) => void) => {
    if (head.serial !== serial + 1) report(`serial ${head.serial} where ${serial + 1} belongs`);
    if (head.timeMs < timeMs) report('the time goes back');
    if (chainOf(chain, line)?.expected.toString('base64url') !== head.chain) report('the chain does not hold');
    for (const problem of seals.check(head, chain.toString('base64url'))) report(problem);
    for (const anchor of missing) {
      if (anchor.serial !== head.serial) continue;
      if (anchor.chain !== head.chain) report('differs from the anchor kept elsewhere');
      missing.delete(anchor);
    }
    // After a break the line is taken at its word, so that one edit is one problem.
    ({ serial, timeMs } = head);
    chain = Buffer.from(head.chain, 'base64url');
  };

  return {
    check: ({ file, number, bytes, partial }) => {
      records += 1;
      const head = partial ? 'the line does not end' : parseHead(bytes.toString('latin1'));
      if (typeof head === 'string') add({ serial: serial + 1, file, line: number, problem: head });
      else checkRecord(bytes, head, (problem) => add({ serial: head.serial, file, line: number, problem }));
    },
    reportFile: (file, problem) => add({ serial: null, file, line: null, problem }),
    problems: () => problems.length,
    finish: () => {
      const about = (problem: string) => add({ serial, file: LIVE_FILE, line: null, problem });
      for (const problem of seals.finish(notBefore)) about(problem);
      for (const lost of missing.keys())
        about(`the log ends before serial ${lost}, which an anchor kept elsewhere names`);
      if (problems.length > 0) return { kind: 'broken', problems };
      const { signedThrough, sealSerial } = seals.state();
      return {
        kind: 'intact',
        records,
        signedThrough,
        unsignedTail: serial - sealSerial,
        selfConsistentOnly: pin === null,
      };
    },
  };
}
