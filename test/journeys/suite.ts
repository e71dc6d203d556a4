/** The journeys of people that every platform must play alike. */
import type { MakeStage } from './stage.ts';
import { askingSuite } from './suite-asking.ts';
import { decidingSuite } from './suite-deciding.ts';
import { runningSuite } from './suite-running.ts';

export function journeySuite(name: string, makeStage: MakeStage): void {
  askingSuite(name, makeStage);
  decidingSuite(name, makeStage);
  runningSuite(name, makeStage);
}
