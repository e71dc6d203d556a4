/** What must hold of a VM that was asked for once, whatever happened to Drover meanwhile. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { hostnameOf, nocloudSeed } from '../../actions/seed.ts';
import { volumeNames } from '../../actions/vm/create-plan.ts';
import { fieldOf, type ParsedRecord } from '../../audit/parse.ts';
import { searchLog } from '../../audit/search.ts';
import { verifyLog } from '../../audit/verify.ts';
import type { Operation } from '../../bot/operations/operation.ts';
import { auditTools } from '../lab/audit-tools.ts';
import type { Lab } from '../lab/lab.ts';
import type { StateSeen } from './recovery-state.ts';

export const STEPS = 5;

export function operationOf(seen: StateSeen, vm: string): Operation {
  const all = seen.operations.filter(({ targets }) => targets.includes(vm));
  assert.equal(all.length, 1, `${vm}: one operation`);
  const [operation] = all;
  assert.ok(operation !== undefined);
  return operation;
}

/** Asked once, made once: one domain under the reserved UUID, its two volumes, whole. */
export async function checkWorld(lab: Lab, { uuid, targets: [vm = ''] }: Operation): Promise<void> {
  const { stdout } = await execa('virsh', ['-c', lab.uri, 'list', '--all', '--uuid', '--name']);
  const found = stdout.split('\n').filter((line) => line.includes(uuid) || line.trim().endsWith(` ${vm}`));
  assert.equal(found.length, 1, `${vm}: one domain; ${found.join(', ')}`);
  assert.match(found[0] ?? '', new RegExp(`${uuid}\\s+${vm}$`), `${vm}: under the reserved UUID`);
  const { disk, seed } = volumeNames(vm, uuid);
  const volumes = readdirSync(lab.poolDir).filter((name) => name.startsWith(`${vm}-`) || name === vm);
  assert.deepEqual(volumes.sort(), [disk, seed].sort(), `${vm}: the volumes of the plan and no other`);
  const content = nocloudSeed({ instanceId: uuid, hostname: hostnameOf(vm, uuid) });
  assert.ok(readFileSync(join(lab.poolDir, seed)).equals(content), `${vm}: its seed is whole`);
}

/** One thread on the line that asked, with one main card and one closing message. */
export function checkThread({ messages }: StateSeen, { request, state, targets: [vm] }: Operation): void {
  const about = messages.flatMap(({ content, thread }) =>
    content.kind === 'card' && content.card.operation?.request === request ? [{ card: content.card, thread }] : [],
  );
  assert.equal(new Set(about.map(({ thread }) => thread)).size, 1, `${vm}: one thread`);
  const titles = about.map(({ card }) => card.title);
  assert.equal(titles.length, 2, `${vm}: a main card and a closing message; ${titles.join(' | ')}`);
  assert.ok(
    titles[1]?.startsWith(`#${request} ${state}: `),
    `${vm}: the closing message is last; ${titles.join(' | ')}`,
  );
  assert.deepEqual(
    about[0]?.card.buttons.filter(({ verb }) => verb !== 'undo'),
    [],
    `${vm}: nothing is left to press`,
  );
}

export interface Effects {
  intents: number;
  results: number;
}

/**
 * Each intent has a result that names it, or is explained: the request was resumed after it and the same was begun anew.
 * Each effect is done exactly once, whether that is told once or, after a crash, a second time.
 */
export async function checkAudit(stateDir: string, { request, targets: [vm] }: Operation): Promise<Effects> {
  const directory = join(stateDir, 'audit');
  const records: ParsedRecord[] = [];
  for await (const record of searchLog({ directory, request })) records.push(record);
  const intents = records.filter((record) => record.type === 'USER_CMD' && fieldOf(record, 'op') === 'exec');
  const results = records.filter((record) => record.type.startsWith('VIRT_'));
  for (const intent of intents) {
    const own = results.filter((record) => fieldOf(record, 'ref') === String(intent.serial));
    const cmd = fieldOf(intent, 'cmd');
    const later = records.filter(({ serial }) => serial > intent.serial);
    const resumedAt = later.findIndex((record) => fieldOf(record, 'op') === 'resume');
    const begunAnew = resumedAt >= 0 && later.slice(resumedAt).some((record) => fieldOf(record, 'cmd') === cmd);
    assert.ok(own.length > 0 || begunAnew, `${vm}: the intent ${intent.serial} (${cmd}) has a result, or is explained`);
    const certain = own.filter((record) => fieldOf(record, 'outcome') !== 'unknown');
    assert.ok(new Set(certain.map(({ result }) => result)).size <= 1, `${vm}: of one mind about ${intent.serial}`);
  }
  for (const command of new Set(intents.map((intent) => fieldOf(intent, 'cmd')))) {
    const serials = intents.filter((intent) => fieldOf(intent, 'cmd') === command).map(({ serial }) => String(serial));
    const done = new Set(
      results.filter(({ result }) => result === 'success').map((record) => fieldOf(record, 'ref') ?? ''),
    );
    assert.equal(serials.filter((serial) => done.has(serial)).length, 1, `${vm}: ${command} is done once on record`);
  }
  return { intents: intents.length, results: results.length };
}

export async function checkLog(stateDir: string): Promise<void> {
  const verdict = await verifyLog({ directory: join(stateDir, 'audit'), pin: null, anchors: [], notBefore: null });
  assert.equal(verdict.kind, 'intact', JSON.stringify(verdict));
}

/** Debian's own tool finds the request whole: the line, the parse, the decision, each effect. */
export async function checkAusearch(stateDir: string, { request, targets: [vm] }: Operation): Promise<void> {
  const { ausearch } = await auditTools();
  const found = await execa(
    ausearch,
    ['-if', join(stateDir, 'audit'), '--session', String(request), '--format', 'text'],
    {
      stdin: 'ignore',
    },
  );
  for (const deed of [
    `ran-command vm create ${vm}`,
    'was-authorized',
    `ran-command libvirt create-volume default/${vm}-`,
    `ran-command libvirt define ${vm}`,
    'created-vm-image',
    `issued-vm-control start to ${vm}`,
  ])
    assert.ok(found.stdout.includes(deed), `${vm}: ausearch tells of: ${deed}\n${found.stdout}`);
}

export function checkLoose({ loose }: StateSeen): void {
  assert.deepEqual(loose, { locks: [], open: [], inbox: [], unsynced: [] });
}
