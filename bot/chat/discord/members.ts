/**
 * Who is in the server and which roles he has, for gates: asked of Discord at each decision, kept for a minute at most,
 * shut when Discord does not answer. One member at a time: that needs no privileged intent, listing them would.
 * Source: docs.discord.com/developers/resources/guild, Get Guild Member
 */
import { z } from 'zod';
import { OpsError } from '../../../actions/errors.ts';
import type { Calls, DiscordCall } from './calls.ts';
import { createKept } from './kept.ts';
import { DiscordAnswerError, messageOf } from './trouble.ts';

const KEEP_MS = 60_000;
const MOST_KEPT = 5_000;
/** Discord's answer for somebody who is not in the server. */
const UNKNOWN_MEMBER = 10_007;

const Member = z.object({
  roles: z.array(z.string()),
  user: z.object({ bot: z.boolean().default(false) }).optional(),
  pending: z.boolean().default(false),
});

type Known = { kind: 'member'; roles: readonly string[] } | { kind: 'refused'; reason: string };

export interface DiscordDirectory {
  platform: string;
  /** What an interaction has just said of somebody: as good as asking. */
  saw(user: string, roles: readonly string[]): void;
  /** Why this user may do nothing; null: an ordinary member. Throws `OpsError` when Discord cannot say. */
  whyRefused(user: string): Promise<string | null>;
  /** Those of `users` that have the role now. Throws `OpsError` when Discord cannot say. */
  among(role: string, users: readonly string[]): Promise<string[]>;
}

export function createMembers(calls: Calls, guild: string, now: () => number): DiscordDirectory {
  const kept = createKept<{ at: number; known: Known }>(MOST_KEPT);

  async function lookUp(user: string): Promise<Known> {
    const before = kept.get(user);
    if (before !== undefined && now() - before.at < KEEP_MS) return before.known;
    const known = await ask(user);
    kept.set(user, { at: now(), known });
    return known;
  }

  async function ask(user: string): Promise<Known> {
    try {
      return judge(Member.parse(await calls.call(memberCall(guild, user))));
    } catch (error) {
      if (error instanceof DiscordAnswerError && error.code === UNKNOWN_MEMBER) {
        return { kind: 'refused', reason: 'Discord does not know you in this server' };
      }
      throw error instanceof OpsError
        ? error
        : new OpsError('failed', `asking Discord who this is: ${messageOf(error)}`);
    }
  }

  return {
    platform: 'discord',
    saw: (user, roles) => kept.set(user, { at: now(), known: { kind: 'member', roles } }),
    async whyRefused(user) {
      const known = await lookUp(user);
      return known.kind === 'member' ? null : known.reason;
    },
    async among(role, users) {
      const all = await Promise.all(users.map(async (user) => ({ user, known: await lookUp(user) })));
      return all.flatMap(({ user, known }) => (known.kind === 'member' && known.roles.includes(role) ? [user] : []));
    },
  };
}

function judge({ roles, user, pending }: z.output<typeof Member>): Known {
  if (user?.bot === true) return { kind: 'refused', reason: 'Drover takes no orders from bots' };
  if (pending) return { kind: 'refused', reason: 'you have not accepted the rules of this server yet' };
  return { kind: 'member', roles };
}

function memberCall(guild: string, user: string): DiscordCall {
  return {
    method: 'GET',
    path: `/guilds/${guild}/members/${user}`,
    lane: () => 'urgent',
    body: () => null,
    repeatable: true,
  };
}
