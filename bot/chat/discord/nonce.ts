/** What makes a post happen once: Discord answers a nonce of the past few minutes with the message that is there already. */
import { createHash } from 'node:crypto';

/** Discord takes 25 characters. */
const NONCE_LENGTH = 25;

/** The same for the same words. */
export function nonceOf(words: string): { nonce: string; enforce_nonce: true } {
  const nonce = createHash('sha256').update(words).digest('base64url').slice(0, NONCE_LENGTH);
  return { nonce, enforce_nonce: true };
}
