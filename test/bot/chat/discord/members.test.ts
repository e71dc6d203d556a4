/** Who somebody is in Discord: asked at each decision, kept for a minute, shut when Discord does not answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALICE, BOB, openFixture, ROLE } from './fixture.ts';

test('roles are asked of Discord, for those only who were asked about', async (t) => {
  const { chat } = await openFixture(t);
  assert.deepEqual(await chat.directory?.among(ROLE, [ALICE, BOB]), [ALICE]);
});

test('somebody who is not in the server is refused', async (t) => {
  const { chat } = await openFixture(t);
  assert.match((await chat.directory?.whyRefused('123456789012345678')) ?? '', /does not know you/);
  assert.equal(await chat.directory?.whyRefused(BOB), null);
});

test('a bot is refused', async (t) => {
  const { chat, fake } = await openFixture(t);
  fake.addUser('223456789012345678', { bot: true });
  assert.match((await chat.directory?.whyRefused('223456789012345678')) ?? '', /bots/);
});

test('a role that was taken away counts no longer after a minute', async (t) => {
  const { chat, fake } = await openFixture(t);
  assert.deepEqual(await chat.directory?.among(ROLE, [ALICE]), [ALICE]);
  fake.addUser(ALICE, { roles: [] });
  fake.advance(61_000);
  assert.deepEqual(await chat.directory?.among(ROLE, [ALICE]), []);
});

test('when Discord does not answer nobody has a role', async (t) => {
  const { chat, fake } = await openFixture(t);
  fake.fault({ path: '/members/', status: 500, times: 20 });
  await assert.rejects(async () => chat.directory?.among(ROLE, [ALICE]), { name: 'OpsError' });
});
