/** Records of operations for tests of what is made of them. */
import type { Operation } from '../../bot/operations/operation.ts';

/** One that began to wait at `since` (ms) for one of the approvers. */
export function waitingOperation({ since, expiresSeconds }: { since: number; expiresSeconds: number }): Operation {
  return {
    request: 7,
    state: 'waiting',
    uuid: '0d5b1cba-54d5-4c0b-9c8e-6c6c2c1a6d3f',
    requester: 'alice',
    from: { platform: 'web', id: 'alice' },
    address: null,
    place: { platform: 'web', channel: 'ops', thread: 'ops/0000000001' },
    line: 'vm start web-01',
    action: 'vm.start',
    args: { vm: 'web-01' },
    targets: ['web-01'],
    receivedAt: since,
    demand: {
      kind: 'ask',
      rules: [{ name: 'production', file: 'default.yaml', line: 3 }],
      requirement: { kind: 'group', group: 'approvers', count: 1 },
      expiresSeconds,
    },
    plan: {
      kind: 'plan',
      effects: ['Start web-01'],
      changes: [{ path: 'domain/web-01/state', before: 'shutoff', after: 'running' }],
      lost: [],
      cost: { vcpus: 0, memoryMiB: 0, diskGiB: 0 },
      undo: { action: 'vm.stop', args: { vm: 'web-01' }, holds: 'while it runs' },
    },
    facts: { state: 'shutoff' },
    info: [],
    digest: 'abcdef0123456789',
    digested: {},
    votes: [],
    expiresAt: since + expiresSeconds * 1000,
    cancel: null,
    steps: [],
    startedAt: null,
    endedAt: null,
    outcome: null,
    problem: null,
    notes: [],
  };
}
