/** The RPC client against a daemon that misbehaves on order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OpsError, type OpsErrorCode } from '../../../actions/errors.ts';
import {
  type ConnectionOptions,
  defaultConnectionOptions,
  openConnection,
} from '../../../actions/libvirt/connection.ts';
import { finishMessage, MessageStatus, REMOTE_PROGRAM, startMessage } from '../../../actions/libvirt/framing.ts';
import { openLink } from '../../../actions/libvirt/link.ts';
import type { Rpc } from '../../../actions/libvirt/rpc.ts';
import { parseUri } from '../../../actions/libvirt/transport.ts';
import { type FakeDaemon, type Peer, sendKeepalive, startFakeDaemon } from './fake-daemon.ts';

type DaemonOptions = Parameters<typeof startFakeDaemon>[0];

async function withDaemon(
  daemonOptions: DaemonOptions,
  run: (rpc: Rpc, daemon: FakeDaemon) => Promise<void>,
  options: Partial<ConnectionOptions> = {},
): Promise<void> {
  const daemon = await startFakeDaemon(daemonOptions);
  try {
    const rpc = await openConnection(daemon.target, { ...defaultConnectionOptions, ...options }, null);
    try {
      await run(rpc, daemon);
    } finally {
      rpc.close();
    }
  } finally {
    await daemon.stop();
  }
}

async function failsWith(code: OpsErrorCode, promise: Promise<unknown>): Promise<OpsError> {
  const error = await promise.then(
    () => assert.fail(`it should have failed with ${code}`),
    (reason: unknown) => reason,
  );
  assert(error instanceof OpsError, `${error}`);
  assert.equal(error.code, code, error.message);
  return error;
}

/** Lets everything that was sent arrive, in both directions. */
async function settle(rpc: Rpc, peers: Peer[], count: number): Promise<void> {
  while (peers.length < count) await new Promise((resolve) => setImmediate(resolve));
  await Promise.race([rpc.ended, new Promise((resolve) => setTimeout(resolve, 20))]);
}

test('at most four calls are under way, and each answer lets the next one go', async () => {
  const peers: Peer[] = [];
  await withDaemon({ onCall: (peer) => peers.push(peer) }, async (rpc) => {
    const calls = Array.from({ length: 10 }, () => rpc.call('connectGetHostname', {}));
    for (let answered = 0; answered < 10; answered++) {
      await settle(rpc, peers, Math.min(answered + 4, 10));
      assert.equal(peers.length, Math.min(answered + 4, 10));
      peers[answered]?.reply('connectGetHostname', { hostname: `host-${answered}` });
      assert.equal((await calls[answered])?.hostname, `host-${answered}`);
    }
  });
});

test('answers in any order reach who asked', async () => {
  const peers: Peer[] = [];
  await withDaemon({ onCall: (peer) => peers.push(peer) }, async (rpc) => {
    const calls = ['a', 'b', 'c', 'd'].map((name) => rpc.call('domainLookupByName', { name }));
    await settle(rpc, peers, 4);
    for (const peer of peers.toReversed()) peer.refuse(42, `no domain for call ${peer.header.serial}`);
    const errors = await Promise.all(calls.map((call) => failsWith('not-found', call)));
    const serials = errors.map(({ message }) => Number(message.split(' ').at(-1)));
    assert.deepEqual(
      serials,
      serials.toSorted((a, b) => a - b),
    );
    assert.deepEqual(errors[0]?.libvirt, { code: 42, domain: 10, level: 2 });
  });
});

test('a call past its limit is timed-out and keeps its place; one that was never sent is unreachable', async () => {
  const peers: Peer[] = [];
  await withDaemon({ onCall: (peer) => peers.push(peer) }, async (rpc) => {
    const hung = Array.from({ length: 4 }, () =>
      failsWith('timed-out', rpc.call('connectGetHostname', {}, { timeoutMs: 30 })),
    );
    const fifth = await failsWith(
      'unreachable',
      rpc.call('connectGetHostname', {}, { timeoutMs: 60, doing: 'asking' }),
    );
    assert.match(fifth.message, /^asking: no answer within 60 ms, 4 earlier calls have no answer; it was not sent/);
    await Promise.all(hung);
    assert.equal(peers.length, 4);
    const later = rpc.call('connectGetHostname', {});
    peers[0]?.reply('connectGetHostname', { hostname: 'too late' });
    await settle(rpc, peers, 5);
    peers[4]?.reply('connectGetHostname', { hostname: 'in time' });
    assert.equal((await later).hostname, 'in time');
  });
});

test('a call ends when its signal aborts, before it is sent and after', async () => {
  await withDaemon({}, async (rpc) => {
    const abort = new AbortController();
    const calls = Array.from({ length: 6 }, () =>
      failsWith('cancelled', rpc.call('connectGetHostname', {}, { signal: abort.signal })),
    );
    abort.abort();
    await Promise.all(calls);
    await failsWith('cancelled', rpc.call('connectGetHostname', {}, { signal: abort.signal }));
  });
});

test('when the connection ends, sent calls are lost and unsent ones unreachable', async () => {
  const peers: Peer[] = [];
  await withDaemon({ onCall: (peer) => peers.push(peer) }, async (rpc) => {
    const sent = Array.from({ length: 4 }, () => failsWith('connection-lost', rpc.call('connectGetHostname', {})));
    const unsent = failsWith('unreachable', rpc.call('connectGetHostname', {}));
    await settle(rpc, peers, 4);
    peers[0]?.socket.destroy();
    await Promise.all([...sent, unsent]);
    assert.equal(await rpc.ended, 'the daemon closed the connection');
    await failsWith('unreachable', rpc.call('connectGetHostname', {}));
  });
});

test('an answer of the wrong shape is a bad answer, and the connection goes on', async () => {
  let garbled = true;
  const onCall = (peer: Peer) => {
    if (garbled)
      peer.reply('connectSupportsFeature', { supported: 77 }); // as text: 77 bytes that are not there
    else peer.reply('connectGetHostname', { hostname: 'good' });
    garbled = false;
  };
  await withDaemon({ onCall }, async (rpc) => {
    await failsWith('bad-answer', rpc.call('connectGetHostname', {}));
    assert.equal((await rpc.call('connectGetHostname', {})).hostname, 'good');
  });
});

test('an answer that nobody asked for ends the connection', async () => {
  const unasked = { program: REMOTE_PROGRAM, version: 1, procedure: 59, type: 1, serial: 999, status: 0 };
  const onCall = (peer: Peer) => peer.socket.write(finishMessage(startMessage(unasked)));
  await withDaemon({ onCall }, async (rpc) => {
    await failsWith('connection-lost', rpc.call('connectGetHostname', {}));
    assert.match(await rpc.ended, /nobody asked for answer 999/);
  });
});

test('text instead of libvirt is shown as what it is', async () => {
  const daemon = await startFakeDaemon({ onConnect: (socket) => socket.write('This account is not available.\n') });
  const error = await failsWith('unreachable', openConnection(daemon.target, defaultConnectionOptions, null));
  assert.match(error.message, /the other end says "This account is not available."/);
  await daemon.stop();
});

test('whatever bytes come, opening ends with an error and never hangs', async () => {
  const piece = fc.oneof(fc.uint8Array({ maxLength: 200 }), almostMessage());
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 5 }), async (pieces) => {
      const onConnect = (socket: import('node:net').Socket) => {
        for (const bytes of pieces) socket.write(bytes);
        socket.end();
      };
      const daemon = await startFakeDaemon({ onConnect });
      try {
        const error = await openConnection(daemon.target, defaultConnectionOptions, null).then(
          () => null,
          (e: unknown) => e,
        );
        assert(error instanceof OpsError, `${error}`);
      } finally {
        await daemon.stop();
      }
    }),
    { numRuns: 150 },
  );
});

/** A header that may pass, with a payload that may not. */
function almostMessage(): fc.Arbitrary<Uint8Array> {
  return fc
    .record({
      program: fc.constantFrom(REMOTE_PROGRAM, 0x6b656570),
      version: fc.constant(1),
      procedure: fc.constantFrom(66, 1, 60, 318, 344, -1),
      type: fc.integer({ min: 0, max: 6 }),
      serial: fc.integer({ min: 0, max: 3 }),
      status: fc.integer({ min: 0, max: 3 }),
      payload: fc.uint8Array({ maxLength: 64 }),
      lie: fc.constantFrom(0, 0, 4, -4),
    })
    .map(({ payload, lie, ...header }) => {
      const whole = Buffer.concat([finishMessage(startMessage(header)), payload]);
      whole.writeUInt32BE(whole.length + lie, 0);
      return whole;
    });
}

test('pings of the daemon are answered', async () => {
  await withDaemon({}, async (rpc, daemon) => {
    for (const socket of daemon.sockets) sendKeepalive(socket, 1);
    while (!daemon.keepalives.includes(2)) await new Promise((resolve) => setImmediate(resolve));
    rpc.close();
  });
});

test('a daemon that leaves keepalives unanswered is given up, and its calls with it', async () => {
  const keepalive = { intervalMs: 15, count: 2 };
  await withDaemon(
    { pong: false },
    async (rpc) => {
      await failsWith('connection-lost', rpc.call('connectGetHostname', {}));
      assert.match(await rpc.ended, /2 keepalives unanswered/);
    },
    { keepalive },
  );
});

test('a daemon that answers keepalives keeps its connection, however long a call takes', async () => {
  const peers: Peer[] = [];
  await withDaemon(
    { onCall: (peer) => peers.push(peer) },
    async (rpc, daemon) => {
      const call = rpc.call('connectGetHostname', {});
      while (daemon.keepalives.length < 6) await new Promise((resolve) => setTimeout(resolve, 5));
      peers[0]?.reply('connectGetHostname', { hostname: 'slow' });
      assert.equal((await call).hostname, 'slow');
    },
    { keepalive: { intervalMs: 10, count: 2 } },
  );
});

const volume = { pool: 'default', name: 'v', key: '/v' };
const range = { vol: volume, offset: 0n, length: 1_000_000n, flags: 0 };

test('an upload arrives whole, in order, and is confirmed', async () => {
  const content = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => i % 251));
  const pieces: Buffer[] = [];
  const onCall = (peer: Peer) => {
    if (peer.header.type === 0) peer.reply('storageVolUpload', {});
    else if (peer.header.status === MessageStatus.ok) peer.stream(MessageStatus.ok);
    else pieces.push(peer.payload.bytes.subarray(peer.payload.at));
  };
  await withDaemon({ onCall }, async (rpc) => {
    await rpc.upload(range, content);
    assert(pieces.length > 1 && Buffer.concat(pieces).equals(content));
  });
});

test('an upload that the daemon refuses halfway ends with its reason', async () => {
  const onCall = (peer: Peer) => {
    if (peer.header.type === 0) peer.reply('storageVolUpload', {});
    else peer.refuse(38, 'cannot write data to file: No space left on device');
  };
  await withDaemon({ onCall }, async (rpc) => {
    await failsWith('no-space', rpc.upload(range, Buffer.alloc(1_000_000)));
  });
});

test('an upload that nobody confirms ends by its limit', async () => {
  const onCall = (peer: Peer) => {
    if (peer.header.type === 0) peer.reply('storageVolUpload', {});
  };
  await withDaemon({ onCall }, async (rpc) => {
    await failsWith('timed-out', rpc.upload(range, Buffer.alloc(10), { timeoutMs: 30 }));
  });
});

test('a download ends with the empty packet', async () => {
  const onCall = (peer: Peer) => {
    if (peer.header.type !== 0) return peer.stream(MessageStatus.ok);
    peer.reply('storageVolDownload', {});
    for (const part of ['what ', 'is ', 'there', '']) peer.stream(MessageStatus.continue, Buffer.from(part));
  };
  await withDaemon({ onCall }, async (rpc) => {
    assert.equal((await rpc.download(range)).toString(), 'what is there');
  });
});

test('a daemon that wants SASL is denied with a hint', async () => {
  const daemon = await startFakeDaemon({ authTypes: [1] });
  const error = await failsWith('denied', openConnection(daemon.target, defaultConnectionOptions, null));
  assert.match(error.message, /auth_unix_rw/);
  await daemon.stop();
});

test('no socket, no listener, no answer to the greeting: unreachable', async () => {
  await failsWith(
    'unreachable',
    openConnection(parseUri('qemu+unix:///system?socket=/nowhere/sock'), defaultConnectionOptions, null),
  );
  const silent = await startFakeDaemon({ onConnect: () => {} });
  const options = { ...defaultConnectionOptions, openTimeoutMs: 30 };
  await failsWith('unreachable', openConnection(silent.target, options, null));
  await silent.stop();
});

test('a link comes back after a loss and says so; closing it leaves nothing behind', async () => {
  const daemon = await startFakeDaemon({ onCall: (peer) => peer.reply('connectGetHostname', { hostname: 'h' }) });
  const seen: string[] = [];
  const again = Promise.withResolvers<void>();
  const link = await openLink(daemon.target, defaultConnectionOptions, {
    event: () => {},
    lost: () => seen.push('lost'),
    connected: () => {
      seen.push('connected');
      if (seen.length === 3) again.resolve();
    },
  });
  for (const socket of daemon.sockets) socket.destroy();
  await (await link.rpc()).ended;
  const rpc = await link.rpc(); // waits for the next connection
  assert.equal((await rpc.call('connectGetHostname', {})).hostname, 'h');
  await again.promise;
  assert.deepEqual(seen, ['connected', 'lost', 'connected']);
  await link.close();
  await failsWith('unreachable', link.rpc());
  await daemon.stop();
});

test('a link whose daemon stays away is unreachable, and can be closed meanwhile', async () => {
  const daemon = await startFakeDaemon({});
  const link = await openLink(daemon.target, defaultConnectionOptions, null);
  const { ended } = await link.rpc();
  await daemon.stop();
  await ended;
  const error = await failsWith('unreachable', link.rpc());
  assert.match(error.message, /connection lost/);
  await link.close();
});
