/** What policy is asked and what it answers. Pure data: no names of chat platforms' types, no libvirt. */
import type { JsonObject, Risk } from '../actions/action.ts';

export interface PolicyPerson {
  name: string;
  groups: string[];
}

/** What policy may know of a VM, from the inventory; `exists: false` for one to be made or one nobody knows. */
export interface PolicyTarget {
  name: string;
  exists: boolean;
  owner: string;
  tags: Record<string, string>;
  /** `running`, `shutoff` …; '' when it does not exist. */
  state: string;
  protected: boolean;
}

export interface PolicyQuestion {
  person: PolicyPerson;
  action: { name: string; risk: Risk };
  args: JsonObject;
  /** null for actions without a target, such as `vm.list`. */
  target: PolicyTarget | null;
  request: { platform: string; channel: string };
  /** ms since the epoch. */
  now: number;
}

/** Where a rule stands: `policies/default.yaml:14`. */
export interface RuleRef {
  name: string;
  file: string;
  line: number;
}

/**
 * Who must agree. `group` asks for `count` distinct members; `all` needs each branch with people of its own (a person
 * counts once in the whole tree); `any` needs one branch.
 */
export type Requirement =
  | { kind: 'group'; group: string; count: number }
  | { kind: 'all'; of: Requirement[] }
  | { kind: 'any'; of: Requirement[] };

export type Decision =
  | { kind: 'allow'; rule: RuleRef; facts: string[] }
  | { kind: 'ask'; rules: RuleRef[]; requirement: Requirement; expiresSeconds: number; facts: string[] }
  | { kind: 'deny'; rule: RuleRef | null; reason: string; facts: string[]; hint: string | null };

/** A loaded, type-checked policy. `version` is a digest of its files' content. */
export interface Policy {
  version: string;
  decide(question: PolicyQuestion): Decision;
}
