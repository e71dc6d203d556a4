/** Audit entries as Drover makes them: who and where, and the fields of VIRT_* records in libvirt's own order. */
import type { EffectRecord } from '../actions/action.ts';
import { NOBODY } from '../audit/auid.ts';
import type { Actor, AuditEntry } from '../audit/record.ts';
import type { Place } from './chat/card.ts';
import { TERMINAL } from './terminal/platform.ts';

export const PROGRAM = 'drover';

/** Whom and what a record is about. */
export interface Subject {
  request: number | null;
  actor: Actor;
  account: string | null;
  place: Place;
  address: string | null;
}

export interface EffectResult {
  ok: boolean;
  ms: number;
  /** Serial of the intent. */
  ref: number;
  /** libvirt's `code/domain`; '' when it is not libvirt's. */
  virerr: string;
  info: string;
  /** `unknown` when nobody can tell; '' otherwise. */
  outcome: '' | 'unknown';
  recovered: boolean;
}

const HOME: Place = { platform: PROGRAM, channel: '', thread: null };

export function entry(subject: Subject, type: AuditEntry['type'], fields: AuditEntry['fields'], ok = true): AuditEntry {
  const { request, actor, account, place, address } = subject;
  const terminal = place.channel === '' ? place.platform : `${place.platform}/${channelOf(place)}`;
  return { type, fields, actor, account, request, address, terminal, result: ok ? 'success' : 'failed' };
}

/** A terminal's session has a number behind the name of its device, which is what readers of the log know. */
function channelOf({ platform, channel }: Place): string {
  return platform === TERMINAL ? (channel.split('.')[0] ?? channel) : channel;
}

export function vmFields(vm: string, uuid = ''): (readonly [string, string])[] {
  return [...(vm === '' ? [] : [['vm', vm] as const]), ...(uuid === '' ? [] : [['uuid', uuid] as const])];
}

/** VIRT_* records begin as libvirt's own do, so that its tools count them alike. Source: libvirt src/conf/domain_audit.c */
export function resultFields(effect: EffectRecord, result: EffectResult): AuditEntry['fields'] {
  const virt = effect.type.startsWith('VIRT_');
  return [
    ...(virt ? [['virt', 'kvm'] as const] : []),
    ['op', effect.op],
    ...(effect.reason === '' ? [] : [['reason', effect.reason] as const]),
    ...vmFields(effect.vm, effect.uuid),
    ...(virt ? [['vm-pid', 0] as const] : []),
    ['ms', result.ms],
    ['ref', result.ref],
    ...(result.outcome === '' ? [] : [['outcome', result.outcome] as const]),
    ...(result.recovered ? [['recovered', 1] as const] : []),
    ...(result.virerr === '' ? [] : [['virerr', result.virerr] as const]),
    ...(result.info === '' ? [] : [['info', result.info] as const]),
  ];
}

/** About Drover itself. */
export function ownEntry(type: AuditEntry['type'], fields: AuditEntry['fields'], ok = true): AuditEntry {
  return entry({ request: null, actor: NOBODY, account: null, place: HOME, address: null }, type, fields, ok);
}
