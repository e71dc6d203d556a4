/** What became of one event. Exit codes of the terminal are made of it. */
export type Handled =
  | { kind: 'ignored' }
  | { kind: 'seen-before' }
  | { kind: 'answered' }
  | { kind: 'refused' }
  | { kind: 'operation'; request: number };
