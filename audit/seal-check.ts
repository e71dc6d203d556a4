/** The part of verifying that follows keys and seals from record to record. */
import { type LineHead, splitTokens } from './parse.ts';
import {
  checkpointText,
  creationText,
  epochOf,
  fingerprintOf,
  handoverText,
  type PublicKey,
  SEAL_RECORDS,
  SEAL_SECONDS,
  verifierOf,
} from './seal.ts';

export interface SealCheck {
  /** Problems of the next record; `before` is the chain in front of it. */
  check(head: LineHead, before: string): string[];
  /** Problems of the log as a whole. */
  finish(notBefore: number | null): string[];
  state(): { signedThrough: number; sealSerial: number };
}

type Fields = ReadonlyMap<string, string>;

export function createSealCheck(pin: string | null): SealCheck {
  let key: PublicKey | null = null;
  let isSigned = verifierOf('');
  let signedThrough = 0;
  let sealSerial = 0;
  let sealTimeMs = 0;
  let unsealedSinceMs: number | null = null;
  let lateReported = false;

  const useKey = (next: PublicKey) => {
    key = next;
    isSigned = verifierOf(next.pub);
  };

  const checkCreation = (head: LineHead, fields: Fields): string[] => {
    const made = keyOf(fields);
    useKey(made);
    const problems = head.serial === 1 ? [] : ['a key is made in the middle of the log'];
    if (pin !== null && made.pub !== pin) problems.push('key 0 is not the pinned key');
    if (!isSigned?.(creationText(made, head.timeMs), fields.get('ed25519') ?? ''))
      problems.push('key 0 is not genuine');
    return problems;
  };

  /** Moves the seal, also when it is not genuine: it is reported once, not with every later record. */
  const acceptSeal = (head: LineHead, genuine: boolean) => {
    if (genuine) {
      signedThrough = head.serial - 1;
      sealTimeMs = head.timeMs;
    }
    sealSerial = head.serial;
    unsealedSinceMs = null;
    lateReported = false;
  };

  const checkSeal = (head: LineHead, before: string, fields: Fields): string[] => {
    if (key === null) return ['a seal before any key'];
    const sealed = { upto: head.serial - 1, head: before, timeMs: head.timeMs };
    const rotates = fields.get('op') === 'key-rotate';
    const next = keyOf(fields);
    const text = rotates ? handoverText(key.epoch, next, sealed) : checkpointText(key.epoch, sealed);
    const genuine = isSigned?.(text, fields.get('ed25519') ?? '') ?? false;
    const problems = genuine ? [] : ['the signature is not genuine'];
    if (fields.get('upto') !== String(sealed.upto) || fields.get('head') !== before) {
      problems.push('the seal is not about the records before it');
    }
    if (!rotates && fields.get('epoch') !== String(key.epoch)) problems.push('the epoch is not that of the key');
    if (rotates && next.epoch <= key.epoch) problems.push('the epoch of the keys goes back');
    if (rotates && verifierOf(next.pub) === null) problems.push('the next key is not a key');
    acceptSeal(head, problems.length === 0);
    if (rotates && problems.length === 0) useKey(next);
    return problems;
  };

  const checkKeyRecord = (head: LineHead, before: string, fields: Fields): string[] => {
    switch (fields.get('op')) {
      case 'key-create':
        unsealedSinceMs ??= head.timeMs;
        return checkCreation(head, fields);
      case 'checkpoint':
      case 'key-rotate':
        return checkSeal(head, before, fields);
      default:
        return ['a key record of an unknown kind'];
    }
  };

  const checkPlain = ({ serial, timeMs }: LineHead): string[] => {
    if (serial === 1) return ['the log does not begin with its key'];
    unsealedSinceMs ??= timeMs;
    const late = serial - sealSerial > SEAL_RECORDS || timeMs - unsealedSinceMs >= SEAL_SECONDS * 1000;
    if (!late || lateReported) return [];
    lateReported = true;
    return ['a seal is missing: it was due before this record'];
  };

  const checkDay = ({ timeMs }: LineHead): string[] => {
    if (key === null || epochOf(timeMs) === key.epoch) return [];
    return [`the record's day is not that of the key in force (epoch ${key.epoch})`];
  };

  return {
    check: (head, before) => {
      if (head.type !== 'CRYPTO_KEY_USER') return [...checkPlain(head), ...checkDay(head)];
      const fields = new Map(splitTokens(head.text));
      const named = fields.get('fp') === fingerprintOf(fields.get('pub') ?? key?.pub ?? '');
      const problems = checkKeyRecord(head, before, fields);
      return [...problems, ...checkDay(head), ...(named ? [] : ['the fingerprint is of another key'])];
    },
    finish: (notBefore) => {
      const problems = signedThrough === 0 ? ['no seal vouches for any record'] : [];
      if (notBefore !== null && sealTimeMs < notBefore) {
        problems.push(`the last seal is of ${new Date(sealTimeMs).toISOString()}, too old: records may be cut off`);
      }
      return problems;
    },
    state: () => ({ signedThrough, sealSerial }),
  };
}

function keyOf(fields: Fields): PublicKey {
  return { epoch: Number(fields.get('epoch')), pub: fields.get('pub') ?? '' };
}
