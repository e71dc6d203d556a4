/** Without a record there is no effect: the audit folder is read-only, gone or full. Looking goes on, and so does work once it is mended. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AuditUnavailable } from '../../audit/record.ts';
import { verifyLog } from '../../audit/verify.ts';
import { createFakeHost } from '../fakes/host.ts';
import { type Person, pause, type Stage } from './stage.ts';
import { webStage } from './stage-web.ts';
import { furnished, type WorldOptions } from './world.ts';

const NOT_ROOT = process.getuid?.() === 0 ? false : 'needs root to mount a file system';

const NO_EXT4 =
  NOT_ROOT || (existsSync('/sys/fs/ext4') && existsSync('/dev/loop-control') ? false : 'needs ext4 and loop devices');

/** The log is judged afresh once a second. */
const NOTICED_MS = 1000;

interface Disk {
  options: WorldOptions;
  audit(): string;
}

/** The audit folder is a file system of its own, mounted with these options. */
function diskOf(t: TestContext, mount: (audit: string) => string[]): Disk {
  let audit = '';
  return {
    audit: () => audit,
    options: {
      prepare(stateDir) {
        audit = join(stateDir, 'audit');
        mkdirSync(audit);
        execFileSync('mount', [...mount(audit), audit]);
        t.after(() => void execFileSync('umount', ['-l', audit]));
      },
    },
  };
}

const smallDisk = (t: TestContext) => diskOf(t, () => ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs']);

/** An ext4 that turns read-only by itself once it is broken, as after an error of its disk. */
function fragileDisk(t: TestContext): Disk & { breakDown(): void } {
  const disk = diskOf(t, (audit) => {
    const image = `${audit}.image`;
    writeFileSync(image, Buffer.alloc(8 * 1024 * 1024));
    execFileSync('mkfs.ext4', ['-q', image]);
    return ['-o', 'loop,errors=remount-ro', image];
  });
  return {
    ...disk,
    breakDown() {
      const device = execFileSync('findmnt', ['-n', '-o', 'SOURCE', disk.audit()], { encoding: 'utf8' }).trim();
      writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, '1');
    },
  };
}

function fillUp(directory: string): void {
  for (const size of [16_384, 4096, 1]) {
    try {
      for (let n = 0; ; n += 1) writeFileSync(join(directory, `fill-${size}-${n}`), Buffer.alloc(size));
    } catch (error) {
      assert.match(String(error), /ENOSPC/);
    }
  }
}

/** Changing is refused with the reason, deciding does not count, looking goes on. */
async function isShut(stage: Stage, alice: Person, why: RegExp): Promise<void> {
  const bob = await stage.person('bob');
  const plan = await bob.plan('vm stop prod-01');
  await pause(NOTICED_MS);
  const effects = stage.host.effects.length;
  await alice.say('vm stop dev-01');
  assert.match(await alice.untilTold(/the audit log cannot be written/), why);
  await bob.press(plan, 'approve');
  await bob.untilTold(/the audit log cannot be written, so the vote does not count/);
  await alice.say('vm show dev-01');
  await alice.until('dev-01', ({ text }) => text.includes('dev-01 is running'));
  assert.equal(stage.host.effects.length, effects, 'nothing was done');
  assert.equal((await stage.operation(plan.request ?? 0)).votes.length, 0);
}

async function isOpenAgain(stage: Stage, alice: Person): Promise<void> {
  while ((await stage.drover.audit.status()).kind !== 'writing') await pause(100);
  const effects = stage.host.effects.length;
  await alice.say('vm reboot dev-01');
  await alice.until('the end', ({ text }) => /succeeded: .*dev-01/.test(text));
  assert.equal(stage.host.effects.length, effects + 1);
}

async function begin(t: TestContext, options: WorldOptions): Promise<{ stage: Stage; alice: Person }> {
  const stage = await webStage(t, options);
  const alice = await stage.person('alice');
  await alice.say('vm stop prod-01');
  await alice.plan('vm stop prod-01');
  return { stage, alice };
}

test('a read-only audit folder shuts what changes', { skip: NO_EXT4 }, async (t) => {
  const disk = fragileDisk(t);
  const { stage, alice } = await begin(t, disk.options);
  disk.breakDown();
  await isShut(stage, alice, /EROFS|EIO/);
});

test('a full audit folder shuts what changes, and Drover goes on when there is room', { skip: NOT_ROOT }, async (t) => {
  const disk = smallDisk(t);
  const { stage, alice } = await begin(t, disk.options);
  fillUp(disk.audit());
  await exhaust(stage);
  await isShut(stage, alice, /ENOSPC/);
  execFileSync('mount', ['-o', 'remount,size=4m', disk.audit()]);
  await isOpenAgain(stage, alice);
  const verdict = await verifyLog({ directory: disk.audit(), pin: null, anchors: [], notBefore: null });
  assert.equal(verdict.kind, 'intact');
});

test('an audit folder that was moved away shuts what changes, and Drover goes on when it is back', async (t) => {
  const { stage, alice } = await begin(t, {});
  const audit = join(stage.stateDir, 'audit');
  renameSync(audit, `${audit}.away`);
  await isShut(stage, alice, /./);
  renameSync(`${audit}.away`, audit);
  await isOpenAgain(stage, alice);
});

test('an audit folder that was deleted shuts what changes for good, and looking goes on', async (t) => {
  const { stage, alice } = await begin(t, {});
  rmSync(join(stage.stateDir, 'audit'), { recursive: true });
  await isShut(stage, alice, /./);
  assert.equal(existsSync(join(stage.stateDir, 'audit', 'audit.log')), false);
});

test('a log that fails in the middle of a request stops it before the next step, and a person decides on', {
  skip: NO_EXT4,
}, async (t) => {
  const disk = fragileDisk(t);
  const breakDown = ({ method }: { method: string }) => (method === 'createVolume' ? disk.breakDown() : undefined);
  const host = furnished(createFakeHost({ onEffect: breakDown }));
  const { alice } = await begin(t, { ...disk.options, host });
  await alice.say('vm create new-01 --env dev');
  await alice.until('the stop', ({ text }) => /#\d+ unknown: stopped before the next step.*audit log/.test(text));
  assert.deepEqual(
    host.effects.map(({ method }) => method),
    ['createVolume'],
  );
});

test('in the first second after the log failed nothing is done without a record either', {
  skip: NO_EXT4,
}, async (t) => {
  const disk = fragileDisk(t);
  const { stage, alice } = await begin(t, disk.options);
  assert.equal((await stage.drover.audit.status()).kind, 'writing');
  disk.breakDown();
  await alice.say('vm stop dev-01');
  await untilSaid(alice, /audit log cannot be written/);
  assert.deepEqual(stage.host.effects, []);
});

async function untilSaid(person: Person, what: RegExp): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1, await pause()) {
    const words = [...(await person.told()), ...(await person.sees()).map(({ text }) => text)];
    if (words.some((text) => what.test(text))) return;
  }
  assert.fail(`nothing of ${what} was said`);
}

/** Uses up what a file system that is called full still has: the rest of a page. */
async function exhaust(stage: Stage): Promise<void> {
  const actor = { auid: 4294967295, name: 'unset' };
  const common = { actor, account: null, request: null, address: null, terminal: 'drover', result: 'success' } as const;
  for (let n = 0; n < 1000; n += 1) {
    try {
      await stage.drover.audit.append({ ...common, type: 'USYS_CONFIG', fields: [['op', 'test-fill']] });
    } catch (error) {
      assert.ok(error instanceof AuditUnavailable);
      return;
    }
  }
  assert.fail('the log never filled up');
}
