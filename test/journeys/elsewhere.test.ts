/** What is decided where its thread is not: by a command that has no web chat, for a request that was made in it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFakeHost } from '../fakes/host.ts';
import { terminalStage } from './stage-terminal.ts';
import { webStage } from './stage-web.ts';
import { furnished } from './world.ts';

test('what a terminal decided while the web chat was away is in its thread when it is back', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'drover-elsewhere-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const host = furnished(createFakeHost());
  const options = { directory, host };

  const web = await webStage(t, options);
  await (await web.person('alice')).say('vm stop prod-01');
  const plan = await (await web.person('bob')).plan('vm stop prod-01');
  await web.drover.stop(1000);

  host.reconnect();
  const terminals = await terminalStage(t, options);
  const bob = await terminals.person('bob');
  await bob.press(await bob.plan('vm stop prod-01'), 'approve');
  await bob.end(plan.request, 'succeeded');
  await terminals.drover.outbox.settled();
  await terminals.drover.stop(1000);

  host.reconnect();
  const again = await webStage(t, options);
  const alice = await again.person('alice');
  await alice.end(plan.request, 'succeeded');
  const card = await alice.until('the card', ({ id, text }) => id === plan.id && text.includes('Approved by bob'));
  assert.deepEqual(card.verbs, []);
  assert.equal(host.count('shutdown'), 1);
});
