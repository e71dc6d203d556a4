/**
 * What Drover does with a play, as a program that can be killed: starter.ts RUN_DIR SPEC_FILE LOG_FILE HOME. Each event
 * is put down as `seq nextByte` in the log before the next one is taken.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { followPlay } from '../../../actions/ansible/follow.ts';
import { startPlay } from '../../../actions/ansible/start.ts';

const [runDir = '', specFile = '', log = '', home = ''] = process.argv.slice(2);
await startPlay(runDir, JSON.parse(readFileSync(specFile, 'utf8')), { HOME: home });
for await (const { event, nextByte } of followPlay(runDir)) {
  appendFileSync(log, `${event.kind === 'malformed' ? 'malformed' : event.seq} ${nextByte}\n`);
}
