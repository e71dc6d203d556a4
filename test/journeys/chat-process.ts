/**
 * A Drover in a process of its own, with a fake host, connected to the chat platforms of whoever started it; what can be
 * killed, and measured by itself. Says `ready` on standard output; ends at SIGTERM, or when its standard input ends.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { z } from 'zod';
import { Config } from '../../bot/config.ts';
import { openDrover } from '../../bot/drover.ts';
import { startPlatforms } from '../../bot/platforms/platforms.ts';
import { createFakeHost } from '../fakes/host.ts';
import { addVm } from './world.ts';

export const ChatProcessOptions = z.object({
  config: Config,
  stateDir: z.string(),
  /** VMs of team-a with env=prod. */
  vms: z.array(z.string()),
  /** ms before an event that came in is written down: a disk that is slow. */
  receiveDelayMs: z.number(),
});
export type ChatProcessOptions = z.input<typeof ChatProcessOptions>;

const { config, stateDir, vms, receiveDelayMs } = ChatProcessOptions.parse(JSON.parse(process.argv[2] ?? ''));
const host = createFakeHost();
for (const name of vms) addVm(host, name, { owner: 'team-a', tags: { env: 'prod' } });
const log = pino({ level: 'warn' }, pino.destination(2));
const drover = await openDrover({ config, stateDir, log, host });
const receive: typeof drover.desk.receive = async (inbound) => {
  if (receiveDelayMs > 0) await pause(receiveDelayMs);
  await drover.desk.receive(inbound);
};
await startPlatforms({
  config,
  drover: { ...drover, desk: { ...drover.desk, receive } },
  log,
  onFatal: (error) => {
    log.error({ err: error }, 'a platform cannot be used');
    process.exit(1);
  },
});
process.once('SIGTERM', () => void drover.stop(1_000).then(() => process.exit(0)));
process.stdin.on('end', () => process.exit(1)).resume();
await drover.begin();
console.log('ready');
