/** What is known of a play; what a crash left unknown is said with the evidence and the choices. */
import { readEvents } from './follow.ts';
import { type Liveness, leftOvers, lookAtPlay } from './liveness.ts';
import { createRecap, foldEvent, type LastTask, lastTasksOf } from './recap.ts';

export type PlayState =
  | Exclude<Liveness, { kind: 'silent' }>
  /** The play came to its end; the exit code died with the supervisor. */
  | { kind: 'finished-without-exit-code' }
  /** `stillRunning`: processes of it that go on without ansible-playbook; `cancelPlay` ends them. */
  | { kind: 'interrupted'; lastTasks: LastTask[]; stillRunning: number; choices: Choice[] };

/** What a person may decide about an interrupted play; nobody decides for him. */
export interface Choice {
  choice: 'retry' | 'mark-done' | 'end-what-still-runs';
  means: string;
}

/** Throws `OpsError` 'not-found' where there is no such run directory: that play was never about to start. */
export async function playState(runDir: string): Promise<PlayState> {
  const known = lookAtPlay(runDir);
  if (known.kind !== 'silent') return known;
  const recap = createRecap();
  for await (const { event } of readEvents(runDir)) foldEvent(recap, event);
  if (recap.stats !== null) return { kind: 'finished-without-exit-code' };
  const stillRunning = leftOvers(runDir).length;
  return { kind: 'interrupted', lastTasks: lastTasksOf(recap), stillRunning, choices: choicesFor(stillRunning) };
}

function choicesFor(stillRunning: number): Choice[] {
  const ending: Choice = {
    choice: 'end-what-still-runs',
    means: `end the ${stillRunning} processes that the play left behind, before anything else`,
  };
  return [
    ...(stillRunning > 0 ? [ending] : []),
    { choice: 'retry', means: 'run the playbook again from its beginning: what was done already is done once more' },
    { choice: 'mark-done', means: 'leave it as it is: somebody has looked at the hosts' },
  ];
}
