/** Platform accounts that people linked to themselves, kept in the store under the platform's immutable user id. */
import { z } from 'zod';
import type { Links } from './people.ts';
import type { Store } from './store/store.ts';

const Link = z.object({ person: z.string(), at: z.number() });

export function createLinks(store: Store): Links {
  return {
    async personOf({ platform, id }) {
      const entry = await store.get(`link/${platform}/${id}`);
      return entry === null ? null : Link.parse(entry.value).person;
    },
  };
}
