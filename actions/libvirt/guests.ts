/**
 * One call at a time for each guest. libvirt lets one job change a domain at once, and the rest would sit on the
 * connection's few places: a guest whose QEMU hangs may hold one of them, not all.
 */
export function createGuestQueue(): <T>(uuid: string, work: () => Promise<T>) => Promise<T> {
  const tails = new Map<string, Promise<unknown>>();
  return async (uuid, work) => {
    const before = tails.get(uuid) ?? Promise.resolve();
    const mine = before.then(work, work);
    const tail = mine.catch(() => {}); // the next one only waits for it
    tails.set(uuid, tail);
    try {
      return await mine;
    } finally {
      if (tails.get(uuid) === tail) tails.delete(uuid);
    }
  };
}
