/** Platforms look for an earlier copy of an answer only when there may be one: each look costs a call that is rationed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatPlatform, Inbound } from '../../bot/chat/card.ts';
import { createInbox } from '../../bot/inbox.ts';
import { pause } from '../journeys/stage.ts';
import { openWorld, type World } from '../journeys/world.ts';

const ask: Inbound = {
  kind: 'line',
  eventId: 'e1',
  from: { platform: 'web', id: 'alice' },
  place: { platform: 'web', channel: 'ops', thread: null },
  message: null,
  address: null,
  text: 'vm show dev-01',
};

/** A platform that notes for each post whether it was the first try. */
function listenTo({ drover }: World): [key: string, isFirst: boolean][] {
  const posts: [string, boolean][] = [];
  const platform: ChatPlatform = {
    name: 'web',
    post: async (_place, key) => {
      posts.push([key, drover.isFirstTry(key)]);
      return 'm1';
    },
    edit: async () => {},
    whisper: async () => {},
    close: async () => {},
  };
  drover.addPlatform(platform);
  return posts;
}

async function untilPosted(posts: unknown[]): Promise<void> {
  for (let waited = 0; posts.length === 0 && waited < 10_000; waited += 10) await pause(10);
}

test('an answer to what just came in can have no earlier copy', async (t) => {
  const world = await openWorld(t);
  const posts = listenTo(world);
  await world.drover.begin();
  const { handled } = await world.drover.desk.take(ask);
  await handled;
  assert.deepEqual(posts, [['1/answer', true]]);
  assert.equal(world.drover.isFirstTry('1/answer'), false);
});

test('an answer to what a former process left may have been posted by it', async (t) => {
  const world = await openWorld(t);
  const posts = listenTo(world);
  await createInbox(world.drover.store).admit(ask);
  await world.drover.begin();
  await untilPosted(posts);
  assert.deepEqual(posts, [['1/answer', false]]);
});
