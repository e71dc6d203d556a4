/**
 * The calls of one connection: who waits for a place, who waits for an answer, and how each ends. Every call ends:
 * by its answer, its time limit, its signal, or the end of the connection.
 *
 * At most `PLACES` calls are under way. libvirtd reads five calls of a client at a time (max_client_requests) and
 * leaves the next unread, keepalives too; four leave room for those. A call that was given up keeps its place until
 * the daemon answers, because the daemon still works on it.
 */
import { OpsError } from '../errors.ts';
import { readRefusal } from './error-codes.ts';
import { MessageStatus, setSerial } from './framing.ts';
import type { Reader } from './xdr.ts';

const PLACES = 4;

export interface CallOptions {
  /** For error messages: `starting web-01`. Default: the procedure's name. */
  doing?: string;
  /** From now to the answer, waiting for a place included. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

interface Call {
  doing: string;
  state: 'waiting' | 'sent' | 'given-up' | 'ended';
  message: Buffer;
  onSent(serial: number): void;
  resolve(payload: Reader): void;
  reject(error: OpsError): void;
}

export interface CallTable {
  /** Sends as soon as there is a place; gives the payload of the answer. `onSent` hears of the serial number. */
  submit(doing: string, message: Buffer, options: CallOptions, onSent?: (serial: number) => void): Promise<Reader>;
  /** Takes an answer. False: nobody asked. */
  answer(serial: number, status: number, payload: Reader): boolean;
  /** Ends every call; later ones end at once. */
  endAll(reason: string): void;
}

export function createCallTable(send: (message: Buffer) => void, defaultTimeoutMs: number): CallTable {
  const waiting: Call[] = [];
  const sent = new Map<number, Call>();
  let lastSerial = 0;
  let ended: string | null = null;

  function sendNext(): void {
    while (sent.size < PLACES) {
      const call = waiting.shift();
      if (!call) return;
      lastSerial = (lastSerial + 1) % 2 ** 32;
      sent.set(lastSerial, call);
      call.state = 'sent';
      call.onSent(lastSerial);
      send(setSerial(call.message, lastSerial));
    }
  }

  function giveUp(call: Call, code: 'timed-out' | 'cancelled', why: string): void {
    if (call.state === 'waiting') {
      waiting.splice(waiting.indexOf(call), 1);
      call.state = 'ended';
      const blockers = `${sent.size} earlier calls have no answer; it was not sent and changed nothing`;
      call.reject(new OpsError(code === 'cancelled' ? code : 'unreachable', `${call.doing}: ${why}, ${blockers}`));
    } else if (call.state === 'sent') {
      call.state = 'given-up';
      call.reject(new OpsError(code, `${call.doing}: ${why}; the effect may still happen`));
    }
  }

  return {
    submit(doing, message, { timeoutMs = defaultTimeoutMs, signal }, onSent = () => {}) {
      if (ended !== null) return Promise.reject(new OpsError('unreachable', `${doing}: not sent, ${ended}`));
      if (signal?.aborted) return Promise.reject(new OpsError('cancelled', `${doing}: cancelled before it was sent`));
      const { promise, resolve, reject } = Promise.withResolvers<Reader>();
      const call: Call = { doing, state: 'waiting', message, onSent, resolve, reject };
      const timer = setTimeout(() => giveUp(call, 'timed-out', `no answer within ${timeoutMs} ms`), timeoutMs);
      const abort = () => giveUp(call, 'cancelled', 'cancelled');
      signal?.addEventListener('abort', abort);
      waiting.push(call);
      sendNext();
      return promise.finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      });
    },

    answer(serial, status, payload) {
      const call = sent.get(serial);
      if (!call) return false;
      sent.delete(serial);
      if (call.state === 'sent') settle(call, status, payload);
      call.state = 'ended';
      sendNext();
      return true;
    },

    endAll(reason) {
      if (ended !== null) return;
      ended = reason;
      for (const call of waiting.splice(0)) {
        call.state = 'ended';
        call.reject(new OpsError('unreachable', `${call.doing}: not sent, ${reason}`));
      }
      for (const call of sent.values()) {
        if (call.state !== 'sent') continue;
        call.state = 'ended';
        call.reject(new OpsError('connection-lost', `${call.doing}: ${reason}; the effect may have happened`));
      }
      sent.clear();
    },
  };
}

function settle(call: Call, status: number, payload: Reader): void {
  if (status === MessageStatus.ok) call.resolve(payload);
  else call.reject(readRefusal(call.doing, payload));
}
