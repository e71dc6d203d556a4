/** Attempts that go through the policy: files that break or change at the wrong moment, and what it protects. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Person, Sight, Stage } from './stage.ts';
import { webStage } from './stage-web.ts';
import { addVm, openWorld } from './world.ts';

const RULES = `rules:
  - { name: look, effect: allow, actions: [vm.list, vm.show], when: owns(target) }
  - { name: restart, effect: allow, actions: [vm.reboot], when: owns(target) }
  - { name: power, effect: ask, actions: [vm.stop], when: owns(target), approve: { group: approvers }, expires: 4h }
`;

async function planOfStop(stage: Stage): Promise<{ alice: Person; bob: Person; plan: Sight }> {
  const [alice, bob] = [await stage.person('alice'), await stage.person('bob')];
  await alice.say('vm stop prod-01');
  return { alice, bob, plan: await bob.plan('vm stop prod-01') };
}

async function replacePolicy(stage: Stage, text: string): Promise<void> {
  writeFileSync(stage.policyFile, text);
  await stage.drover.reloadPolicy();
}

/** The request is approved while another one holds the VM; what `meanwhile` does happens before its turn. */
async function approveInQueue(
  stage: Stage,
  meanwhile: () => Promise<void> | void,
): Promise<{ alice: Person; plan: Sight }> {
  const goOn = stage.holdReboots();
  const { alice, bob, plan } = await planOfStop(stage);
  await alice.say('vm reboot prod-01');
  await alice.until('the first', ({ text }) => text.includes('vm reboot prod-01') && text.includes('Running'));
  await bob.press(plan, 'approve');
  await alice.until('the queue', ({ text }) => text.includes('Waits for #'));
  await meanwhile();
  goOn();
  return { alice, plan };
}

test('a policy file that is broken on reload leaves the old policy in force, and the audit log says so', async (t) => {
  const stage = await webStage(t, { policy: RULES });
  const { alice, bob, plan } = await planOfStop(stage);
  await replacePolicy(stage, `${RULES}  - { name: oops, effect: alow, actions: ['*'] }\n`);
  await alice.say('vm kill prod-01');
  await alice.untilTold(/Not allowed: vm kill prod-01/);
  const load = stage.audit().filter((line) => line.includes('op=policy-load'));
  assert.ok(
    load.some((line) => /res=failed/.test(line)),
    load.join('\n'),
  );
  assert.deepEqual(stage.host.effects, []);
  await bob.press(plan, 'approve');
  await alice.end(plan.request, 'succeeded');
});

const broken: [what: string, text: string, place: RegExp][] = [
  ['a word that is no effect', RULES.replace('effect: ask', 'effect: aks'), /rules\.yaml:4/],
  [
    'a condition with a type error',
    RULES.replace('when: owns(target), approve', 'when: owns(4), approve'),
    /rules\.yaml:4/,
  ],
  ['a group that is nobody’s', RULES.replace('group: approvers', 'group: aprovers'), /rules\.yaml:4/],
  ['no YAML at all', `${RULES}\n\t- {`, /rules\.yaml:\d/],
];
for (const [what, policy, place] of broken) {
  test(`with ${what} in the policy Drover does not start, and names file and line`, async (t) => {
    await assert.rejects(openWorld(t, { policy }), (error: Error) => {
      assert.match(error.message, place);
      return true;
    });
  });
}

test('a policy that denies since the approval denies', async (t) => {
  const stage = await webStage(t, { policy: RULES });
  const { alice, plan } = await approveInQueue(stage, () =>
    replacePolicy(
      stage,
      `${RULES}  - { name: freeze, effect: deny, actions: [vm.stop], reason: nothing stops today }\n`,
    ),
  );
  const end = await alice.end(plan.request, 'denied');
  assert.match(end.text, /nothing stops today/);
  assert.equal(stage.host.count('shutdown'), 0);
});

test('a policy that asks for more since the approval voids it', async (t) => {
  const stage = await webStage(t, { policy: RULES });
  const { alice } = await approveInQueue(stage, () =>
    replacePolicy(stage, RULES.replace('{ group: approvers }', '{ group: approvers, count: 2 }')),
  );
  const again = await alice.until('the void', ({ text }) => /void.*the policy/.test(text));
  assert.match(again.text, /Waits for 2 more of approvers/);
  assert.equal(stage.host.count('shutdown'), 0);
});

test('a policy that changed before the click voids it, too', async (t) => {
  const stage = await webStage(t, { policy: RULES });
  const { bob, plan } = await planOfStop(stage);
  await replacePolicy(stage, RULES.replace('{ group: approvers }', '{ group: approvers, count: 2 }'));
  await bob.press(plan, 'approve');
  await bob.until('the void', ({ text, verbs }) => verbs.includes('approve') && /void.*the policy/.test(text));
  assert.deepEqual(stage.host.effects, []);
});

test('a protected VM is not destroyed, and those who own it are told by which rule', async (t) => {
  const stage = await webStage(t);
  const alice = await stage.person('alice');
  for (const line of ['vm delete kept-01', 'vm delete kept-01 --disks --force', 'vm kill kept-01']) {
    await alice.say(line);
    assert.match(await alice.untilTold(new RegExp(`Not allowed: ${line}`)), /protected \(.*default\.yaml:\d+\)/);
  }
  assert.deepEqual(stage.host.effects, []);
});

test('those who may not touch a VM are not told that it is protected', async (t) => {
  const stage = await webStage(t);
  addVm(stage.host, 'open-01', { owner: 'team-a', tags: { env: 'dev' } });
  await stage.drover.desk.idle();
  const erin = await stage.person('erin');
  await erin.say('vm kill kept-01');
  const kept = await erin.untilTold(/Not allowed: vm kill kept-01/);
  await erin.say('vm kill open-01');
  const open = await erin.untilTold(/Not allowed: vm kill open-01/);
  assert.equal(kept.replaceAll('kept-01', 'open-01'), open);
});

test('a VM that is protected after the approval is not destroyed', async (t) => {
  const stage = await webStage(t);
  const goOn = stage.holdReboots();
  const [alice, bob, carol] = [await stage.person('alice'), await stage.person('bob'), await stage.person('carol')];
  await alice.say('vm delete dev-01 --force');
  const plan = await bob.plan('vm delete dev-01');
  await alice.say('vm reboot dev-01');
  await alice.until('the first', ({ text }) => text.includes('vm reboot dev-01') && text.includes('Running'));
  await bob.press(plan, 'approve');
  await carol.press(await carol.until('one of two', ({ text }) => text.includes('Approved by bob.')), 'approve');
  await alice.until('the queue', ({ text }) => text.includes('Waits for #'));
  const metadata = { owner: 'team-a', expires: null, tags: { env: 'dev' }, protected: true, request: null };
  stage.host.changeBehindBack('dev-01', { metadata }, 'quiet');
  goOn();
  assert.match((await alice.end(plan.request, 'denied')).text, /protected against destruction/);
  assert.deepEqual([stage.host.count('destroy'), stage.host.count('undefineDomain')], [0, 0]);
});

test('an owner who lost the VM after the approval gets nothing done with it', async (t) => {
  const stage = await webStage(t, { policy: RULES });
  const metadata = { owner: 'team-b', expires: null, tags: { env: 'prod' }, protected: false, request: null };
  const { alice, plan } = await approveInQueue(stage, () =>
    stage.host.changeBehindBack('prod-01', { metadata }, 'quiet'),
  );
  await alice.end(plan.request, 'denied');
  assert.equal(stage.host.count('shutdown'), 0);
});

test('another VM of the same name is not the one that was approved', async (t) => {
  const stage = await webStage(t, { policy: RULES });
  const { bob, plan } = await planOfStop(stage);
  stage.host.changeBehindBack('prod-01', null);
  addVm(stage.host, 'prod-01', { owner: 'team-a', tags: { env: 'prod' } });
  await bob.press(plan, 'approve');
  await bob.until('the void', ({ text, verbs }) => verbs.includes('approve') && /void.*uuid/.test(text));
  assert.deepEqual(stage.host.effects, []);
});
