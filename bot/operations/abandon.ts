/**
 * How a process lets go of operations that still run when it must stop: from then on they write nothing, as if it had
 * died at that moment. The next process finds their record and goes on from there.
 */
import type { Recorder } from '../record.ts';
import type { Operations } from './operations.ts';

interface Writers {
  operations: Operations;
  recorder: Recorder;
}

export interface Abandonable<P> {
  /** The same ports; what is written through them after `abandon` never happens and never ends. */
  ports: P;
  abandon(): void;
}

export function abandonable<P extends Writers>(ports: P): Abandonable<P> {
  const { operations, recorder } = ports;
  let abandoned = false;

  function unlessAbandoned<A extends unknown[], R>(write: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    return (...args) => (abandoned ? new Promise(() => {}) : write(...args));
  }

  return {
    ports: {
      ...ports,
      operations: { ...operations, update: unlessAbandoned(operations.update) },
      recorder: {
        ...recorder,
        intent: unlessAbandoned(recorder.intent),
        result: unlessAbandoned(recorder.result),
      },
    },
    abandon() {
      abandoned = true;
    },
  };
}
