/** The RPC client on real libvirtd: the test driver for what needs no guest, QEMU for the rest. */
import assert from 'node:assert/strict';
import { after, before, suite, type TestContext, test } from 'node:test';
import { execa } from 'execa';
import { OpsError, type OpsErrorCode } from '../../actions/errors.ts';
import type { Host, HostEvent } from '../../actions/host.ts';
import { type ConnectionOptions, defaultConnectionOptions, openConnection } from '../../actions/libvirt/connection.ts';
import { readAllStats, readDomains } from '../../actions/libvirt/domain-reads.ts';
import type { RpcEvent } from '../../actions/libvirt/events.ts';
import { openHost } from '../../actions/libvirt/host.ts';
import type { Rpc } from '../../actions/libvirt/rpc.ts';
import { parseUri } from '../../actions/libvirt/transport.ts';
import { eventWords, stateWords } from '../../actions/libvirt/words.ts';
import { type Libvirtd, startLibvirtd } from '../lab/libvirtd.ts';

const noGuest = (name: string) => `<domain type="qemu"><name>${name}</name><memory unit="MiB">16</memory><vcpu>1</vcpu>
  <os><type arch="x86_64" machine="q35">hvm</type></os></domain>`;
const testGuest = (name: string) =>
  `<domain type="test"><name>${name}</name><memory>8192</memory><os><type>hvm</type></os></domain>`;

async function failsWith(code: OpsErrorCode, promise: Promise<unknown>): Promise<OpsError> {
  const error = await promise.then(
    () => assert.fail(`it should have failed with ${code}`),
    (reason: unknown) => reason,
  );
  assert(error instanceof OpsError, `${error}`);
  assert.equal(error.code, code, error.message);
  return error;
}

/** Closed after the test, however it ends. */
async function open(t: TestContext, uri: string, onEvent: ((event: RpcEvent) => void) | null = null): Promise<Rpc> {
  const rpc = await openConnection(parseUri(uri), defaultConnectionOptions, onEvent);
  t.after(() => rpc.close());
  return rpc;
}

async function hostOn(t: TestContext, uri: string, connection: Partial<ConnectionOptions> = {}): Promise<Host> {
  const host = await openHost({ uri, connection, virtType: 'qemu', network: { kind: 'user' }, serialDir: null });
  t.after(() => host.close());
  return host;
}

function nextEvent(host: Host, kind: HostEvent['kind']): Promise<HostEvent> {
  return new Promise((resolve) => {
    const watching = host.watch((event) => {
      if (event.kind !== kind) return;
      watching.stop();
      resolve(event);
    });
  });
}

/** A test that waits for what never comes should say which one it is. */
const LIMIT = { timeout: 60_000 };

suite('the RPC client on a real libvirtd', () => {
  let libvirtd: Libvirtd;
  before(async () => {
    libvirtd = await startLibvirtd();
  });
  after(() => libvirtd.stop());

  test('lists, infos and states of the test driver are as virsh says', LIMIT, async (t) => {
    const rpc = await open(t, libvirtd.testUri);
    const { domains } = await rpc.call('connectListAllDomains', { needResults: 1, flags: 0 });
    assert.deepEqual(
      domains.map(({ name, id }) => ({ name, id })),
      [{ name: 'test', id: 1 }],
    );
    const [dom] = domains;
    assert(dom);
    const { stdout } = await execa('virsh', ['-c', libvirtd.testUri, 'dominfo', 'test']);
    const info = await rpc.call('domainGetInfo', { dom });
    assert.match(stdout, new RegExp(`UUID: +${dom.uuid}`));
    assert.match(stdout, new RegExp(`Max memory: +${info.maxMemoryKiB} KiB`));
    assert.match(stdout, new RegExp(`CPU\\(s\\): +${info.vcpus}`));
    const { state, reason } = await rpc.call('domainGetState', { dom, flags: 0 });
    assert.equal(stateWords(state, reason).state, 'running');
  });

  test('a hundred calls at once each get their own answer or their own error', LIMIT, async (t) => {
    const rpc = await open(t, libvirtd.testUri);
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => rpc.call('domainDefineXMLFlags', { xml: testGuest(`many-${i}`), flags: 0 })),
    );
    const looks = await Promise.all(
      Array.from({ length: 100 }, (_, i) => {
        const name = i % 2 === 0 ? `many-${i / 2}` : `none-${i}`;
        const found = rpc.call('domainLookupByName', { name }, { doing: name });
        return i % 2 === 0
          ? found.then(({ dom }) => dom.name === name)
          : failsWith('not-found', found).then(({ message }) => message.startsWith(`${name}: `));
      }),
    );
    assert(looks.every(Boolean));
    const all = await readDomains(rpc);
    assert.equal(all.length, 51);
    assert.equal(new Set((await readAllStats(rpc, 0, 0)).map(({ domain }) => domain.uuid)).size, 51);
  });

  test('an error reply carries code, domain and level of libvirt', LIMIT, async (t) => {
    const rpc = await open(t, libvirtd.testUri);
    const { libvirt: lookup } = await failsWith('not-found', rpc.call('domainLookupByName', { name: 'nobody' }));
    assert.deepEqual(lookup, { code: 42, domain: 12, level: 2 }); // NO_DOMAIN of VIR_FROM_TEST
    const { libvirt: broken } = await failsWith(
      'failed',
      rpc.call('domainDefineXMLFlags', { xml: '<domain', flags: 0 }),
    );
    assert.deepEqual(broken, { code: 35, domain: 20, level: 2 }); // XML_DETAIL of VIR_FROM_DOMAIN
    const { pool } = await rpc.call('storagePoolLookupByName', { name: 'default-pool' });
    const xml = '<volume><name>v</name><capacity>1</capacity></volume>';
    const { vol } = await rpc.call('storageVolCreateXML', { pool, xml, flags: 0 });
    const upload = rpc.upload({ vol, offset: 0n, length: 1n, flags: 0 }, Buffer.from('x'));
    assert.equal((await failsWith('unsupported', upload)).libvirt?.code, 3); // NO_SUPPORT
  });

  test('lifecycle events of other clients arrive in order, in words', LIMIT, async (t) => {
    const seen: string[] = [];
    const done = Promise.withResolvers<void>();
    await open(t, libvirtd.testUri, (event) => {
      if (event.kind !== 'lifecycle') return;
      const { event: what, detail } = eventWords(event.event, event.detail);
      seen.push(`${event.dom.name} ${what} ${detail}`);
      if (what === 'undefined') done.resolve();
    });
    const virsh = (...args: string[]) => execa('virsh', ['-c', libvirtd.testUri, ...args]);
    const worker = await open(t, libvirtd.testUri);
    await worker.call('domainDefineXMLFlags', { xml: testGuest('noisy'), flags: 0 });
    for (const verb of ['start', 'suspend', 'resume', 'destroy', 'undefine']) await virsh(verb, 'noisy');
    await done.promise;
    assert.deepEqual(seen, [
      'noisy defined added',
      'noisy started booted',
      'noisy suspended paused',
      'noisy resumed unpaused',
      'noisy stopped destroyed',
      'noisy undefined removed',
    ]);
  });

  test('an upload arrives byte for byte, and reads back', LIMIT, async (t) => {
    const rpc = await open(t, libvirtd.uri);
    const content = Buffer.from(Array.from({ length: 1_000_003 }, (_, i) => (i * 7) % 253));
    const { pool } = await rpc.call('storagePoolLookupByName', { name: 'default' });
    const xml = `<volume><name>up.raw</name><capacity>${content.length}</capacity><target><format type="raw"/></target></volume>`;
    const { vol } = await rpc.call('storageVolCreateXML', { pool, xml, flags: 0 });
    const range = { vol, offset: 0n, length: BigInt(content.length), flags: 0 };
    await rpc.upload(range, content);
    assert((await rpc.download(range)).equals(content));
    assert.equal((await rpc.call('storagePoolLookupByName', { name: 'default' })).pool.uuid, pool.uuid);
  });

  test('a metadata change by somebody else is heard', LIMIT, async (t) => {
    const host = await hostOn(t, libvirtd.uri);
    const rpc = await open(t, libvirtd.uri);
    const { dom } = await rpc.call('domainDefineXMLFlags', { xml: noGuest('tagged'), flags: 0 });
    const changed = nextEvent(host, 'changed');
    const element = '<vm owner="team-b"/>';
    await execa('virsh', [
      '-c',
      libvirtd.uri,
      'metadata',
      'tagged',
      'urn:drover:vm:1',
      '--key',
      'drover',
      '--set',
      element,
    ]);
    assert.deepEqual(await changed, { kind: 'changed', name: 'tagged', uuid: dom.uuid });
    assert.equal((await host.domain('tagged'))?.metadata.owner, 'team-b');
  });
});

suite('a libvirtd that hangs or goes away', () => {
  let libvirtd: Libvirtd;
  before(async () => {
    libvirtd = await startLibvirtd();
  });
  after(() => libvirtd.stop());

  test('a hung daemon costs its own calls their time limit, and another host nothing', LIMIT, async (t) => {
    const healthy = await startLibvirtd();
    t.after(() => healthy.stop());
    const impatient = { callTimeoutMs: 200, keepalive: { intervalMs: 60_000, count: 5 } };
    const [hung, well] = await Promise.all([hostOn(t, libvirtd.uri, impatient), hostOn(t, healthy.uri)]);
    process.kill(libvirtd.pid, 'SIGSTOP');
    try {
      const waiting = failsWith('timed-out', hung.domains());
      for (let i = 0; i < 20; i++) await well.domains();
      await waiting;
    } finally {
      process.kill(libvirtd.pid, 'SIGCONT');
    }
  });

  test('a hung daemon is lost by keepalive and found again when it goes on', LIMIT, async (t) => {
    // Long enough that a loaded machine does not lose the connection before it is meant to.
    const host = await hostOn(t, libvirtd.uri, { keepalive: { intervalMs: 250, count: 3 } });
    const lost = nextEvent(host, 'lost');
    process.kill(libvirtd.pid, 'SIGSTOP');
    const connected = (async () => {
      try {
        const pending = failsWith('connection-lost', host.domains());
        const event = await lost;
        assert(event.kind === 'lost' && /keepalives unanswered/.test(event.reason));
        await pending;
      } finally {
        process.kill(libvirtd.pid, 'SIGCONT');
      }
    })();
    await connected;
    await nextEvent(host, 'connected');
    assert.deepEqual(await host.domains(), []);
  });

  test('a host outlives its daemon: lost, connected again, the guest runs on', LIMIT, async (t) => {
    const host = await hostOn(t, libvirtd.uri);
    const rpc = await open(t, libvirtd.uri);
    const { dom } = await rpc.call('domainDefineXMLFlags', { xml: noGuest('survivor'), flags: 0 });
    await host.start(dom.uuid);
    const events: string[] = [];
    const watching = host.watch(({ kind }) => events.push(kind));
    const connected = nextEvent(host, 'connected');
    await libvirtd.restart('SIGKILL');
    await connected;
    const { state } = (await host.domain('survivor')) ?? {};
    assert.equal(state, 'running');
    assert.deepEqual(events.slice(0, 2), ['lost', 'connected']);
    const off = host.waitFor(dom.uuid, (domain) => domain?.state === 'shutoff', 30_000, new AbortController().signal);
    // The working connection is back as well. A daemon that is still finding its guests again may answer that the
    // domain is not running, having killed it by this very call.
    await host.destroy(dom.uuid).catch((error) => assert.equal(error.code, 'wrong-state'));
    assert.equal((await off)?.state, 'shutoff');
    watching.stop();
  });

  test('closing leaves no handle behind', LIMIT, async (t) => {
    const count = () =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'PipeWrap' || kind === 'Timeout').length;
    const before = count();
    const host = await hostOn(t, libvirtd.uri);
    const pending = host.domains().catch(() => {});
    await host.close();
    await pending;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(count(), before);
    await failsWith('unreachable', host.domains());
  });
});
