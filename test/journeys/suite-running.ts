/** Journeys of what runs: the queue, cancelling, a host that goes away, the way back. Part of the suite for every platform. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MakeStage, pause } from './stage.ts';

export function runningSuite(name: string, makeStage: MakeStage): void {
  test(`${name}: the second request for a VM waits and names the first and who asked for it`, async (t) => {
    const stage = await makeStage(t);
    const alice = await stage.person('alice');
    const goOn = stage.holdReboots();
    await alice.say('vm reboot dev-01');
    await alice.until('the first', ({ text }) => text.includes('vm reboot dev-01') && text.includes('Running'));
    await alice.say('vm stop dev-01');
    const waits = await alice.until('the queue', ({ text }) => text.includes('Waits for #'));
    assert.match(waits.text, /Waits for #\d+ \(vm reboot dev-01, asked by alice, running\)/);
    assert.equal(stage.host.count('shutdown'), 0);
    goOn();
    await alice.end(waits.request, 'succeeded');
    assert.deepEqual(
      stage.host.effects.map(({ method }) => method),
      ['reboot', 'shutdown'],
    );
  });

  test(`${name}: what waits in the queue can be cancelled and never begins`, async (t) => {
    const stage = await makeStage(t);
    const alice = await stage.person('alice');
    const goOn = stage.holdReboots();
    await alice.say('vm reboot dev-01');
    await alice.until('the first', ({ text }) => text.includes('vm reboot dev-01') && text.includes('Running'));
    await alice.say('vm stop dev-01');
    const waits = await alice.until('the queue', ({ text }) => text.includes('Waits for #'));
    await alice.press(waits, 'cancel');
    assert.match((await alice.end(waits.request, 'cancelled')).text, /before it began/);
    goOn();
    await alice.until('the first’s end', ({ text }) => /succeeded: .*dev-01/.test(text));
    assert.equal(stage.host.count('shutdown'), 0);
  });

  test(`${name}: what runs can be cancelled: it stops at a safe point, and the VM stays on`, async (t) => {
    const stage = await makeStage(t);
    const [alice, erin] = [await stage.person('alice'), await stage.person('erin')];
    await alice.say('vm stop deaf-01 --force');
    const runs = await alice.until('the wait', ({ text }) => text.includes('waiting up to 2 min for deaf-01'));
    await erin.press(runs, 'cancel');
    await erin.untilTold(/you may not cancel/);
    await alice.press(runs, 'cancel');
    await alice.end(runs.request, 'cancelled');
    assert.equal(stage.host.count('destroy'), 0);
    assert.equal((await stage.host.domain('deaf-01'))?.state, 'running');
  });

  test(`${name}: an answer that is lost is looked up in the world, and nothing is done twice`, async (t) => {
    const stage = await makeStage(t);
    const alice = await stage.person('alice');
    stage.host.fault({ method: 'start', name: 'off-01', drop: true });
    await alice.say('vm start off-01');
    await alice.until('the end', ({ text }) => /succeeded: .*off-01/.test(text));
    assert.equal(stage.host.count('start'), 1);
  });

  test(`${name}: an outcome that nobody can know is called unknown, and a person settles it`, async (t) => {
    const stage = await makeStage(t);
    const [alice, erin] = [await stage.person('alice'), await stage.person('erin')];
    stage.host.fault({ method: 'shutdown', name: 'deaf-01', drop: true });
    await alice.say('vm stop deaf-01 --grace 5s');
    const unknown = await alice.until('the unknown', ({ text }) => /#\d+ unknown: /.test(text));
    assert.match(unknown.text, /leaves no trace/);
    assert.deepEqual(unknown.verbs, ['adopt', 'retry', 'mark-done']);
    await erin.press(unknown, 'mark-done', 'I say so');
    await erin.untilTold(/you may not decide/);
    await alice.press(unknown, 'mark-done', 'seen on the console');
    assert.match((await alice.end(unknown.request, 'succeeded')).text, /seen on the console/);
    assert.equal(stage.host.count('shutdown'), 1);
  });

  test(`${name}: a host that is away is said to be, and work goes on when it is back`, async (t) => {
    const stage = await makeStage(t);
    const [alice, bob] = [await stage.person('alice'), await stage.person('bob')];
    await alice.say('vm stop prod-01');
    const plan = await bob.plan('vm stop prod-01');
    stage.host.disconnect();
    await alice.say('vm stop dev-01');
    await alice.untilTold(/host could not be asked/);
    await bob.press(plan, 'approve');
    await alice.until('its wait', ({ text }) => text.includes('vm stop prod-01') && text.includes('Approved by bob'));
    const asked = stage.host.calls('domain');
    await pause(300);
    assert.ok(stage.host.calls('domain') - asked < 50, `asked ${stage.host.calls('domain') - asked} times in vain`);
    assert.deepEqual(stage.host.effects, []);
    stage.host.reconnect();
    await alice.end(plan.request, 'succeeded');
    assert.equal(stage.host.count('shutdown', 'prod-01'), 1);
  });

  test(`${name}: the way back is a request of its own, judged like any other`, async (t) => {
    const stage = await makeStage(t);
    const [alice, erin] = [await stage.person('alice'), await stage.person('erin')];
    await alice.say('vm stop dev-01');
    const end = await alice.until('the end', ({ text }) => /succeeded: dev-01 is off/.test(text));
    await erin.press(end, 'undo');
    await erin.untilTold(/Not allowed: vm start dev-01/);
    assert.equal(stage.host.count('start'), 0);
    await alice.press(end, 'undo');
    await alice.until('it is back', ({ text }) => /succeeded: dev-01 is running/.test(text));
    assert.equal(stage.host.count('start'), 1);
  });
}
