/**
 * What Drover says to the audit log, in its own terms. `intent` and `vote` must be on disk before what they announce
 * and throw `AuditUnavailable`. The steps on the way are handed over at once and not waited for: the log keeps their
 * order, so an intent that is on disk has everything before it on disk, too.
 */
import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { EffectRecord } from '../actions/action.ts';
import { NOBODY } from '../audit/auid.ts';
import { type Actor, type AuditEntry, type AuditLog, AuditUnavailable } from '../audit/record.ts';
import type { Place } from './chat/card.ts';

/** Whom and what a record is about. */
export interface Subject {
  request: number | null;
  actor: Actor;
  account: string | null;
  place: Place;
  address: string | null;
}

export interface Recorder {
  started(version: string, policy: string): Promise<void>;
  stopped(): Promise<void>;
  /** A person got a login uid. */
  person(actor: Actor): Promise<void>;
  policyLoaded(before: string, after: string, problem: string | null): Promise<void>;
  stranger(subject: Subject, id: string, reason: string): Promise<void>;
  request(subject: Subject, text: string, messageId: string): void;
  parsed(subject: Subject, line: string, intent: string, ok: boolean): void;
  decided(subject: Subject, decision: string, rule: string, intent: string, vm: string): void;
  /** Resolves when everything that was handed over is on disk, or known not to be. */
  settled(): Promise<void>;
  vote(subject: Subject, vote: { decision: string; reason: string; digest: string; ok: boolean }): Promise<void>;
  /** An operation's own change of state that is nobody's vote: expiry, cancel, a plan that changed, a person's adopt. */
  turned(subject: Subject, op: string, reason: string, ok: boolean): Promise<void>;
  intent(subject: Subject, effect: EffectRecord, attempt: number, uri: string): Promise<number>;
  /** False when it could not be written. */
  result(subject: Subject, effect: EffectRecord, result: EffectResult): Promise<boolean>;
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

export const PROGRAM = 'drover';

export function createRecorder(audit: AuditLog, log: Logger): Recorder {
  const tell = async (entry: AuditEntry): Promise<void> => void (await told(entry));
  const handed = new Set<Promise<boolean>>();

  /** A fault of ours in what was handed over is no reason to lose the rest. */
  function handOver(entry: AuditEntry): void {
    const telling = told(entry)
      .catch((error) => {
        log.error({ err: error, type: entry.type }, 'audit record not written');
        return false;
      })
      .finally(() => handed.delete(telling));
    handed.add(telling);
  }

  async function told(entry: AuditEntry): Promise<boolean> {
    try {
      await audit.append(entry);
      return true;
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      log.error({ type: entry.type, reason: error.message }, 'audit record not written');
      return false;
    }
  }
  const own = (type: AuditEntry['type'], fields: AuditEntry['fields'], ok = true): AuditEntry =>
    entry({ request: null, actor: NOBODY, account: null, place: HOME, address: null }, type, fields, ok);

  return {
    started: (version, policy) =>
      tell(
        own('SERVICE_START', [
          ['unit', PROGRAM],
          ['comm', PROGRAM],
          ['ver', version],
          ['policy-sha256', policy],
        ]),
      ),
    person: ({ auid, name }) =>
      tell({
        ...own('ADD_USER', [
          ['op', 'map-chat-user'],
          ['id', auid],
        ]),
        account: name,
      }),
    stopped: () =>
      tell(
        own('SERVICE_STOP', [
          ['unit', PROGRAM],
          ['comm', PROGRAM],
        ]),
      ),
    policyLoaded: (before, after, problem) =>
      tell(
        own(
          'USYS_CONFIG',
          [
            ['op', 'policy-load'],
            ['old-sha256', before],
            ['new-sha256', after],
            ...(problem === null ? [] : [['info', problem] as const]),
          ],
          problem === null,
        ),
      ),
    stranger: (subject, id, reason) =>
      tell(
        entry(
          subject,
          'USER_AUTH',
          [
            ['op', 'chat-identity'],
            ['platform-id', id],
            ['reason', reason],
          ],
          false,
        ),
      ),
    request: (subject, text, messageId) =>
      handOver(
        entry(subject, 'USER_CMD', [
          ['op', 'request'],
          ['cmd', text || '?'],
          ['msg-id', messageId],
          ['raw-sha256', `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 16)}`],
        ]),
      ),
    parsed: (subject, line, intent, ok) =>
      handOver(
        entry(
          subject,
          'USER_CMD',
          [
            ['op', 'parse'],
            ['cmd', line || '?'],
            ['intent', intent],
          ],
          ok,
        ),
      ),
    decided: (subject, decision, rule, intent, vm) =>
      handOver(
        entry(
          subject,
          'USER_ACCT',
          [['op', 'policy'], ['decision', decision], ['rule', rule], ['intent', intent], ...vmFields(vm)],
          decision !== 'deny',
        ),
      ),
    async vote(subject, { decision, reason, digest, ok }) {
      await audit.append(
        entry(
          subject,
          'USER_ACCT',
          [
            ['op', 'approve'],
            ['decision', decision],
            ['reason', reason || '?'],
            ['plan', `sha256:${digest}`],
          ],
          ok,
        ),
      );
    },
    turned: (subject, op, reason, ok) =>
      tell(
        entry(
          subject,
          'USER_ACCT',
          [
            ['op', op],
            ['reason', reason || '?'],
          ],
          ok,
        ),
      ),
    async intent(subject, effect, attempt, uri) {
      const fields: AuditEntry['fields'] = [
        ['op', 'exec'],
        ['cmd', effect.command],
        ...vmFields(effect.vm, effect.uuid),
        ['uri', uri],
        ['attempt', attempt],
      ];
      return (await audit.append(entry(subject, 'USER_CMD', fields))).serial;
    },
    settled: async () => void (await Promise.all(handed)),
    result: (subject, effect, result) => told(entry(subject, effect.type, resultFields(effect, result), result.ok)),
  };
}

const HOME: Place = { platform: PROGRAM, channel: '', thread: null };

function entry(subject: Subject, type: AuditEntry['type'], fields: AuditEntry['fields'], ok = true): AuditEntry {
  const { request, actor, account, place, address } = subject;
  const terminal = place.channel === '' ? place.platform : `${place.platform}/${place.channel}`;
  return { type, fields, actor, account, request, address, terminal, result: ok ? 'success' : 'failed' };
}

function vmFields(vm: string, uuid = ''): (readonly [string, string])[] {
  return [...(vm === '' ? [] : [['vm', vm] as const]), ...(uuid === '' ? [] : [['uuid', uuid] as const])];
}

/** VIRT_* records begin as libvirt's own do, so that its tools count them alike. Source: libvirt src/conf/domain_audit.c */
function resultFields(effect: EffectRecord, result: EffectResult): AuditEntry['fields'] {
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
