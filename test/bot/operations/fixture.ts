/** Operations, and a store for them in memory. */
import type { EffectStep, Evidence } from '../../../actions/action.ts';
import type { Operation, Step } from '../../../bot/operations/operation.ts';
import { createOperations, type Operations } from '../../../bot/operations/operations.ts';
import { newStep } from '../../../bot/operations/step-record.ts';
import { openSqliteStore } from '../../../bot/store/sqlite.ts';
import type { Store } from '../../../bot/store/store.ts';

export const UUID = '1a2b3c4d-0000-4000-8000-000000000000';
export const NOTHING = { guards: [], puts: [], deletes: [] };

export function anOperation(patch: Partial<Operation> = {}): Operation {
  return {
    request: 1,
    state: 'received',
    uuid: UUID,
    requester: 'alice',
    from: { platform: 'web', id: 'alice' },
    address: null,
    place: { platform: 'web', channel: 'ops', thread: 'ops/0000000001' },
    line: 'vm create web-01',
    action: 'vm.create',
    args: { name: 'web-01' },
    targets: ['web-01'],
    receivedAt: 1,
    demand: null,
    plan: null,
    facts: null,
    info: [],
    digest: '',
    digested: null,
    votes: [],
    expiresAt: null,
    cancel: null,
    steps: [],
    startedAt: null,
    endedAt: null,
    outcome: null,
    problem: null,
    notes: [],
    ...patch,
  };
}

export function aStep(patch: Partial<Step> = {}): Step {
  const record = anEffect().record;
  return { ...newStep('starting web-01', 1), record, intent: 7, recorded: false, ...patch };
}

export interface EffectScript {
  run?: () => Promise<void>;
  evidence?: Evidence['kind'];
}

export function anEffect({ run = async () => {}, evidence = 'did-not' }: EffectScript = {}): EffectStep {
  return {
    title: 'starting web-01',
    record: {
      type: 'VIRT_CONTROL',
      op: 'start',
      reason: 'booted',
      command: 'libvirt start web-01',
      vm: 'web-01',
      uuid: UUID,
    },
    run,
    happened: async () => ({ kind: evidence, evidence: `evidence: ${evidence}` }),
  };
}

export function memoryStore(): Store {
  return openSqliteStore(':memory:');
}

/** Operations in a store of their own, with these in it. */
export async function operationsWith(store: Store, ...all: Operation[]): Promise<Operations> {
  const operations = createOperations(store);
  for (const operation of all) await operations.create(operation, NOTHING);
  return operations;
}
