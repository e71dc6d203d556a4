/**
 * The procedures that Drover calls: name, number, arguments, result. To add one, add a row: the numbers and the field
 * orders stand in libvirt's src/remote/remote_protocol.x and never change once released (checked 0.10.2 to 9.0.0).
 * Names are those of the C API without `vir`, such as virDomainGetInfo.
 */
import { domainRef, LIST_LIMIT, poolRef, snapshotRef, statsRecord, typedParams, uuid, volumeRef } from './shapes.ts';
import { type Codec, chars, i32, list, optional, struct, text, u32, u64, type ValueOf } from './xdr.ts';

export interface Procedure<A, R> {
  number: number;
  args: Codec<A>;
  result: Codec<R>;
}

const none = struct({});
const flags = u32;
const domain = struct({ dom: domainRef });
const domainFlags = struct({ dom: domainRef, flags });
const pool = struct({ pool: poolRef });
const vol = struct({ vol: volumeRef });
const volFlags = struct({ vol: volumeRef, flags });
const volRange = struct({ vol: volumeRef, offset: u64, length: u64, flags });
const snapshot = struct({ snap: snapshotRef });
const snapshotFlags = struct({ snap: snapshotRef, flags });
const device = struct({ dom: domainRef, xml: text, flags });
const guestAddress = struct({ type: i32, address: text, prefix: u32 });
const guestInterface = struct({ name: text, mac: optional(text), addresses: list(guestAddress, 2048) });
const name = struct({ name: text });
const xml = struct({ xml: text });
const byUuid = struct({ uuid });

function procedure<A, R>(number: number, args: Codec<A>, result: Codec<R>): Procedure<A, R> {
  return { number, args, result };
}

const procedures = {
  connectOpen: procedure(1, struct({ name: optional(text), flags }), none),
  nodeGetInfo: procedure(
    6,
    none,
    struct({
      model: chars(32),
      memoryKiB: u64,
      cpus: i32,
      mhz: i32,
      nodes: i32,
      sockets: i32,
      cores: i32,
      threads: i32,
    }),
  ),
  domainGetXMLDesc: procedure(14, domainFlags, xml),
  domainGetInfo: procedure(
    16,
    domain,
    struct({ state: u32, maxMemoryKiB: u64, memoryKiB: u64, vcpus: u32, cpuTimeNs: u64 }),
  ),
  domainGetAutostart: procedure(15, domain, struct({ autostart: i32 })),
  domainLookupByName: procedure(23, name, domain),
  domainLookupByUUID: procedure(24, byUuid, domain),
  domainReboot: procedure(27, domainFlags, none),
  domainResume: procedure(28, domain, none),
  domainSetAutostart: procedure(29, struct({ dom: domainRef, autostart: i32 }), none),
  domainSuspend: procedure(34, domain, none),
  connectGetHostname: procedure(59, none, struct({ hostname: text })),
  connectSupportsFeature: procedure(60, struct({ feature: i32 }), struct({ supported: i32 })),
  authList: procedure(66, none, struct({ types: list(i32, 20) })),
  authPolkit: procedure(70, none, struct({ complete: i32 })),
  storagePoolLookupByName: procedure(84, name, pool),
  storagePoolGetInfo: procedure(
    87,
    pool,
    struct({ state: u32, capacityBytes: u64, allocationBytes: u64, availableBytes: u64 }),
  ),
  storageVolCreateXML: procedure(93, struct({ pool: poolRef, xml: text, flags }), vol),
  storageVolDelete: procedure(94, volFlags, none),
  storageVolLookupByName: procedure(95, struct({ pool: poolRef, name: text }), vol),
  storageVolLookupByPath: procedure(97, struct({ path: text }), vol),
  storageVolGetXMLDesc: procedure(99, volFlags, xml),
  nodeGetFreeMemory: procedure(102, none, struct({ freeBytes: u64 })),
  storageVolCreateXMLFrom: procedure(125, struct({ pool: poolRef, xml: text, clonevol: volumeRef, flags }), vol),
  domainIsActive: procedure(150, domain, struct({ active: i32 })),
  domainIsPersistent: procedure(151, domain, struct({ persistent: i32 })),
  connectGetLibVersion: procedure(157, none, struct({ version: u64 })),
  domainAttachDeviceFlags: procedure(160, device, none),
  domainDetachDeviceFlags: procedure(161, device, none),
  domainUpdateDeviceFlags: procedure(174, device, none),
  domainHasManagedSaveImage: procedure(183, domainFlags, struct({ result: i32 })),
  domainSnapshotCreateXML: procedure(185, device, snapshot),
  domainSnapshotGetXMLDesc: procedure(186, snapshotFlags, xml),
  domainSnapshotNum: procedure(187, domainFlags, struct({ count: i32 })),
  domainSnapshotCurrent: procedure(191, domainFlags, snapshot),
  domainRevertToSnapshot: procedure(192, snapshotFlags, none),
  domainSnapshotDelete: procedure(193, snapshotFlags, none),
  domainCreateWithFlags: procedure(196, domainFlags, domain),
  domainSetVcpusFlags: procedure(199, struct({ dom: domainRef, count: u32, flags }), none),
  domainSetMemoryFlags: procedure(204, struct({ dom: domainRef, memoryKiB: u64, flags }), none),
  storageVolUpload: procedure(208, volRange, none),
  storageVolDownload: procedure(209, volRange, none),
  domainGetState: procedure(212, domainFlags, struct({ state: i32, reason: i32 })),
  domainUndefineFlags: procedure(231, domainFlags, none),
  domainDestroyFlags: procedure(234, domainFlags, none),
  domainBlockResize: procedure(251, struct({ dom: domainRef, disk: text, size: u64, flags }), none),
  domainSetBlockIoTune: procedure(252, struct({ dom: domainRef, disk: text, params: typedParams, flags }), none),
  domainShutdownFlags: procedure(258, domainFlags, none),
  storageVolResize: procedure(260, struct({ vol: volumeRef, capacityBytes: u64, flags }), none),
  domainSetMetadata: procedure(
    264,
    struct({
      dom: domainRef,
      type: i32,
      metadata: optional(text),
      key: optional(text),
      uri: optional(text),
      flags,
    }),
    none,
  ),
  domainGetMetadata: procedure(
    265,
    struct({ dom: domainRef, type: i32, uri: optional(text), flags }),
    struct({ metadata: text }),
  ),
  connectListAllDomains: procedure(
    273,
    struct({ needResults: i32, flags }),
    struct({ domains: list(domainRef, LIST_LIMIT), count: u32 }),
  ),
  domainListAllSnapshots: procedure(
    274,
    struct({ dom: domainRef, needResults: i32, flags }),
    struct({ snaps: list(snapshotRef, LIST_LIMIT), count: i32 }),
  ),
  storagePoolListAllVolumes: procedure(
    282,
    struct({ pool: poolRef, needResults: i32, flags }),
    struct({ vols: list(volumeRef, LIST_LIMIT), count: u32 }),
  ),
  connectDomainEventCallbackRegisterAny: procedure(
    316,
    struct({ eventId: i32, dom: optional(domainRef) }),
    struct({ callbackId: i32 }),
  ),
  connectGetAllDomainStats: procedure(
    344,
    struct({ doms: list(domainRef, LIST_LIMIT), stats: u32, flags }),
    struct({ records: list(statsRecord, LIST_LIMIT) }),
  ),
  domainDefineXMLFlags: procedure(350, struct({ xml: text, flags }), domain),
  domainInterfaceAddresses: procedure(
    353,
    struct({ dom: domainRef, source: u32, flags }),
    struct({ interfaces: list(guestInterface, 2048) }),
  ),
  domainRename: procedure(358, struct({ dom: domainRef, newName: optional(text), flags }), struct({ code: i32 })),
  domainGetGuestInfo: procedure(418, struct({ dom: domainRef, types: u32, flags }), struct({ params: typedParams })),
};

export type ProcedureName = keyof typeof procedures;
export type ArgsOf<N extends ProcedureName> = ValueOf<(typeof procedures)[N]['args']>;
export type ResultOf<N extends ProcedureName> = ValueOf<(typeof procedures)[N]['result']>;

// A mapped type, so that a row looked up by a generic name keeps its arguments and result together.
type Table = { [N in ProcedureName]: Procedure<ArgsOf<N>, ResultOf<N>> };
const table: Table = procedures;

export function procedureOf<N extends ProcedureName>(name: N): Procedure<ArgsOf<N>, ResultOf<N>> {
  return table[name];
}
