/**
 * Where a libvirt URI leads: a unix socket of this machine, and the name that the daemon knows the driver by.
 * Source: https://libvirt.org/uri.html and https://libvirt.org/remote.html#unix-socket
 */
import { connect, type Socket } from 'node:net';
import { OpsError } from '../errors.ts';

export interface Target {
  /** As the person wrote it. */
  uri: string;
  /** What connectOpen is told, such as `qemu:///system`. */
  driver: string;
  /** Socket paths to try, in this order. */
  sockets: string[];
}

/** `qemu:///system`, `qemu+unix:///session?socket=/path`, `test+unix:///default?socket=/path`. */
export function parseUri(uri: string, runtimeDir = `/run/user/${process.getuid?.() ?? 0}`): Target {
  const match = /^([a-z]+)(?:\+([a-z0-9]+))?:\/\/([^/?#]*)(\/[^?#]*)(?:\?([^#]*))?$/.exec(uri);
  const [, driver = '', transport = 'unix', host = '', path = '', query = ''] = match ?? [];
  if (!match) throw new OpsError('unsupported', `reading the libvirt URI ${uri}: not understood; write qemu:///system`);
  if (transport !== 'unix' || host !== '') {
    throw new OpsError('unsupported', `reading the libvirt URI ${uri}: Drover reaches local unix sockets only`);
  }
  const socket = new URLSearchParams(query).get('socket');
  return {
    uri,
    driver: `${driver}://${path}`,
    sockets: socket === null ? defaultSockets(driver, path, runtimeDir) : [socket],
  };
}

/** The driver's own daemon first, then the one daemon for all of libvirt's older layout. */
function defaultSockets(driver: string, path: string, runtimeDir: string): string[] {
  const dir = path === '/session' ? `${runtimeDir}/libvirt` : '/run/libvirt';
  return [`${dir}/virt${driver}d-sock`, `${dir}/libvirt-sock`];
}

const causes: Record<string, string> = {
  ENOENT: 'there is no such socket; is libvirtd running?',
  ECONNREFUSED: 'nobody listens there; is libvirtd running?',
  EACCES: 'no permission; add the account to the group libvirt',
  EAGAIN: 'the daemon does not take connections',
};

/** Throws `OpsError` 'unreachable', or 'denied' when the socket may not be used. */
export async function openSocket(target: Target, timeoutMs: number): Promise<Socket> {
  let last = new OpsError('unreachable', `connecting to ${target.uri}: no socket to try`);
  for (const path of target.sockets) {
    try {
      return await connectTo(path, timeoutMs);
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      last = error;
    }
  }
  throw last;
}

function connectTo(path: string, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const giveUp = (code: 'unreachable' | 'denied', why: string) => {
      socket.destroy();
      reject(new OpsError(code, `connecting to ${path}: ${why}`));
    };
    const timer = setTimeout(() => giveUp('unreachable', `no answer within ${timeoutMs} ms`), timeoutMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const why = causes[error.code ?? ''] ?? error.message;
      giveUp(error.code === 'EACCES' ? 'denied' : 'unreachable', why);
    });
  });
}
