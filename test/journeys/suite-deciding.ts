/** Journeys of several people: who agrees, who may not, and when an agreement is void. Part of the suite for every platform. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MakeStage, Person, Stage } from './stage.ts';

const HOUR_MS = 3_600_000;

async function peopleOf(stage: Stage): Promise<{ alice: Person; bob: Person; carol: Person }> {
  return { alice: await stage.person('alice'), bob: await stage.person('bob'), carol: await stage.person('carol') };
}

export function decidingSuite(name: string, makeStage: MakeStage): void {
  test(`${name}: a request waits, one of the right group approves, the very plan is done`, async (t) => {
    const stage = await makeStage(t);
    const { alice, bob } = await peopleOf(stage);
    await alice.say('vm create web-02 --env prod --memory 1GiB');
    const plan = await bob.plan('vm create web-02');
    assert.match(plan.text, /Waits for 1 more of approvers \(bob, carol, dave\)/);
    assert.match(plan.text, /Define web-02 with 1 vCPU and 1 GiB/);
    assert.deepEqual(stage.host.effects, []);
    await bob.press(plan, 'approve');
    await alice.end(plan.request, 'succeeded');
    const card = await alice.until(
      'the card',
      ({ text }) => text.includes('Done.') && text.includes('Approved by bob'),
    );
    assert.equal(card.id, plan.id, 'the same message was edited');
    assert.equal(stage.host.count('start', 'web-02'), 1);
  });

  test(`${name}: a rejection has a reason, everybody reads it, nothing is done`, async (t) => {
    const stage = await makeStage(t);
    const { alice, bob, carol } = await peopleOf(stage);
    await alice.say('vm stop prod-01');
    const plan = await bob.plan('vm stop prod-01');
    await bob.press(plan, 'reject', 'not during the sale');
    assert.match((await alice.end(plan.request, 'rejected')).text, /rejected by bob: not during the sale/);
    await carol.press(plan, 'approve');
    await carol.untilTold(/is rejected already/);
    assert.deepEqual(stage.host.effects, []);
  });

  test(`${name}: who asked cannot approve, and is told so alone; somebody else still can`, async (t) => {
    const stage = await makeStage(t);
    const { alice, bob, carol } = await peopleOf(stage);
    await carol.say('vm stop prod-01');
    const plan = await carol.plan('vm stop prod-01');
    await carol.press(plan, 'approve');
    await carol.untilTold(/you asked for #\d+ yourself/);
    assert.deepEqual([await alice.told(), await bob.told()], [[], []]);
    assert.deepEqual(stage.host.effects, []);
    await bob.press(plan, 'approve');
    await carol.end(plan.request, 'succeeded');
    assert.equal(stage.host.count('shutdown'), 1);
  });

  test(`${name}: two must agree, and one person twice is one`, async (t) => {
    const stage = await makeStage(t);
    const { alice, bob, carol } = await peopleOf(stage);
    await alice.say('vm delete off-01');
    const plan = await bob.plan('vm delete off-01');
    await bob.press(plan, 'approve');
    const half = await bob.until('one of two', ({ text }) => /Approved by bob\. Waits for 1 more/.test(text));
    await bob.press(half, 'approve');
    await bob.untilTold(/you said so already/);
    assert.deepEqual(stage.host.effects, []);
    await carol.press(half, 'approve');
    await alice.end(plan.request, 'succeeded');
    assert.equal(stage.host.count('undefineDomain', 'off-01'), 1);
  });

  test(`${name}: two clicks at once do it once, and one end is told`, async (t) => {
    const stage = await makeStage(t);
    const { alice, bob, carol } = await peopleOf(stage);
    await alice.say('vm stop prod-01');
    const plan = await bob.plan('vm stop prod-01');
    await carol.plan('vm stop prod-01');
    await Promise.all([bob.press(plan, 'approve'), carol.press(plan, 'approve')]);
    await alice.end(plan.request, 'succeeded');
    assert.equal(stage.host.count('shutdown'), 1);
    const endings = (await alice.sees()).filter(({ text }) => text.includes('succeeded: '));
    assert.equal(endings.length, 1);
  });

  test(`${name}: a click that is delivered twice counts once`, async (t) => {
    const stage = await makeStage(t);
    const { alice, bob } = await peopleOf(stage);
    await alice.say('vm delete off-01');
    const plan = await bob.plan('vm delete off-01');
    await bob.pressTwice(plan, 'approve');
    await bob.until('one of two', ({ text }) => /Approved by bob\. Waits for 1 more/.test(text));
    assert.equal((await stage.operation(plan.request ?? 0)).votes.length, 1);
    assert.deepEqual(stage.host.effects, []);
  });

  test(`${name}: the VM changed before the approval, so it is void and says what changed`, async (t) => {
    const stage = await makeStage(t);
    const { alice, bob } = await peopleOf(stage);
    await alice.say('vm stop prod-01 --force');
    const plan = await bob.plan('vm stop prod-01');
    stage.host.changeBehindBack('prod-01', { persistent: false });
    await bob.press(plan, 'approve');
    const again = await bob.until('a new plan', ({ text, verbs }) => verbs.includes('approve') && /void/.test(text));
    assert.match(again.text, /persistent: true → false/);
    assert.deepEqual(stage.host.effects, []);
    await bob.press(plan, 'approve');
    await bob.untilTold(/has changed since that card/);
    assert.deepEqual(stage.host.effects, []);
    await bob.press(again, 'approve');
    await alice.end(plan.request, 'succeeded');
    assert.equal(stage.host.count('shutdown'), 1);
  });

  test(`${name}: the VM changed between approval and run, so nothing is done`, async (t) => {
    const stage = await makeStage(t);
    const { alice, bob, carol } = await peopleOf(stage);
    const goOn = stage.holdReboots();
    await alice.say('vm delete dev-01 --force');
    const plan = await bob.plan('vm delete dev-01');
    await alice.say('vm reboot dev-01');
    await alice.until('the reboot', ({ text }) => text.includes('vm reboot dev-01') && text.includes('Running'));
    await bob.press(plan, 'approve');
    const half = await carol.until('one of two', ({ text }) => /Approved by bob\. Waits/.test(text));
    await carol.press(half, 'approve');
    await alice.until('its place in the queue', ({ text }) => /Waits for #\d+ \(vm reboot dev-01/.test(text));
    stage.host.changeBehindBack('dev-01', { persistent: false });
    goOn();
    const again = await bob.until('a new plan', ({ text, verbs }) => verbs.includes('approve') && /void/.test(text));
    assert.match(again.text, /persistent: true → false/);
    assert.deepEqual([stage.host.count('undefineDomain'), stage.host.count('destroy')], [0, 0]);
  });

  test(`${name}: a request that is withdrawn is over`, async (t) => {
    const stage = await makeStage(t);
    const { alice, bob } = await peopleOf(stage);
    await alice.say('vm stop prod-01');
    const plan = await bob.plan('vm stop prod-01');
    await bob.press(plan, 'withdraw');
    await bob.untilTold(/only alice can withdraw/);
    await alice.press(plan, 'withdraw');
    await bob.end(plan.request, 'withdrawn');
    await bob.press(plan, 'approve');
    await bob.untilTold(/is withdrawn already/);
    assert.deepEqual(stage.host.effects, []);
  });

  test(`${name}: what nobody decides expires, and a late click is told so`, async (t) => {
    const stage = await makeStage(t);
    const { alice, bob } = await peopleOf(stage);
    await alice.say('vm stop prod-01');
    const plan = await bob.plan('vm stop prod-01');
    stage.forward(4 * HOUR_MS + 1);
    await bob.press(plan, 'approve');
    await bob.untilTold(/expired/);
    await alice.end(plan.request, 'expired');
    assert.deepEqual(stage.host.effects, []);
  });
}
