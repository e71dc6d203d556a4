/** The journeys of people, in terminals. */
import { terminalStage } from './stage-terminal.ts';
import { journeySuite } from './suite.ts';

journeySuite('terminal', terminalStage);
