/** The journeys of people, in Slack. */
import { journeySuite } from '../../../journeys/suite.ts';
import { slackStage } from './stage.ts';

journeySuite('slack', slackStage);
