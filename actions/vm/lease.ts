/** How a VM's lease is said: when it ends, and how far that is from now. */
import { formatSeconds } from '../units.ts';

/** `expires`: RFC 3339, or null for no lease; `now`: ms since the epoch. */
export function describeLease(expires: string | null, now: number): string {
  if (expires === null) return 'none';
  const end = Date.parse(expires);
  if (Number.isNaN(end)) return `unreadable: ${expires}`;
  const seconds = Math.round((end - now) / 1000);
  return seconds <= 0 ? `over since ${expires}` : `${expires} (in ${formatSeconds(seconds)})`;
}

/** RFC 3339 with zone Z and whole seconds. */
export function leaseEnd(startedAt: number, ttlSeconds: number | null): string | null {
  if (ttlSeconds === null) return null;
  return `${new Date(startedAt + ttlSeconds * 1000).toISOString().slice(0, 19)}Z`;
}
