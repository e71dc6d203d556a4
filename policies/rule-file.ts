/** The written shape of a policy file. What it means is in `rules.ts`. */
import { z } from 'zod';
import { WrittenRequirement } from './requirement.ts';

const Words = z.string().trim().min(1).max(300);

export const WrittenRule = z.strictObject({
  /** Unique in all files; what people and the log call it. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'lower-case letters, digits and hyphens, at most 64'),
  effect: z.enum(['allow', 'ask', 'deny']),
  /** `vm.stop`, `vm.*` or `*`. */
  actions: z
    .array(z.string().regex(/^(\*|[a-z][a-z0-9-]*(\.[a-z0-9-]+)*(\.\*)?)$/, 'as in vm.stop, vm.* or *'))
    .min(1)
    .max(50),
  /** Only actions of these risks; without it, any. */
  risks: z
    .array(z.enum(['read', 'change', 'disruptive', 'destructive']))
    .min(1)
    .max(4)
    .optional(),
  /** A condition in CEL. */
  when: z.string().min(1).max(2000).optional(),
  reason: Words.optional(),
  hint: Words.optional(),
  approve: WrittenRequirement.optional(),
  /** How long an approval may be waited for: `30m`, `4h`, `2d`; 1 minute to 30 days. */
  expires: z
    .string()
    .regex(/^[1-9][0-9]{0,3}[mhd]$/, 'a duration, as in 30m, 4h or 2d')
    .optional(),
});
export type WrittenRule = z.infer<typeof WrittenRule>;

export const RuleFile = z.strictObject({ rules: z.array(WrittenRule).max(2000) });
export type RuleFile = z.infer<typeof RuleFile>;

const UNIT_SECONDS: Record<string, number> = { m: 60, h: 3600, d: 86_400 };
const MAX_EXPIRES_SECONDS = 30 * 86_400;
const DEFAULT_EXPIRES_SECONDS = 4 * 3600;

/** Null when it is longer than allowed. */
export function expiresSeconds(written: string | undefined): number | null {
  if (written === undefined) return DEFAULT_EXPIRES_SECONDS;
  const seconds = Number(written.slice(0, -1)) * (UNIT_SECONDS[written.slice(-1)] ?? 0);
  return seconds > 0 && seconds <= MAX_EXPIRES_SECONDS ? seconds : null;
}
