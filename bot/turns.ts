/**
 * Lets pieces of work begin one by one, each in a turn of the event loop of its own. What comes in from outside is read
 * between the turns, so a crowd's commands are all written down and acknowledged before much of the work on them is done.
 */

/** Resolves when it is the caller's turn. */
export type NextTurn = () => Promise<void>;

export function createTurns(): NextTurn {
  const waiting: (() => void)[] = [];
  const next = () => {
    waiting.shift()?.();
    if (waiting.length > 0) setImmediate(next);
  };
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 1) setImmediate(next);
    });
}
