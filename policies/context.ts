/**
 * A question as CEL sees it. Whole numbers become CEL ints, `target.env` and `owned` are worked out once, and the
 * implicit group `everyone` is added: every known person is in it.
 */
import type { Json } from '../actions/action.ts';
import type { PolicyPerson, PolicyQuestion, PolicyTarget } from './decision.ts';

export const EVERYONE = 'everyone';

/** A class because the CEL library finds a value's type by its constructor; a plain object would be wrapped per rule. */
export class CelPerson {
  readonly name: string;
  readonly groups: string[];

  constructor(person: PolicyPerson) {
    this.name = person.name;
    this.groups = person.groups.includes(EVERYONE) ? person.groups : [...person.groups, EVERYONE];
  }
}

/** See `CelPerson`. */
export class CelTarget {
  readonly name: string;
  readonly exists: boolean;
  readonly owner: string;
  readonly tags: Record<string, string>;
  readonly env: string;
  readonly state: string;
  readonly protected: boolean;
  /** Not a CEL field: what `owns(target)` answers. */
  readonly owned: boolean;

  constructor(target: PolicyTarget, person: CelPerson) {
    this.name = target.name;
    this.exists = target.exists;
    this.owner = target.owner;
    this.tags = target.tags;
    this.env = Object.hasOwn(target.tags, 'env') ? (target.tags.env ?? '') : '';
    this.state = target.state;
    this.protected = target.protected;
    this.owned = target.owner !== '' && (target.owner === person.name || person.groups.includes(target.owner));
  }
}

type CelValue = null | boolean | number | bigint | string | CelValue[] | { [key: string]: CelValue };

/** `target` is absent for an action without one: a condition that needs it then says nothing either way. */
export interface CelContext extends Record<string, unknown> {
  person: CelPerson;
  target?: CelTarget;
  action: PolicyQuestion['action'];
  args: Record<string, CelValue>;
  request: PolicyQuestion['request'];
  now: Date;
}

export function celContext(question: PolicyQuestion): CelContext {
  const person = new CelPerson(question.person);
  const context: CelContext = {
    person,
    action: question.action,
    args: celObject(question.args),
    request: question.request,
    now: new Date(question.now),
  };
  if (question.target !== null) context.target = new CelTarget(question.target, person);
  return context;
}

function celObject(object: { [key: string]: Json }): Record<string, CelValue> {
  const result: Record<string, CelValue> = {};
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value !== undefined) result[key] = celValue(value);
  }
  return result;
}

function celValue(value: Json): CelValue {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  return typeof value === 'object' && value !== null ? celObject(value) : value;
}
