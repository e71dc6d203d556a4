/**
 * A private libvirtd for tests and the demonstration: session mode, own directory, own sockets, no daemon of the
 * machine touched. Any number at once. Needs no root; as root it drops to `nobody`. Domains must be `type='qemu'`.
 *
 * It ends with `stop()` and at the latest with the process that started it, guests included.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { type Base, makeBase } from './base.ts';
import { keepCapabilities, warmCapabilities } from './capability-cache.ts';
import { startWarden } from './warden.ts';

export interface Libvirtd {
  /** The QEMU driver, as a connection URI with the socket in it. */
  readonly uri: string;
  /** libvirt's test driver in the same daemon: no QEMU, one running domain called `test`. */
  readonly testUri: string;
  readonly socket: string;
  readonly dir: string;
  /** Directory of the storage pool `default`. */
  readonly poolDir: string;
  /** Where domains may log their serial ports; QEMU writes there and the caller reads. */
  readonly serialDir: string;
  /** Of the daemon that runs now: another one after `restart`. */
  readonly pid: number;
  /** Ends the daemon by `signal` (SIGTERM, SIGINT or SIGKILL) and starts it again; guests go on running. */
  restart(signal: NodeJS.Signals): Promise<void>;
  /** Ends guests and daemon and removes the directory. Calling it again does nothing. */
  stop(): Promise<void>;
}

/** A loaded machine may take seconds; a start takes about 0.2 s otherwise. */
const START_LIMIT_MS = 30_000;

export async function startLibvirtd(): Promise<Libvirtd> {
  const base = await makeBase();
  const warden = startWarden(base.dir);
  try {
    await warmCapabilities(base.cacheDir);
    let daemon = await launch(base);
    const uri = `qemu+unix:///session?socket=${base.socket}`;
    await startPool(uri, base.poolDir);
    await execa('virsh', ['-c', uri, 'capabilities']); // probes QEMU now, not inside the first test
    await keepCapabilities(base.cacheDir);
    return {
      uri,
      testUri: `test+unix:///default?socket=${base.socket}`,
      socket: base.socket,
      dir: base.dir,
      poolDir: base.poolDir,
      serialDir: base.serialDir,
      get pid() {
        return daemon.pid;
      },
      restart: async (signal) => {
        await daemon.end(signal);
        daemon = await launch(base);
      },
      stop: () => warden.clearAway(),
    };
  } catch (error) {
    await warden.clearAway();
    throw error;
  }
}

interface Daemon {
  pid: number;
  end(signal: NodeJS.Signals): Promise<void>;
}

async function launch(base: Base): Promise<Daemon> {
  const child = spawn('bash', [join(import.meta.dirname, 'libvirtd.sh'), base.dir], {
    detached: true,
    stdio: 'ignore',
  });
  const gone = once(child, 'exit');
  child.unref();
  const { pid } = child;
  if (pid === undefined) throw new Error('starting libvirtd: no process');
  writeFileSync(join(base.dir, 'run/launched.pid'), `${pid}`); // for the warden, until libvirtd writes its own
  await waitForSocket(child, base);
  return {
    pid,
    end: async (signal) => {
      child.ref();
      child.kill(signal);
      await gone;
    },
  };
}

async function waitForSocket(child: ChildProcess, base: Base): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await accepts(base.socket))) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
      const log = await readFile(join(base.dir, 'libvirtd.log'), 'utf8').catch(() => 'no log');
      throw new Error(`starting libvirtd: not listening (exit ${child.exitCode}): ${log.slice(-2000)}`);
    }
    await delay(20);
  }
}

async function accepts(socket: string): Promise<boolean> {
  const connection = connect(socket);
  const answer = await Promise.race([
    once(connection, 'connect').then(() => true),
    once(connection, 'close').then(() => false),
  ]).catch(() => false);
  connection.destroy();
  return answer;
}

async function startPool(uri: string, target: string): Promise<void> {
  const virsh = (...args: string[]) => execa('virsh', ['-c', uri, ...args]);
  await virsh('pool-define-as', 'default', 'dir', '--target', target);
  await virsh('pool-autostart', 'default');
  await virsh('pool-start', 'default');
}
