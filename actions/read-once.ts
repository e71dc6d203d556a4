/** A host whose domains are read once: what one look decides on is one state of the world, and costs one call. */
import type { Domain, HostReader } from './host.ts';

export function readOnce(host: HostReader): HostReader {
  const seen = new Map<string, Promise<Domain | null>>();
  return {
    ...host,
    domain(name) {
      const known = seen.get(name) ?? host.domain(name);
      seen.set(name, known);
      return known;
    },
  };
}
