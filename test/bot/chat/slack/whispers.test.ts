/** What one person alone is told finds him, also where the bot is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cards } from '../cards.ts';
import { connect, inChannel, slackUser, until } from './fixture.ts';

test('a whisper is seen by its addressee only', async (t) => {
  const { fake, chat } = await connect(t);
  await chat.whisper(inChannel('C1'), slackUser('UALICE'), cards.refused);
  assert.equal(fake.ephemerals('UALICE').length, 1);
  assert.deepEqual(fake.ephemerals('UBOB'), []);
  assert.deepEqual(fake.messages('C1'), []);
});

test('who asks in a channel without the bot is told how to invite it', async (t) => {
  const { fake, chat } = await connect(t, {
    receive: async ({ place }, chat) => void chat.post(place, 'a', cards.received).catch(() => undefined),
  });
  fake.addChannel('C9', ['UALICE'], { bot: false });
  await fake.user('UALICE').slash('C9', '/vm list');
  await until(() => fake.ephemerals('UALICE').some(({ via }) => via === 'response_url'));
  assert.ok(fake.ephemerals('UALICE').some(({ text }) => text.includes('Invite me')));
  await assert.rejects(chat.post(inChannel('C9'), 'b', cards.received), {
    code: 'denied',
    message: /not_in_channel.*invite the bot/,
  });
});

test('a whisper in a channel without the bot goes by the address of the command, later directly', async (t) => {
  const { fake, chat } = await connect(t);
  fake.addChannel('C9', ['UALICE'], { bot: false });
  await fake.user('UALICE').slash('C9', '/vm list');
  for (let at = 0; at < 6; at += 1) await chat.whisper(inChannel('C9'), slackUser('UALICE'), cards.refused);
  assert.equal(fake.ephemerals('UALICE').filter(({ via }) => via === 'response_url').length, 4);
  assert.equal(fake.messages('DALICE').length, 2);
});

test('a window that Slack opens too late is said, not waited for', async (t) => {
  const { fake, chat } = await connect(t);
  await chat.post(inChannel('C1'), 'a', cards.waiting);
  fake.fault({ method: 'views.open', error: 'expired_trigger_id' });
  const [message] = fake.messages('C1');
  assert.ok(message);
  await fake.user('UBOB').press(message, 'drover:press:reject:1');
  await until(() => fake.ephemerals('UBOB').length === 1);
  assert.match(fake.ephemerals('UBOB')[0]?.text ?? '', /Press the button again/);
});
