/** Where the lab keeps what is slow to make: the guest image and libvirt's knowledge of QEMU. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `${XDG_CACHE_HOME:-$HOME/.cache}/drover`; safe to remove at any time. */
export function cacheHome(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'drover');
}
