/**
 * One card of each kind that people meet, with realistic and (`odd-cards.ts`) with hostile content. Every platform's renderer is tested
 * on all of them.
 */
import type { Card } from '../../../bot/chat/card.ts';
import { button, chinese, DIGEST, hostile, long } from './odd-cards.ts';

export { HOSTILE } from './odd-cards.ts';

const steps = (...statuses: ('pending' | 'running' | 'done' | 'failed' | 'unknown' | 'skipped')[]) => ({
  kind: 'steps' as const,
  steps: [
    'checking the plan again under the lock',
    'creating volume web-01.qcow2',
    'defining web-01',
    'starting web-01',
    'waiting for the guest to answer',
  ].map((title, at) => ({
    title,
    status: statuses[at] ?? 'pending',
    detail: statuses[at] === 'running' ? '12 s' : statuses[at] === 'failed' ? 'pool default: no space left' : '',
  })),
});

const received: Card = {
  tone: 'info',
  title: 'Request 12: create web-01',
  blocks: [{ kind: 'text', text: 'Looking at what that needs…' }],
  buttons: [],
  operation: { request: 12, digest: '' },
};

const waiting: Card = {
  tone: 'waiting',
  title: 'Request 12: create web-01 waits for approval',
  blocks: [
    { kind: 'text', text: 'alice asks for `vm create web-01 --cpu 2 --memory 2GiB --disk 10GiB --for 7d`.' },
    {
      kind: 'list',
      items: [
        'Create volume web-01.qcow2 (10 GiB) in pool default, on top of debian-12.qcow2',
        'Define web-01 with 2 vCPUs and 2048 MiB of memory',
        'Start web-01',
        'Delete nothing; the lease ends on 29 November 2026 at 22:00 UTC',
      ],
    },
    {
      kind: 'table',
      columns: ['What', 'Before', 'After'],
      rows: [
        ['domain/web-01/state', '–', 'running'],
        ['domain/web-01/vcpus', '–', '2'],
        ['domain/web-01/memoryMiB', '–', '2048'],
        ['volume/default/web-01.qcow2', '–', '10 GiB'],
      ],
    },
    {
      kind: 'fields',
      fields: [
        { name: 'Cost', value: '2 vCPUs, 2 GiB of memory, 10 GiB of disk' },
        { name: 'Lost for good', value: 'nothing' },
        { name: 'Undo', value: 'vm delete web-01 (until something is written to it)' },
        { name: 'Needs', value: '1 of ops, not alice' },
        { name: 'Rule', value: 'create-in-dev, policies/default.yaml:14' },
        { name: 'Expires', value: 'in 4 hours' },
      ],
    },
  ],
  buttons: [
    button('approve', 'Approve', 'primary'),
    button('reject', 'Reject', 'danger', { input: { label: 'Why not? alice will read it', required: true } }),
    button('withdraw', 'Withdraw', 'plain', { confirm: 'Withdraw request 12?' }),
  ],
  operation: { request: 12, digest: DIGEST },
};

const destructive: Card = {
  tone: 'waiting',
  title: 'Request 13: delete db-archive-2019 waits for approval',
  blocks: [
    { kind: 'list', items: ['Stop db-archive-2019 (destroy)', 'Delete db-archive-2019 and its volume of 80 GiB'] },
    { kind: 'text', text: 'Lost for good: everything on the disk of db-archive-2019.' },
  ],
  buttons: [
    button('approve', 'Approve', 'danger', {
      confirm: 'Approve deleting db-archive-2019 with its 80 GiB disk? There is no way back.',
      input: { label: 'Ticket or reason', required: false },
    }),
    button('reject', 'Reject', 'plain', { input: { label: 'Why not?', required: true } }),
  ],
  operation: { request: 13, digest: DIGEST },
};

const running: Card = {
  tone: 'running',
  title: 'Request 12: creating web-01',
  blocks: [{ kind: 'text', text: 'Approved by bob.' }, steps('done', 'done', 'running', 'pending', 'pending')],
  buttons: [button('cancel', 'Cancel', 'plain', { confirm: 'Stop after the step that runs now?' })],
  operation: { request: 12, digest: DIGEST },
};

const succeeded: Card = {
  tone: 'good',
  title: 'Request 12: web-01 is running',
  blocks: [
    steps('done', 'done', 'done', 'done', 'done'),
    {
      kind: 'fields',
      fields: [
        { name: 'Address', value: '192.168.122.47' },
        { name: 'Took', value: '9.4 s' },
        { name: 'Approved by', value: 'bob' },
      ],
    },
  ],
  buttons: [button('undo', 'Undo', 'plain', { confirm: 'Ask for vm delete web-01?' })],
  operation: { request: 12, digest: DIGEST },
};

const failed: Card = {
  tone: 'bad',
  title: 'Request 14: web-01 was not created',
  blocks: [
    steps('done', 'failed', 'skipped', 'skipped', 'skipped'),
    { kind: 'text', text: 'Nothing is left behind. Free 4 GiB in pool default, or ask for --disk 6GiB.' },
  ],
  buttons: [],
  operation: { request: 14, digest: DIGEST },
};

const unknown: Card = {
  tone: 'unknown',
  title: 'Request 15: nobody can know whether web-02 was started',
  blocks: [
    steps('done', 'done', 'done', 'unknown', 'pending'),
    { kind: 'text', text: 'The connection to qemu:///system ended while libvirt started web-02.' },
    { kind: 'fields', fields: [{ name: 'Evidence', value: 'web-02 is shutoff, last changed 3 s after the call' }] },
  ],
  buttons: [
    button('adopt', 'Adopt what is there', 'primary'),
    button('retry', 'Do the step again', 'plain', { confirm: 'Start web-02 again?' }),
    button('mark-done', 'Mark as done', 'plain', { input: { label: 'How do you know?', required: true } }),
  ],
  operation: { request: 15, digest: DIGEST },
};

const refused: Card = {
  tone: 'bad',
  title: 'Not allowed: stop pay-db-01',
  blocks: [
    { kind: 'text', text: 'Rule prod-needs-ops (policies/default.yaml:31): only ops may stop a VM with env=prod.' },
    {
      kind: 'fields',
      fields: [
        { name: 'Decided by', value: 'pay-db-01 has env=prod; you are in team-a' },
        { name: 'Would pass', value: 'ask somebody in ops, or stop a VM with env=dev' },
      ],
    },
  ],
  buttons: [],
  operation: null,
};

const help: Card = {
  tone: 'info',
  title: 'What you can ask',
  blocks: [
    {
      kind: 'table',
      columns: ['Command', 'Does'],
      rows: [
        ['vm list', 'Shows the VMs that you may see'],
        ['vm create <name>', 'Makes a VM and starts it'],
        ['vm stop <name>', 'Shuts a VM down from inside the guest'],
        ['vm snapshot <name>', 'Keeps the state of the disk, to go back to'],
      ],
    },
    { kind: 'text', text: 'For instance:' },
    {
      kind: 'code',
      text: 'vm create web-01 --cpu 2 --memory 2GiB --disk 10GiB --for 7d\nvm stop web-01 --grace 2m --dry-run',
    },
  ],
  buttons: [],
  operation: null,
};

export const cards = {
  received,
  waiting,
  destructive,
  running,
  succeeded,
  failed,
  unknown,
  refused,
  help,
  chinese,
  long,
  hostile,
} satisfies Record<string, Card>;
