/**
 * The main story in two browsers on a real host: alice asks, bob reads the plan and approves, the guest boots. Pictures
 * of what they saw stay in a temporary folder, whose name is told, when DROVER_PICTURES is set.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openContext, openTab, say, startBrowser } from '../../bot/chat/web/browser.ts';
import { type Lab, startLab } from '../../lab/lab.ts';
import { endProgram, makeSite, type Site } from '../../lab/site.ts';

/** A guest under emulation on a busy machine. */
const BOOT_MS = 180_000;
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
const WIDE = { viewport: { width: 1280, height: 900 } };

let lab: Lab;
let site: Site;
let url: string;
let browser: Browser;
let end: () => Promise<unknown>;
const pictures = mkdtempSync(join(tmpdir(), 'drover-pictures-'));

before(async () => {
  lab = await startLab();
  site = await makeSite(lab);
  const started = await site.start();
  url = started.url;
  end = () => endProgram(started.child);
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await end?.();
  await site?.remove();
  await lab?.stop();
  if (process.env.DROVER_PICTURES === undefined) rmSync(pictures, { recursive: true });
  else console.log(`pictures: ${pictures}`);
});

const picture = (page: Page, name: string) => page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });

test('alice asks, bob approves the plan that he reads, and the guest boots', { timeout: 2 * BOOT_MS }, async () => {
  const alice = await openTab(await openContext(browser, WIDE), url, 'alice');
  const bob = await openTab(await openContext(browser, WIDE), url, 'bob');
  const phone = await openTab(await openContext(browser, PHONE), url, 'dave');

  await say(alice.page, 'vm create web-01 --env prod --memory 256MiB --ttl 30d');
  const approve = bob.page.getByRole('button', { name: 'Approve' });
  await approve.waitFor();
  for (const told of ['Waits for 1 more of approvers', '40 MiB on tiny.qcow2', 'env=prod', '256 MiB', '30 d']) {
    await bob.page.getByText(told).first().waitFor();
  }
  assert.doesNotMatch((await bob.page.locator('main').textContent()) ?? '', /capacityBytes|\{"|null/);
  await picture(bob.page, '1-plan-wide');
  await phone.page.getByRole('button', { name: 'Approve' }).waitFor();
  await picture(phone.page, '1-plan-phone');

  await alice.page.getByRole('button', { name: 'Approve' }).click();
  await alice.page.getByRole('heading', { name: /you asked for #\d+ yourself/ }).waitFor();
  await picture(alice.page, '2-self-approval-wide');

  await approve.click();
  await alice.page.getByText('creating the disk of web-01').first().waitFor();
  await picture(alice.page, '3-running-wide');
  await alice.page.getByRole('heading', { name: /#\d+ succeeded: web-01 is running/ }).waitFor({ timeout: BOOT_MS });
  await alice.page.getByText('Approved by bob').first().waitFor();
  await picture(alice.page, '4-done-wide');
  await phone.page.getByRole('heading', { name: /#\d+ succeeded: web-01 is running/ }).waitFor();
  await picture(phone.page, '4-done-phone');

  await say(alice.page, 'vm stop web-01');
  await bob.page.getByText('Ask the guest of web-01 to power off').waitFor();
  await bob.page.getByRole('button', { name: 'Reject' }).last().click();
  await bob.page.getByRole('textbox', { name: 'Why' }).fill('not before the release');
  await picture(bob.page, '5-reject-dialog-wide');
  await bob.page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click();
  await alice.page
    .getByText(/rejected by bob: not before the release/)
    .first()
    .waitFor();
  await say(alice.page, 'vm delete web-01 --force --disks');
  await bob.page.getByText('Lost for good').first().waitFor();
  await picture(bob.page, '6-delete-wide');
  await say(alice.page, 'vm sotp web-01');
  await say(alice.page, 'vm kill web-01 --dry-run');
  await say(alice.page, 'vm explain kill web-01');
  await say(alice.page, 'vm list');
  await alice.page.getByRole('heading', { name: 'Explained: vm kill web-01' }).waitFor();
  await alice.page.getByRole('heading', { name: '1 VM', exact: true }).waitFor();
  await picture(alice.page, '7-answers-wide');
  assert.deepEqual([alice.complaints, bob.complaints, phone.complaints], [[], [], []]);
});
