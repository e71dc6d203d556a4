/** The measured process of P16: p16-fold.ts RUN_DIR follows the play there and prints what it took. */
import { followPlay } from '../../actions/ansible/follow.ts';
import { createRecap, foldEvent } from '../../actions/ansible/recap.ts';

const MIB = 1024 ** 2;
const LOOK_EVERY = 500;

const runDir = process.argv[2] ?? '';
const base = process.memoryUsage.rss();
const began = performance.now();
const recap = createRecap();
let events = 0;
let peak = base;
for await (const { event } of followPlay(runDir)) {
  foldEvent(recap, event);
  events += 1;
  if (events % LOOK_EVERY === 0) peak = Math.max(peak, process.memoryUsage.rss());
}
const ms = performance.now() - began;
if (recap.stats === null || recap.lost > 0) throw new Error('the events of the benchmark were not all understood');
const inMiB = (bytes: number) => Math.round((bytes / MIB) * 10) / 10;
console.log(
  JSON.stringify({ baseMiB: inMiB(base), peakMiB: inMiB(peak), events, hosts: recap.hosts.size, ms: Math.round(ms) }),
);
