/** The journeys of people, in Drover's own web chat. */
import { webStage } from './stage-web.ts';
import { journeySuite } from './suite.ts';

journeySuite('web', webStage);
