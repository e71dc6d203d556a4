/** Says for people why something may not start now and when it may. Times are in the reader's zone. */
import { formatSeconds } from '../../actions/units.ts';
import type { RuleRef } from '../decision.ts';
import type { WindowJudgement } from './judge.ts';
import { HORIZON_MS } from './judge.ts';
import { DAY_MS, formatAt } from './local-time.ts';
import type { Blocker, Opening } from './openings.ts';

export interface Reader {
  /** IANA name. */
  zone: string;
  /** ms since the epoch. */
  now: number;
}

/** One sentence for each thing in the way, the last one says when; none where it may start. */
export function whyNotNow(judgement: WindowJudgement, reader: Reader): string[] {
  switch (judgement.kind) {
    case 'open':
      return [];
    case 'closed':
      return [...judgement.by.map((blocker) => blockerSentence(blocker, reader)), nextSentence(judgement, reader)];
    case 'too-short': {
      const ends = `it needs about ${span(judgement.needsMs)}, and only ${span(judgement.leftMs)} are left until ${formatAt(judgement.untilMs, reader.zone)}`;
      const by = judgement.by.length === 0 ? '' : `, set by ${judgement.by.map(place).join(' and ')}`;
      return [`${ends}${by}`, nextSentence(judgement, reader)];
    }
  }
}

/** `from Tue … until …, opened by calendar "nightly" (policies/windows/w.yaml:7)` */
export function openingText({ fromMs, untilMs, by }: Opening, { zone }: Reader): string {
  const until = untilMs === null ? '' : ` until ${formatAt(untilMs, zone)}`;
  return `from ${formatAt(fromMs, zone)}${until}${by.length === 0 ? '' : `, opened by ${by.map(place).join(' and ')}`}`;
}

function blockerSentence(blocker: Blocker, { zone }: Reader): string {
  const reason = blocker.reason === null ? '' : `: ${blocker.reason}`;
  switch (blocker.kind) {
    case 'inside':
      return `${place(blocker.ref)} forbids it until ${formatAt(blocker.untilMs, zone)} (${blocker.label})${reason}`;
    case 'outside':
      return `${place(blocker.ref)} allows it only inside its windows, and none is open${reason}`;
  }
}

function nextSentence(judgement: Exclude<WindowJudgement, { kind: 'open' }>, reader: Reader): string {
  const days = HORIZON_MS / DAY_MS;
  const fitting = judgement.kind === 'too-short' ? ' in which it fits' : '';
  if (judgement.next === null) return `there is no opening${fitting} within ${days} days`;
  const waits = span(Math.max(0, judgement.next.fromMs - reader.now));
  return `the next opening${fitting} is in ${waits}: ${openingText(judgement.next, reader)}`;
}

function place({ name, file, line }: RuleRef): string {
  return `calendar "${name}" (${file}:${line})`;
}

/** To the minute above two minutes: seconds of a forecast mean nothing. */
function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return formatSeconds(seconds < 120 ? seconds : Math.round(seconds / 60) * 60);
}
