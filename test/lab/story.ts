/**
 * The main job, told while it happens: one person asks for a VM, another approves the very plan, libvirt boots it, its
 * own serial port says so, the audit tools tell the same story. Throws at the first link that does not hold.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Card } from '../../bot/chat/card.ts';
import { cardToText } from '../../bot/chat/text.ts';
import { auditTools } from './audit-tools.ts';
import type { Lab } from './lab.ts';
import type { Site } from './site.ts';
import { visit } from './visitor.ts';

const VM = 'web-01';

export async function playStory({ lab, site, url }: { lab: Lab; site: Site; url: string }): Promise<void> {
  const alice = await visit(url, 'alice');
  const bob = await visit(url, 'bob');
  try {
    tell(`alice, in #ops: vm create ${VM} --env prod`);
    await alice.say(`vm create ${VM} --env prod`);
    const plan = await bob.until('the plan', (card) => card.tone === 'waiting' && card.title.includes(VM));
    const card = cardOf(plan);
    show('The plan, as bob sees it', card);
    const request = card.operation?.request ?? 0;

    tell('alice presses Approve on her own request');
    await alice.press(plan, 'approve');
    await waitFor('her refusal', () => alice.whispers.length > 0);
    show('Only alice sees', alice.whispers[0] ?? card);

    tell('bob approves');
    await bob.press(plan, 'approve');
    const done = await alice.until('the end', (seen) => isEnd(seen, request), 180_000);
    show('The thread’s last words', cardOf(done));
    assert.equal(cardOf(done).tone, 'good', 'the request ended well');

    await checkGuest(lab);
    await checkAudit(site, request);
  } finally {
    alice.leave();
    bob.leave();
  }
}

async function checkGuest(lab: Lab): Promise<void> {
  const { stdout: state } = await execa('virsh', ['-c', lab.uri, 'domstate', VM]);
  assert.equal(state.trim(), 'running', 'virsh agrees that it runs');
  const { stdout: xml } = await execa('virsh', ['-c', lab.uri, 'dumpxml', VM]);
  const log = /<log file='([^']+)'/.exec(xml)?.[1];
  assert.ok(log !== undefined, 'the domain has a serial log');
  const said = (await readFile(log, 'utf8')).split('\n').find((line) => line.includes(`${lab.marker}`));
  assert.ok(said?.includes(`hostname=${VM}`), `the guest says READY under its own name; it said: ${said}`);
  tell(`virsh domstate ${VM}: ${state.trim()}. The guest's own serial port: ${said?.trim()}`);
}

async function checkAudit(site: Site, request: number): Promise<void> {
  const { ausearch } = await auditTools();
  const directory = join(site.stateDir, 'audit');
  const { stdout } = await execa(ausearch, ['-if', directory, '--session', String(request), '--format', 'text'], {
    env: { TZ: 'UTC' },
    stdin: 'ignore',
  });
  tell(`ausearch --session ${request} --format text`);
  console.log(stdout);
  for (const [person, deed] of [
    ['alice', 'ran-command'],
    ['bob', 'was-authorized'],
    ['alice', 'created-vm-image'],
    ['alice', 'issued-vm-control start'],
  ] as const) {
    assert.match(stdout, new RegExp(`${person}.*${deed}`), `the audit tools tell that ${person} ${deed}`);
  }
  const key = await site.run('audit', 'key', '--json');
  const { pin } = JSON.parse(key.output);
  const verified = await site.run('audit', 'verify', '--pin', pin);
  tell('drover audit verify');
  console.log(verified.output.trim());
  assert.equal(verified.exit, 0, 'the log is intact');
}

function isEnd({ title, tone }: Card, request: number): boolean {
  return (
    title.startsWith(`#${request} `) && / (succeeded|failed|unknown|cancelled): /.test(title) && tone !== 'waiting'
  );
}

function cardOf({ content }: { content: { kind: string; card?: Card } }): Card {
  if (content.card === undefined) throw new Error('a line, where a card was expected');
  return content.card;
}

async function waitFor(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited 10 s for ${what}`);
}

function tell(text: string): void {
  console.log(`\n▸ ${text}`);
}

function show(title: string, card: Card): void {
  console.log(`\n— ${title} —\n${cardToText(card, { width: 110 })}`);
}
