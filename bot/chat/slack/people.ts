/**
 * Who a Slack user is and who is in a user group, for gates: fails closed, and keeps answers for a minute, because look-ups
 * at every click ran into rate limits elsewhere. Source: docs.slack.dev/reference/objects/user-object
 */
import { z } from 'zod';
import { OpsError } from '../../../actions/errors.ts';
import { type Calls, messageOf } from './calls.ts';

const KEEP_MS = 60_000;
const MOST_KEPT = 10_000;

const UserInfo = z.object({
  user: z.object({
    id: z.string(),
    team_id: z.string(),
    deleted: z.boolean().default(false),
    is_bot: z.boolean().default(false),
    is_app_user: z.boolean().default(false),
    is_restricted: z.boolean().default(false),
    is_ultra_restricted: z.boolean().default(false),
    is_stranger: z.boolean().default(false),
    enterprise_user: z.object({ teams: z.array(z.string()).default([]) }).optional(),
  }),
});
const GroupUsers = z.object({ users: z.array(z.string()) });

/** `reason` is for the person. */
export type UserCheck = { kind: 'member' } | { kind: 'refused'; reason: string };
export type GroupMembers = { kind: 'members'; users: ReadonlySet<string> } | { kind: 'unavailable'; reason: string };

/** The same for the rest of Drover: throws `OpsError` when Slack cannot answer, so that the gate stays shut. */
export interface SlackDirectory {
  platform: string;
  /** Why this user may do nothing; null: an ordinary member. */
  whyRefused(user: string): Promise<string | null>;
  /** Those of `users` that are in the user group now. */
  among(group: string, users: readonly string[]): Promise<string[]>;
}

export interface People {
  directory: SlackDirectory;
  checkUser(id: string): Promise<UserCheck>;
  /** `id` of a user group: `S0123456789`. */
  groupMembers(id: string): Promise<GroupMembers>;
}

export function createPeople(calls: Calls, team: () => string): People {
  const ask = (method: string, args: Record<string, string>) =>
    calls.call({ method, channel: null, lane: () => 'urgent', repeatable: true, args: () => args });
  const users = kept(async (id) => judge(UserInfo.parse(await ask('users.info', { user: id })).user, team()));
  const groups = kept(async (id): Promise<GroupMembers> => {
    const answer = await ask('usergroups.users.list', { usergroup: id });
    return { kind: 'members', users: new Set(GroupUsers.parse(answer).users) };
  });
  const groupMembers = (id: string) =>
    groups(id).catch((error): GroupMembers => {
      return { kind: 'unavailable', reason: `Slack could not say who is in ${id} (${messageOf(error)})` };
    });
  return {
    groupMembers,
    directory: {
      platform: 'slack',
      whyRefused: async (id) => {
        const check = await users(id).catch(toOpsError);
        return check.kind === 'member' ? null : check.reason;
      },
      among: async (group, some) => {
        const members = await groupMembers(group);
        if (members.kind === 'unavailable') throw new OpsError('failed', members.reason);
        return some.filter((user) => members.users.has(user));
      },
    },
    checkUser: (id) =>
      users(id).catch((error): UserCheck => {
        return { kind: 'refused', reason: `Slack could not say who you are (${messageOf(error)})` };
      }),
  };
}

function toOpsError(error: unknown): never {
  throw new OpsError('failed', `asking Slack who somebody is: ${messageOf(error)}`);
}

function judge(user: z.infer<typeof UserInfo>['user'], team: string): UserCheck {
  const ours = user.team_id === team || (user.enterprise_user?.teams.includes(team) ?? false);
  if (user.deleted) return refused('this Slack account is deactivated');
  if (user.is_bot || user.is_app_user || user.id === 'USLACKBOT') return refused('bots may not command Drover');
  if (user.is_stranger || !ours)
    return refused('people from other organisations (Slack Connect) may not command Drover');
  if (user.is_restricted || user.is_ultra_restricted) return refused('guests of this workspace may not command Drover');
  return { kind: 'member' };
}

function refused(reason: string): UserCheck {
  return { kind: 'refused', reason };
}

/** Keeps answers, not failures; the same question at the same time is asked once. */
function kept<T>(ask: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const answers = new Map<string, { answer: Promise<T>; until: number }>();
  return (id) => {
    const known = answers.get(id);
    if (known !== undefined && known.until > Date.now()) return known.answer;
    if (answers.size >= MOST_KEPT) answers.clear();
    const answer = ask(id);
    answers.set(id, { answer, until: Date.now() + KEEP_MS });
    answer.catch(() => answers.delete(id));
    return answer;
  };
}
