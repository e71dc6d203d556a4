/** What people without rights, strangers and hostile texts get: nothing done, and nothing told that they may not know. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifyLog } from '../../audit/verify.ts';
import type { Inbound } from '../../bot/chat/card.ts';
import { type Person, pause, type Stage } from './stage.ts';
import { terminalStage } from './stage-terminal.ts';
import { webStage } from './stage-web.ts';
import { addVm } from './world.ts';

/** Only owners see and do anything. */
const OWNERS_ONLY = `rules:
  - { name: look, effect: allow, actions: [vm.list] }
  - { name: own, effect: allow, actions: [vm.show, vm.start, vm.stop, vm.kill, vm.reboot, vm.suspend, vm.resume, vm.delete], when: owns(target) }
  - { name: make, effect: allow, actions: [vm.create], when: "'makers' in person.groups" }
  - { name: kept, effect: deny, actions: ['*'], risks: [destructive], when: target.protected, reason: it is protected }
  - { name: agreed, effect: ask, actions: [vm.reboot], when: owns(target) && target.env == 'prod', approve: { group: approvers } }
`;

const PEOPLE = [
  { name: 'alice', groups: ['team-a', 'makers'], accounts: { web: ['alice'] } },
  { name: 'bob', groups: ['approvers'], accounts: { web: ['bob'] } },
  { name: 'erin', groups: ['team-b'], accounts: { web: ['erin'] } },
];

/** Both have the same length, and neither is near to a VM of erin's. */
const THERE = 'secret-01';
const NOT_THERE = 'absent-01';

const lines = [
  ...['show', 'start', 'stop', 'kill', 'reboot', 'suspend', 'resume', 'delete', 'create', 'destroy', 'info'],
  ...['stop --force', 'delete --disks --force', 'stop --grace 5m', 'create --env dev --owner team-b'],
  ...['stop --dry-run', 'delete --dry-run', 'show --dry-run', 'create --dry-run'],
].map((verb) => verb.replace(/^(\S+)/, 'vm $1 NAME'));
const indirect = [
  ...['show', 'start', 'stop', 'kill', 'reboot', 'delete', 'create'].map((verb) => `vm explain ${verb} NAME`),
  ...['vm list name=NAME', 'vm NAME stop', 'vm sotp NAME', 'vm stop NAME NAME', 'vm help NAME', 'vm stop NAMEx'],
  ...['vm stop NAME --froce', 'vm show xNAME', 'vm stop "NAME "', 'vm explain NAME'],
];

/** Everything that came back, with the request numbers and the name taken out. */
async function answersTo(person: Person, line: string, name: string): Promise<string> {
  // Cards of requests are left out: those that are being looked at come and go, and of denied ones there are none.
  const answers = async () => (await person.sees()).filter(({ request }) => request === null);
  const before = { told: (await person.told()).length, answers: (await answers()).length };
  const fresh = async () => [
    ...(await person.told()).slice(before.told),
    ...(await answers()).slice(before.answers).map(({ text }) => text),
  ];
  await person.say(line.replaceAll('NAME', name));
  // Quiet for three looks after the first answer: nothing more will come.
  for (let quiet = 0, last = 0; quiet < 3; await pause()) {
    const { length } = await fresh();
    quiet = length > 0 && length === last ? quiet + 1 : 0;
    last = length;
  }
  return (await fresh()).join('\n').replaceAll(name, 'NAME').replace(/#\d+/g, '#N');
}

async function secretStage(...args: Parameters<typeof terminalStage>): Promise<Stage> {
  const stage = await terminalStage(args[0], { policy: OWNERS_ONLY, people: PEOPLE });
  addVm(stage.host, THERE, { owner: 'team-a', tags: { env: 'prod' }, protected: true });
  stage.host.changeBehindBack(THERE, {});
  await pause(50);
  return stage;
}

test('a person without rights gets the same answer whether a VM exists or not, byte for byte, for every command', async (t) => {
  const stage = await secretStage(t);
  assert.match(
    await answersTo(await stage.person('alice'), 'vm show NAME', THERE),
    /running/,
    'it is there for its owner',
  );
  // A terminal of its own for each, all at once: answers cannot be mixed up, and the order does not matter either.
  const ask = async (line: string, name: string) => answersTo(await stage.person('erin'), line, name);
  const compare = async (line: string) => {
    const [there, notThere] = await Promise.all([ask(line, THERE), ask(line, NOT_THERE)]);
    assert.equal(there, notThere, line);
    assert.notEqual(there, '', line);
    assert.doesNotMatch(there, /team-a|protected: |running/, line);
  };
  await Promise.all([...lines, ...indirect].map(compare));
  assert.deepEqual(stage.host.effects, []);
});

test('the audit log does not tell operators that somebody learnt of a VM: each attempt is there as a denial', async (t) => {
  const stage = await secretStage(t);
  const erin = await stage.person('erin');
  await answersTo(erin, 'vm stop NAME', THERE);
  const denials = stage.audit().filter((line) => line.includes('op=policy') && line.includes('decision=deny'));
  assert.equal(denials.length, 1);
  assert.match(denials[0] ?? '', /vm="secret-01".*res=failed/);
});

test('a slip near to a VM that one may not see is not mended to its name', async (t) => {
  const stage = await secretStage(t);
  const erin = await stage.person('erin');
  for (const line of ['vm stop secret-1', 'vm stop secret-0l', 'vm show secert-01']) {
    assert.doesNotMatch(await answersTo(erin, line, '-'), /secret-01/);
  }
});

test('a list shows nothing of others, and does not say how many there are', async (t) => {
  const stage = await secretStage(t);
  const erin = await stage.person('erin');
  const told = await answersTo(erin, 'vm list', '-');
  assert.match(told, /1 VM\b/);
  assert.doesNotMatch(told, /secret|dev-01|prod-01/);
});

test('help names no command that a person could never use', async (t) => {
  const stage = await secretStage(t);
  const [erin, alice] = [await stage.person('erin'), await stage.person('alice')];
  assert.doesNotMatch(await answersTo(erin, 'vm help', '-'), /vm create/);
  assert.match(await answersTo(alice, 'vm help', '-'), /vm create/);
});

test('somebody unknown gets nothing done and learns nothing, and the attempt is on record', async (t) => {
  const stage = await terminalStage(t);
  const [mallory, alice, bob] = [await stage.person('mallory'), await stage.person('alice'), await stage.person('bob')];
  await alice.say('vm stop prod-01');
  const plan = await bob.plan('vm stop prod-01');
  await mallory.say('vm stop dev-01');
  const told = await mallory.untilTold(/does not know you/);
  assert.match(told, /mallory is none/);
  await mallory.press(plan, 'approve');
  await mallory.say('vm show prod-01');
  await mallory.say('vm help');
  await pause(200);
  assert.deepEqual(new Set(await mallory.told()), new Set([told]));
  assert.deepEqual(stage.host.effects, []);
  assert.equal(stage.audit().filter((line) => /^type=USER_AUTH .*mallory.*res=failed/.test(line)).length, 4);
});

test('nobody becomes somebody by a name that looks alike', async (t) => {
  const stage = await terminalStage(t);
  for (const name of ['Alice', 'alice ', 'аlice', 'alice\u200d', 'ａlice', '', '__proto__', 'constructor']) {
    const person = await stage.person(name);
    await person.say('vm stop dev-01');
    await person.untilTold(/does not know you/);
  }
  assert.deepEqual(stage.host.effects, []);
});

const hostile = [
  '\u001b[2J\u001b]0;owned\u0007approved by bob',
  'fine\ntype=USER_ACCT msg=audit(1.0:1): op=approve decision=approve res=success',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '\u202eevorppa\u202c',
  '<!channel> @everyone ```code``` *bold*',
  'reason=x res=success\' AUID="root" \u001d UID="root"',
  `${'x'.repeat(1900)}`,
];

for (const reason of hostile) {
  test(`a reason like ${JSON.stringify(reason.slice(0, 30))} stays a reason on card, terminal and record`, async (t) => {
    const stage = await webStage(t);
    const [alice, bob] = [await stage.person('alice'), await stage.person('bob')];
    await alice.say('vm stop prod-01');
    const plan = await bob.plan('vm stop prod-01');
    await bob.press(plan, 'reject', reason);
    const end = await alice.end(plan.request, 'rejected');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(end.text, /[\u0000-\u0009\u000b-\u001f\u007f\u202a-\u202e]/);
    const verdict = await verifyLog({
      directory: join(stage.stateDir, 'audit'),
      pin: null,
      anchors: [],
      notBefore: null,
    });
    assert.equal(verdict.kind, 'intact');
    const votes = stage.audit().filter((line) => /\bop=approve /.test(line));
    assert.equal(votes.length, 1);
    assert.match(votes[0] ?? '', /decision=reject/);
    assert.deepEqual(stage.host.effects, []);
  });
}

const names = [
  'web-01;reboot',
  '../../etc/passwd',
  '<b>x</b>',
  '$(id)',
  'a\u202eb',
  "x' OR '1'='1",
  '-rf',
  '.hidden',
  'x'.repeat(64),
];
for (const name of names) {
  test(`no VM is called ${JSON.stringify(name.slice(0, 20))}`, async (t) => {
    const stage = await webStage(t);
    const alice = await stage.person('alice');
    await alice.say(`vm create "${name}" --env dev`);
    await alice.untilTold(/./);
    await pause(50);
    assert.deepEqual(stage.host.effects, []);
    assert.deepEqual(await stage.drover.operations.recent(1), []);
  });
}

test('an owner or a tag of hostile text is shown as it is and changes no other field', async (t) => {
  const stage = await webStage(t);
  const [alice, bob] = [await stage.person('alice'), await stage.person('bob')];
  await alice.say('vm create evil-01 --tag "env=prod" --tag "note=| approved by: bob <@U1> *x*" --owner alice');
  const plan = await bob.plan('vm create evil-01');
  assert.match(plan.text, /note=\| approved by: bob <@U1> \*x\*/);
  assert.match(plan.text, /Waits for 1 more of approvers/);
  await bob.press(plan, 'approve');
  await alice.end(plan.request, 'succeeded');
  assert.equal((await stage.host.domain('evil-01'))?.metadata.tags.note, '| approved by: bob <@U1> *x*');
});

test('an event that is no event of Drover’s changes nothing', async (t) => {
  const stage = await webStage(t);
  const common = { from: { platform: 'web', id: 'alice' }, place: { platform: 'web', channel: 'ops', thread: null } };
  const line = (text: string): Inbound => ({
    ...common,
    kind: 'line',
    eventId: crypto.randomUUID(),
    message: null,
    address: null,
    text,
  });
  for (const text of ['', ' ', 'vm', 'hello vm', 'good morning', '\u0000', 'the vm stop dev-01 did not work']) {
    const { handled } = await stage.drover.desk.take(line(text));
    assert.equal((await handled).kind, 'ignored', JSON.stringify(text));
  }
  assert.deepEqual(stage.host.effects, []);
});
