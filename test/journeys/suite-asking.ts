/** Journeys of one person: asking, looking, being told no. Part of the suite that every platform plays. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MakeStage } from './stage.ts';

export function askingSuite(name: string, makeStage: MakeStage): void {
  test(`${name}: what is free is done at once, and the thread tells its end`, async (t) => {
    const stage = await makeStage(t);
    const alice = await stage.person('alice');
    await alice.say('vm stop dev-01');
    const end = await alice.until('the end', ({ text }) => /#\d+ succeeded: dev-01 is off/.test(text));
    assert.equal(stage.host.count('shutdown', 'dev-01'), 1);
    assert.deepEqual(end.verbs, ['undo']);
    assert.equal((await stage.operation(end.request ?? 0)).requester, 'alice');
  });

  test(`${name}: a VM is shown when asked for, and listing hides nothing that one may see`, async (t) => {
    const stage = await makeStage(t);
    const alice = await stage.person('alice');
    await alice.say('vm show dev-01');
    await alice.until('dev-01', ({ text }) => text.includes('dev-01 is running') && text.includes('team-a'));
    await alice.say('vm list env=prod');
    const list = await alice.until('the list', ({ text }) => text.includes('2 VMs with env=prod'));
    assert.match(list.text, /other-01/);
    assert.match(list.text, /prod-01/);
    assert.doesNotMatch(list.text, /dev-01/);
    assert.deepEqual(stage.host.effects, []);
  });

  test(`${name}: a dry run shows the plan and who must agree, and does nothing`, async (t) => {
    const stage = await makeStage(t);
    const alice = await stage.person('alice');
    await alice.say('vm stop prod-01 --dry-run');
    const plan = await alice.until('the plan', ({ text }) => text.includes('nothing was done'));
    assert.match(plan.text, /Ask the guest of prod-01 to power off/);
    assert.match(plan.text, /production \(.*default\.yaml:\d+\)/);
    assert.deepEqual(plan.verbs, []);
    assert.deepEqual(stage.host.effects, []);
    assert.deepEqual(await stage.drover.operations.recent(5), []);
  });

  test(`${name}: help tells commands, and of one its options`, async (t) => {
    const stage = await makeStage(t);
    const alice = await stage.person('alice');
    await alice.say('vm help');
    assert.match(await alice.untilTold(/What you can ask for/), /vm create/);
    await alice.say('vm help stop');
    assert.match(await alice.untilTold(/--grace/), /--force/);
  });

  const misspelt: [line: string, meant: string][] = [
    ['vm sotp dev-01', 'vm stop dev-01'],
    ['vm stop dve-01', 'vm stop dev-01'],
    ['vm stop dev-01 --froce', 'vm stop dev-01 --force'],
    ['vm create new-01 --memory 8GB', '--memory 8GiB'],
  ];
  for (const [line, meant] of misspelt) {
    test(`${name}: "${line}" does nothing and offers "${meant}"`, async (t) => {
      const stage = await makeStage(t);
      const alice = await stage.person('alice');
      await alice.say(line);
      assert.ok((await alice.untilTold(/./)).includes(meant), (await alice.told()).join('\n'));
      assert.deepEqual(stage.host.effects, []);
    });
  }

  test(`${name}: a denial names file and line and what would pass, to the person who asked alone`, async (t) => {
    const stage = await makeStage(t);
    const [alice, bob] = [await stage.person('alice'), await stage.person('bob')];
    await alice.say('vm stop other-01');
    const told = await alice.untilTold(/Not allowed: vm stop other-01/);
    assert.match(told, /default\.yaml:\d+/);
    assert.match(told, /would allow it on a VM where owns\(target\)/);
    assert.deepEqual(await bob.told(), []);
    assert.deepEqual(await bob.sees(), []);
    assert.deepEqual(stage.host.effects, []);
  });

  test(`${name}: explain says what policy would say, and does nothing`, async (t) => {
    const stage = await makeStage(t);
    const alice = await stage.person('alice');
    await alice.say('vm explain stop prod-01');
    assert.match(await alice.untilTold(/Explained: vm stop prod-01/), /production.*default\.yaml:\d+/s);
    assert.deepEqual(stage.host.effects, []);
  });

  test(`${name}: what the VM's state does not allow is refused with that state`, async (t) => {
    const stage = await makeStage(t);
    const alice = await stage.person('alice');
    await alice.say('vm start dev-01');
    await alice.untilTold(/dev-01 is running already/);
    await alice.say('vm stop gone-77');
    await alice.untilTold(/Not allowed: vm stop gone-77|there is no VM gone-77/);
    assert.deepEqual(stage.host.effects, []);
  });

  test(`${name}: a line that the platform delivers twice is one request with one effect`, async (t) => {
    const stage = await makeStage(t);
    const alice = await stage.person('alice');
    await alice.sayTwice('vm stop dev-01');
    await alice.until('the end', ({ text }) => /succeeded: dev-01 is off/.test(text));
    assert.equal((await stage.drover.operations.recent(5)).length, 1);
    assert.equal(stage.host.count('shutdown'), 1);
    const endings = (await alice.sees()).filter(({ text }) => text.includes('succeeded: '));
    assert.equal(endings.length, 1);
  });
}
