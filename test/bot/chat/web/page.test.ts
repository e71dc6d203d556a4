import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { ChatPlatform, Inbound } from '../../../../bot/chat/card.ts';
import { cards } from '../cards.ts';
import { openContext, openTab, say, startBrowser } from './browser.ts';
import { OPS, startChat, tempStore } from './chat.ts';
import { auditPage } from './page-audit.ts';

const PERSON = { alice: /^alice$/, bob: /^Bob/, wang: /^王小明/ };

const browser = await startBrowser();
after(() => browser.close());

/** A journey in short: a plan for approval, then progress and the outcome in the same message; `vm stop` is refused. */
function journey(chat: () => ChatPlatform): {
  receive: (inbound: Inbound) => Promise<void>;
  proceed: () => Promise<void>;
} {
  let message = '';
  const stages = [cards.running, cards.succeeded];
  const proceed = async () => chat().edit(OPS, message, stages.shift() ?? cards.succeeded);
  return {
    proceed,
    async receive(inbound) {
      const thread = { ...inbound.place, thread: inbound.place.thread ?? inbound.message };
      if (inbound.kind === 'press' && inbound.verb === 'approve') return proceed();
      if (inbound.kind !== 'line') return;
      if (inbound.text.startsWith('vm stop')) return chat().whisper(thread, inbound.from, cards.refused);
      if (inbound.text.startsWith('vm create')) message = await chat().post(thread, inbound.eventId, cards.waiting);
    },
  };
}

test('one person asks, another approves, and both see one message go from plan to outcome', async (t) => {
  const received: Inbound[] = [];
  const { receive, proceed } = journey(() => chat);
  const { chat, url } = await startChat({
    store: tempStore(t),
    receive: async (inbound) => {
      received.push(inbound);
      await receive(inbound);
    },
  });
  const context = await openContext(browser);
  const [alice, bob] = [await openTab(context, url, PERSON.alice), await openTab(context, url, PERSON.bob)];
  await say(alice.page, 'vm create web-01');
  const card = bob.page.getByRole('article', { name: /Request 12/ });
  await card.getByRole('button', { name: 'Approve' }).click();
  await card.getByText('Approved by bob.').waitFor();
  await card.getByText('running', { exact: true }).waitFor();
  assert.equal(await card.getByRole('button', { name: 'Approve' }).count(), 0);
  await proceed();
  for (const { page } of [alice, bob]) {
    await page.getByRole('heading', { name: 'Request 12: web-01 is running' }).waitFor();
    assert.equal(await page.getByRole('article', { name: /Request 12/ }).count(), 1);
  }
  assert.deepEqual(
    received.map(({ kind, from }) => [kind, from.id]),
    [
      ['line', 'alice'],
      ['press', 'bob'],
    ],
  );
  await say(alice.page, 'vm stop pay-db-01');
  await alice.page.getByText('Only you see this, until').waitFor();
  await alice.page.reload();
  await alice.page.getByText('Only you see this, until').waitFor();
  await bob.page.getByText('vm stop pay-db-01', { exact: true }).waitFor();
  assert.equal(await bob.page.getByText('Not allowed').count(), 0);
  assert.equal(new URL(alice.page.url()).search, '');
  assert.deepEqual([...alice.complaints, ...bob.complaints], []);
  await context.close();
});

test('everything can be done by keyboard, and what must be answered is asked for', async (t) => {
  const started = await startChat({ store: tempStore(t) });
  const context = await openContext(browser);
  const { page } = await openTab(context, started.url, PERSON.bob);
  await started.chat.post(OPS, 'k1', cards.waiting);
  const reject = page.getByRole('button', { name: 'Reject…' });
  await reject.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Reject' });
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(await reject.evaluate((button) => button === document.activeElement), true);
  await page.keyboard.press('Enter');
  await dialog.waitFor();
  await page.keyboard.press('Enter');
  await dialog.getByText('Please write a line here first.').waitFor();
  assert.equal(started.received.length, 0);
  await page.keyboard.type('too big');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
  await page.getByText('Sending').waitFor({ state: 'hidden' });
  const [press] = started.received;
  assert.ok(press?.kind === 'press');
  assert.deepEqual([press.verb, press.input, press.digest], ['reject', 'too big', cards.waiting.operation?.digest]);
  await page.getByRole('button', { name: 'Reply in this thread' }).press('Enter');
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Reply in this thread');
  await page.keyboard.type('why so big?');
  await page.keyboard.press('Enter');
  await page.getByRole('list', { name: 'Thread' }).getByText('why so big?').waitFor();
  assert.equal(started.received[1]?.place.thread, 'ops/0000000001');
  await context.close();
});

test('text is only ever text', async (t) => {
  const started = await startChat({
    store: tempStore(t),
    people: () => [{ id: 'bob', name: '<img src=x onerror=hacked=1>' }],
  });
  const context = await openContext(browser);
  const { page, complaints } = await openTab(context, started.url, /img src=x/);
  await say(page, '<script>hacked=1</script><img src=x onerror=hacked=1>');
  await started.chat.post(OPS, 'k1', cards.hostile);
  await started.chat.whisper(OPS, { platform: 'web', id: 'bob' }, cards.hostile);
  await page.getByText('Only you see this').waitFor();
  await page
    .getByRole('article', { name: /img src=x/ })
    .first()
    .waitFor();
  await page.locator('.card button').first().click();
  await page.getByRole('dialog').waitFor();
  assert.equal(await page.locator('#app :is(img, script, iframe)').count(), 0);
  assert.equal(await page.evaluate(() => Object.hasOwn(globalThis, 'hacked')), false);
  assert.equal((await page.locator('#app').textContent())?.includes('\u202e'), false);
  assert.deepEqual(complaints, []);
  await context.close();
});

for (const [name, options] of Object.entries({
  'a wide light screen': { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  'a wide dark screen': { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  'a phone of 360 px': { viewport: { width: 360, height: 700 }, colorScheme: 'light' },
} as const)) {
  test(`every card is named, readable and fits on ${name}`, async (t) => {
    const started = await startChat({ store: tempStore(t) });
    const context = await openContext(browser, options);
    const { page } = await openTab(context, started.url, PERSON.wang);
    await say(page, `vm create ${'long-name-'.repeat(20)}`);
    for (const [key, card] of Object.entries(cards)) await started.chat.post(OPS, key, card);
    await started.chat.whisper(OPS, { platform: 'web', id: '王' }, cards.refused);
    await page.getByText('Only you see this').waitFor();
    assert.equal(await page.getByRole('article').count(), Object.keys(cards).length + 2);
    assert.deepEqual(await auditPage(page), []);
    await page
      .getByRole('article', { name: /Request 13/ })
      .getByRole('button', { name: 'Approve' })
      .click();
    assert.deepEqual(await auditPage(page), []);
    assert.equal(
      await page
        .locator('.icon-running path')
        .first()
        .evaluate((path) => getComputedStyle(path).animationName),
      'none',
    );
    await context.close();
  });
}

test('the page comes back by itself after a restart, and says so when the address has changed', async (t) => {
  const store = tempStore(t);
  const first = await startChat({ store });
  const context = await openContext(browser);
  const { page } = await openTab(context, first.url, PERSON.alice);
  await say(page, 'before');
  const port = Number(new URL(first.url).port);
  await first.chat.close();
  await page.getByText('Reconnecting…').waitFor();
  const second = await startChat({ store, port });
  await page.getByText('Reconnecting…').waitFor({ state: 'hidden' });
  await second.chat.post(OPS, 'k1', cards.help);
  await page.getByRole('heading', { name: 'What you can ask' }).waitFor();
  await page.getByText('before', { exact: true }).waitFor();
  await say(page, 'after');
  await second.chat.close();
  await startChat({ store, port, token: 'f'.repeat(32) });
  await page.getByText('Open the new address').waitFor();
  await context.close();
});

test('a line that could not be sent stays, and counts once when it is sent again', async (t) => {
  let broken = true;
  const ids: string[] = [];
  const receive = async ({ eventId }: Inbound) => {
    ids.push(eventId);
    if (broken) throw new Error('the inbox is full');
  };
  const { url } = await startChat({ store: tempStore(t), receive, report: () => {} });
  const context = await openContext(browser);
  const { page } = await openTab(context, url, PERSON.alice);
  const box = page.getByRole('textbox', { name: 'Message #ops' });
  await box.fill('vm list');
  await box.press('Enter');
  await page.getByRole('alert').getByText('you may try again').waitFor();
  assert.equal(await box.inputValue(), 'vm list');
  broken = false;
  await box.press('Enter');
  await page.getByRole('alert').waitFor({ state: 'hidden' });
  assert.equal(new Set(ids).size, 1);
  assert.equal(await page.getByText('vm list', { exact: true }).and(page.locator('.line-text')).count(), 1);
  await context.close();
});
