/** Debian's Chromium without a window, for the test file that uses it. */
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** A busy machine is slow; nothing waits this long on an idle one. */
const PATIENCE_MS = 20_000;

/** One browser for a test file. The caller ends it after the file's tests, failed or not. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

export interface Tab {
  page: Page;
  /** What the browser complained of. */
  complaints: string[];
}

export async function openContext(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

/** Opens the chat in a tab of its own and picks who one is. */
export async function openTab(context: BrowserContext, url: string, name: string | RegExp): Promise<Tab> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(url);
  await page.getByRole('button', { name }).click();
  await page.getByRole('textbox', { name: 'Message #ops' }).waitFor();
  return { page, complaints };
}

export async function say(page: Page, text: string): Promise<void> {
  const box = page.getByRole('textbox', { name: 'Message #ops' });
  await box.fill(text);
  await box.press('Enter');
  await page.waitForFunction(() => document.querySelector('#composer textarea:placeholder-shown') !== null);
}
