/**
 * Runs the benches that are named (`P1 P5`), or all. One line of JSON a figure on standard output and nothing else
 * there; what a person wants to know meanwhile goes to standard error.
 */
import type { Figure } from './figure.ts';

/** Loaded only when asked for: one bench must not weigh on another. */
const benches: Record<string, () => Promise<Figure[]>> = {
  P1: async () => (await import('./p1-list.ts')).benchP1(),
  P2: async () => (await import('./p2-command.ts')).benchP2(),
  P5: async () => (await import('./p5-audit.ts')).benchP5(),
  P6: async () => (await import('./p6-policy.ts')).benchP6(),
  P8: async () => (await import('./p8-start.ts')).benchP8(),
  P14: async () => (await import('./p14-runner.ts')).benchP14(),
  P16: async () => (await import('./p16-events.ts')).benchP16(),
};

async function main(names: string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in benches));
  if (unknown.length > 0) {
    console.error(`no bench is called ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);
    process.exitCode = 2;
    return;
  }
  for (const [name, bench] of Object.entries(benches)) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.error(`${name}: measuring`);
    for (const figure of await bench()) console.log(JSON.stringify(figure));
  }
}

await main(process.argv.slice(2));
