/**
 * One opened connection: greeted, authenticated, the driver opened, events registered where asked for.
 * It lives until the socket ends; `link.ts` makes the next one.
 */
import { OpsError } from '../errors.ts';
import { eventIds, type RpcEvent } from './events.ts';
import type { KeepaliveOptions } from './keepalive.ts';
import { type Rpc, startRpc } from './rpc.ts';
import { openSocket, type Target } from './transport.ts';

export interface ConnectionOptions {
  keepalive: KeepaliveOptions;
  /** Default for every call. */
  callTimeoutMs: number;
  /** From nothing to an opened driver. */
  openTimeoutMs: number;
}

/** libvirt's own keepalive defaults; a start or a destroy may take half a minute on a loaded host. */
export const defaultConnectionOptions: ConnectionOptions = {
  keepalive: { intervalMs: 5_000, count: 5 },
  callTimeoutMs: 60_000,
  openTimeoutMs: 10_000,
};

/** virDrvFeature. Asking for it makes the daemon send keepalives of its own. Source: src/libvirt_internal.h */
const FEATURE_PROGRAM_KEEPALIVE = 10;
/** remote_auth_type */
const Auth = { none: 0, polkit: 2 } as const;

/** With `onEvent`, the connection hears of domain events. Throws `OpsError` 'unreachable', 'denied', 'unsupported'. */
export async function openConnection(
  target: Target,
  options: ConnectionOptions,
  onEvent: ((event: RpcEvent) => void) | null,
): Promise<Rpc> {
  const socket = await openSocket(target, options.openTimeoutMs);
  const rpc = startRpc(socket, { ...options, onEvent: onEvent ?? (() => {}) });
  const deadline = { timeoutMs: options.openTimeoutMs, doing: `opening ${target.uri}` };
  try {
    await authenticate(rpc, deadline);
    await rpc.call('connectOpen', { name: target.driver, flags: 0 }, deadline);
    await rpc.call('connectSupportsFeature', { feature: FEATURE_PROGRAM_KEEPALIVE }, deadline);
    const ids = onEvent === null ? [] : eventIds;
    await Promise.all(
      ids.map((eventId) => rpc.call('connectDomainEventCallbackRegisterAny', { eventId, dom: null }, deadline)),
    );
    return rpc;
  } catch (error) {
    rpc.close();
    throw notOpened(error);
  }
}

async function authenticate(rpc: Rpc, deadline: { timeoutMs: number; doing: string }): Promise<void> {
  const { types } = await rpc.call('authList', {}, deadline);
  if (types.length === 0 || types.includes(Auth.none)) return;
  if (types.includes(Auth.polkit)) await rpc.call('authPolkit', {}, deadline);
  else throw new OpsError('denied', `${deadline.doing}: the daemon wants SASL; set auth_unix_rw = "none" or "polkit"`);
}

/** Whatever a greeting ends with, nothing was changed. */
function notOpened(error: unknown): unknown {
  if (!(error instanceof OpsError)) return error;
  const unclear = error.code === 'timed-out' || error.code === 'connection-lost' || error.code === 'bad-answer';
  return unclear ? new OpsError('unreachable', error.message) : error;
}
