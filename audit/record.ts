/**
 * The types of an audit record as the rest of Drover hands it in. How it becomes a line is in `line.ts`.
 * Record types, fields and their traps: CONTRIBUTING.md, "The audit record".
 */

/** Record types of the audit system's user ranges that Drover writes. Source: linux/audit.h, libaudit msg_typetab.h. */
export type RecordType =
  | 'SERVICE_START'
  | 'SERVICE_STOP'
  | 'CRYPTO_KEY_USER'
  | 'CRYPTO_REPLAY_USER'
  | 'USYS_CONFIG'
  | 'USER_AUTH'
  | 'USER_LOGIN'
  | 'USER_LOGOUT'
  | 'ADD_USER'
  | 'DEL_USER'
  | 'ROLE_ASSIGN'
  | 'ROLE_REMOVE'
  | 'USER_CMD'
  | 'USER_ACCT'
  | 'VIRT_CONTROL'
  | 'VIRT_RESOURCE'
  | 'VIRT_CREATE'
  | 'VIRT_DESTROY'
  | 'ANOM_RBAC_INTEGRITY_FAIL'
  | 'RESP_ALERT';

/** Who caused it: a chat person's synthetic login uid, or nobody (the program itself, an unknown sender). */
export interface Actor {
  /** 1879048192 + n; 4294967295 for nobody. */
  auid: number;
  /** Shown as AUID=; `unset` for nobody. */
  name: string;
}

export interface AuditEntry {
  type: RecordType;
  /**
   * Own fields in order, `op` first; after `virt` for VIRT_* as libvirt writes them. Text values are encoded by the
   * writer, numbers are written plain. Names are checked against the lint: a bad name is a bug and throws.
   */
  fields: readonly (readonly [name: string, value: string | number])[];
  actor: Actor;
  /** The person acted for or on; null for none. */
  account: string | null;
  /** Request number (`ses=`); null outside a request. */
  request: number | null;
  /** The client's IP address where it is known. */
  address: string | null;
  /** `web/ops`, `slack/C042OPS`, `pts/0`, `drover`. */
  terminal: string;
  result: 'success' | 'failed';
}

export interface AuditLog {
  /**
   * Resolves when the line is on disk (fdatasync). Rejects with `AuditUnavailable` when it is not there: then nothing
   * may be done that needed it. Never retries by itself.
   */
  append(entry: AuditEntry): Promise<{ serial: number }>;
  /** Whether changing actions may go on; judged afresh (a suspended log is probed), at most once a second. */
  status(): Promise<AuditStatus>;
  /** Serial and chain head of the last durable record: the anchor to post elsewhere. */
  head(): { serial: number; chain: string };
  close(): Promise<void>;
}

export type AuditStatus = { kind: 'writing' } | { kind: 'suspended'; reason: string };

/** The record could not be made durable. */
export class AuditUnavailable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AuditUnavailable';
  }
}
