/**
 * The one error that the world may cause. A refusal is returned, a bug is a plain `Error`; see the three kinds of
 * wrong in CONTRIBUTING.md. Message: what was being done, what came back, the fix last; lower case.
 */
export const OPS_ERROR_CODES = [
  'timed-out', // no answer in time: the effect may still happen
  'connection-lost', // the transport ended with the call under way: the effect may have happened
  'unreachable', // never connected: no effect
  'cancelled', // a person asked to stop
  'not-found',
  'exists',
  'wrong-state', // the object is not in a state that allows the call
  'unsupported', // this host or its version cannot do it
  'denied', // the host refused the account that Drover uses
  'no-space',
  'bad-answer', // an answer that does not have the promised shape
  'failed', // anything else the host says
] as const;

export type OpsErrorCode = (typeof OPS_ERROR_CODES)[number];

/** libvirt's own error reply. Numbers: https://libvirt.org/html/libvirt-virterror.html */
export interface LibvirtErrorDetail {
  /** virErrorNumber */
  code: number;
  /** virErrorDomain */
  domain: number;
  /** virErrorLevel: 1 warning, 2 error */
  level: number;
}

export class OpsError extends Error {
  readonly code: OpsErrorCode;
  readonly libvirt: LibvirtErrorDetail | null;

  constructor(code: OpsErrorCode, message: string, libvirt: LibvirtErrorDetail | null = null) {
    super(message);
    this.name = 'OpsError';
    this.code = code;
    this.libvirt = libvirt;
  }
}

/** Whether the effect of a call that ended so may have happened, or may still happen. */
export function mayHaveHappened(code: OpsErrorCode): boolean {
  return code === 'timed-out' || code === 'connection-lost' || code === 'bad-answer';
}
