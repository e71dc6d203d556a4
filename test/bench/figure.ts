/** One measured figure, printed as one line of JSON. */
export interface Figure {
  /** Of the goal it belongs to: `P1`, `P2`, … */
  id: string;
  /** What was measured, such as `allowed command in to libvirt call out, p50`. */
  what: string;
  value: number;
  /** `ms`, `1/s`, `MB`, or `x` for a ratio against a peer that was measured in the same run. */
  unit: string;
  goal: number;
  better: 'higher' | 'lower';
  /** The figures behind the figure: samples, the peer's value, the load. */
  detail: Record<string, string | number>;
}
