/**
 * Finds out that the daemon no longer answers. Whatever arrives counts as a sign of life; after a quiet interval a
 * ping is sent, and after `count` unanswered ones the connection is given up.
 * Source: https://libvirt.org/kbase/internals/rpc.html; libvirt's own defaults are 5 s and 5.
 */
export interface KeepaliveOptions {
  intervalMs: number;
  count: number;
}

export interface Keepalive {
  heard(): void;
  stop(): void;
}

export const Keepalive = { ping: 1, pong: 2 } as const;

export function startKeepalive(options: KeepaliveOptions, ping: () => void, dead: (reason: string) => void): Keepalive {
  let quiet = false;
  let unanswered = 0;
  const timer = setInterval(() => {
    if (unanswered >= options.count) {
      dead(`the daemon left ${unanswered} keepalives unanswered`);
    } else if (quiet) {
      unanswered++;
      ping();
    }
    quiet = true;
  }, options.intervalMs);
  return {
    heard: () => {
      quiet = false;
      unanswered = 0;
    },
    stop: () => clearInterval(timer),
  };
}
