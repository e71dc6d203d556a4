/** The fake host keeps the contract that the real one keeps. */
import { createFakeHost } from '../fakes/host.ts';
import { hostContract } from './host.ts';

hostContract('in memory', async () => {
  const host = createFakeHost();
  return { host, pool: 'default', close: () => host.close() };
});
