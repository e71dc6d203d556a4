/** The attacks that matter most, against the program as it is installed and a real libvirtd: virsh is the witness. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { execa } from 'execa';
import type { Card } from '../../../bot/chat/card.ts';
import { cardToText } from '../../../bot/chat/text.ts';
import { type Lab, startLab } from '../../lab/lab.ts';
import { endProgram, makeSite, type Site } from '../../lab/site.ts';
import { type Message, type Visitor, visit } from '../../lab/visitor.ts';
import { pause } from '../stage.ts';
import { auditLines } from '../world.ts';

let lab: Lab;
let site: Site;
let end: () => Promise<unknown>;
let alice: Visitor;
let bob: Visitor;
let dave: Visitor;

before(async () => {
  lab = await startLab();
  for (const name of ['self-01', 'other-01', 'both-01', 'dumb-01'])
    await define(name, name === 'dumb-01' ? 'dev' : 'prod');
  site = await makeSite(lab);
  const { url, child } = await site.start();
  end = () => endProgram(child);
  [alice, bob, dave] = await Promise.all([visit(url, 'alice'), visit(url, 'bob'), visit(url, 'dave')]);
});
after(async () => {
  for (const visitor of [alice, bob, dave]) visitor?.leave();
  await end?.();
  await site?.remove();
  await lab?.stop();
});

const virsh = async (...words: string[]) => (await execa('virsh', ['-c', lab.uri, ...words])).stdout.trim();

/** A domain without a disk: enough to be switched on and off. */
async function define(name: string, env: string): Promise<void> {
  const file = join(lab.poolDir, `${name}.xml`);
  const tag = `<drover:tag name="env" value="${env}"/>`;
  writeFileSync(
    file,
    `<domain type='qemu'><name>${name}</name><uuid>${randomUUID()}</uuid><memory unit='MiB'>64</memory>
<metadata><drover:vm xmlns:drover="urn:drover:vm:1" owner="team-a">${tag}</drover:vm></metadata>
<os><type arch='x86_64' machine='q35'>hvm</type></os></domain>`,
  );
  await virsh('define', file);
}

function planOf(person: Visitor, line: string): Promise<Message> {
  return person.until(`the plan of ${line}`, ({ title, tone }) => tone === 'waiting' && title.includes(line));
}

async function told(person: Visitor, what: RegExp): Promise<Card> {
  for (let tries = 0; tries < 400; tries += 1, await pause(50)) {
    const found = person.whispers.findLast((card) => what.test(cardToText(card, { width: 1000 })));
    if (found !== undefined) return found;
  }
  throw new Error(`nobody said ${what}; there was ${person.whispers.map(({ title }) => title).join(' | ')}`);
}

test('a VM is not started by the approval of the one who asked', async () => {
  await alice.say('vm start self-01');
  const plan = await planOf(alice, 'vm start self-01');
  await alice.press(plan, 'approve');
  await told(alice, /you asked for #\d+ yourself/);
  assert.equal(await virsh('domstate', 'self-01'), 'shut off');
  assert.deepEqual(bob.whispers, []);
});

test('a VM that was exchanged for another of its name is not the one that was approved', async () => {
  await alice.say('vm start other-01');
  const plan = await planOf(bob, 'vm start other-01');
  await virsh('undefine', 'other-01');
  await define('other-01', 'prod');
  await bob.press(plan, 'approve');
  await bob.until('the void', (card) => /void: .*uuid/i.test(cardToText(card, { width: 1000 })));
  assert.equal(await virsh('domstate', 'other-01'), 'shut off');
});

test('two approvals at once start it once', async () => {
  await alice.say('vm start both-01');
  const plan = await planOf(bob, 'vm start both-01');
  await planOf(dave, 'vm start both-01');
  await Promise.all([bob.press(plan, 'approve'), dave.press(plan, 'approve')]);
  await alice.until('the end', ({ title }) => /succeeded: both-01/.test(title));
  assert.equal(await virsh('domstate', 'both-01'), 'running');
  const intents = auditLines(join(site.stateDir, 'audit')).filter(
    (line) => /op=exec/.test(line) && /both-01/.test(line),
  );
  assert.equal(intents.length, 1);
});

test('nothing is started while the audit folder is away, and all is well when it is back', async () => {
  const audit = join(site.stateDir, 'audit');
  renameSync(audit, `${audit}.away`);
  await pause(1000);
  await alice.say('vm start dumb-01');
  await told(alice, /the audit log cannot be written/);
  assert.equal(await virsh('domstate', 'dumb-01'), 'shut off');
  await alice.say('vm show dumb-01');
  await alice.until('reading goes on', ({ title }) => title === 'dumb-01 is shutoff');
  renameSync(`${audit}.away`, audit);
  await pause(1100);
  await alice.say('vm start dumb-01');
  await alice.until('the end', ({ title }) => /succeeded: dumb-01/.test(title));
  assert.equal(await virsh('domstate', 'dumb-01'), 'running');
});
