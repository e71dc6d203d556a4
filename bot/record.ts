/**
 * What Drover says to the audit log, in its own terms. `intent`, `vote` and `turned` must be on disk before what they
 * announce and throw `AuditUnavailable`. The steps on the way are handed over at once and not waited for: the log keeps their
 * order, so an intent that is on disk has everything before it on disk, too.
 */
import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import type { EffectRecord } from '../actions/action.ts';
import { type Actor, type AuditEntry, type AuditLog, AuditUnavailable } from '../audit/record.ts';
import { type EffectResult, entry, ownEntry, PROGRAM, resultFields, type Subject, vmFields } from './record-entry.ts';

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
  /**
   * A change of state that is nobody's vote: expiry, cancel, a plan that changed, a person's adopt. Before it happens;
   * throws `AuditUnavailable`.
   */
  turned(subject: Subject, op: string, reason: string, ok: boolean): Promise<void>;
  intent(subject: Subject, effect: EffectRecord, attempt: number, uri: string): Promise<number>;
  /** False when it could not be written. */
  result(subject: Subject, effect: EffectRecord, result: EffectResult): Promise<boolean>;
}

/** Longest that a record waits for company; an intent or a vote takes it along at once. */
const HAND_OVER_MS = 25;

export function createRecorder(audit: AuditLog, log: Logger): Recorder {
  let waiting: AuditEntry[] = [];
  const onTheWay = new Set<Promise<boolean>>();

  /** Kept back for a moment, so that one write to the disk holds what belongs together. */
  function handOver(entry: AuditEntry): void {
    if (waiting.length === 0) setTimeout(sendOn, HAND_OVER_MS).unref();
    waiting.push(entry);
  }

  function sendOn(): void {
    const entries = waiting;
    waiting = [];
    for (const entry of entries) {
      const telling = told(entry).finally(() => onTheWay.delete(telling));
      onTheWay.add(telling);
      telling.catch((error) => log.error({ err: error, type: entry.type }, 'a fault in an audit record'));
    }
  }

  /** What was handed over before goes first. */
  function append(entry: AuditEntry): Promise<{ serial: number }> {
    sendOn();
    return audit.append(entry);
  }

  async function told(entry: AuditEntry): Promise<boolean> {
    try {
      await append(entry);
      return true;
    } catch (error) {
      if (!(error instanceof AuditUnavailable)) throw error;
      log.error({ type: entry.type, reason: error.message }, 'audit record not written');
      return false;
    }
  }

  const tell = async (entry: AuditEntry): Promise<void> => void (await told(entry));
  return {
    started: (version, policy) =>
      tell(
        ownEntry('SERVICE_START', [
          ['unit', PROGRAM],
          ['comm', PROGRAM],
          ['ver', version],
          ['policy-sha256', policy],
        ]),
      ),
    person: ({ auid, name }) =>
      tell({
        ...ownEntry('ADD_USER', [
          ['op', 'map-chat-user'],
          ['id', auid],
        ]),
        account: name,
      }),
    stopped: () =>
      tell(
        ownEntry('SERVICE_STOP', [
          ['unit', PROGRAM],
          ['comm', PROGRAM],
        ]),
      ),
    policyLoaded: (before, after, problem) =>
      tell(
        ownEntry(
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
      await append(
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
    async turned(subject, op, reason, ok) {
      await append(
        entry(
          subject,
          'USER_ACCT',
          [
            ['op', op],
            ['reason', reason || '?'],
          ],
          ok,
        ),
      );
    },
    async intent(subject, effect, attempt, uri) {
      const fields: AuditEntry['fields'] = [
        ['op', 'exec'],
        ['cmd', effect.command],
        ...vmFields(effect.vm, effect.uuid),
        ['uri', uri],
        ['attempt', attempt],
      ];
      return (await append(entry(subject, 'USER_CMD', fields))).serial;
    },
    async settled() {
      sendOn();
      await Promise.allSettled(onTheWay);
    },
    result: (subject, effect, result) => told(entry(subject, effect.type, resultFields(effect, result), result.ok)),
  };
}
