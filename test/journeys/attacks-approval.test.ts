/** Attempts to get something done without the agreement that it needs. Each ends with no effect, and who tried is told why. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpsError } from '../../actions/errors.ts';
import type { Inbound, Verb } from '../../bot/chat/card.ts';
import type { People } from '../../bot/people.ts';
import { createTerminal } from '../../bot/terminal/platform.ts';
import { runAsk } from '../../bot/terminal/session.ts';
import { type Person, pause, type Sight, type Stage, wordsOf } from './stage.ts';
import { webStage } from './stage-web.ts';

const HOUR_MS = 3_600_000;

async function planFor(stage: Stage, line = 'vm stop prod-01'): Promise<{ alice: Person; bob: Person; plan: Sight }> {
  const [alice, bob] = [await stage.person('alice'), await stage.person('bob')];
  await alice.say(line);
  return { alice, bob, plan: await bob.plan(line) };
}

/** The same as a platform would deliver, with an event id of the attacker's choice. */
function pressEvent(plan: Sight, by: string, verb: Verb, eventId: string): Inbound {
  return {
    kind: 'press',
    eventId,
    from: { platform: 'web', id: by },
    place: { platform: 'web', channel: 'ops', thread: null },
    message: plan.id,
    address: null,
    request: plan.request ?? 0,
    digest: plan.digest,
    verb,
    input: '',
  };
}

async function deliver(stage: Stage, event: Inbound): Promise<string> {
  const { handled } = await stage.drover.desk.take(event);
  return (await handled).kind;
}

/** As `drover approve <request> --as <person>` on the machine itself. */
async function fromTerminal(stage: Stage, as: string, plan: Sight): Promise<{ exit: number; told: string }> {
  const terminal = createTerminal();
  stage.drover.addPlatform(terminal);
  const told: string[] = [];
  const press = { kind: 'press', as, tty: 'pts/0', request: plan.request ?? 0, digest: plan.digest } as const;
  const ask = { ...press, verb: 'approve', input: '' } as const;
  const { exit } = await runAsk(stage.drover, terminal, ask, ({ card }) => told.push(wordsOf(card)));
  return { exit, told: told.join('\n') };
}

test('a second account of the requester is the requester', async (t) => {
  const stage = await webStage(t);
  const { plan } = await planFor(stage);
  const phone = await stage.person('alice-phone');
  await phone.plan('vm stop prod-01');
  await phone.press(plan, 'approve');
  await phone.untilTold(/you asked for #\d+ yourself/);
  assert.deepEqual(stage.host.effects, []);
});

test('two accounts of one approver are one vote', async (t) => {
  const stage = await webStage(t);
  const { bob, plan } = await planFor(stage, 'vm delete off-01');
  const phone = await stage.person('bob-phone');
  await bob.press(plan, 'approve');
  await phone.until('the first vote', ({ text }) => text.includes('Approved by bob.'));
  await phone.press(plan, 'approve');
  await phone.untilTold(/you said so already/);
  assert.equal((await stage.operation(plan.request ?? 0)).state, 'waiting');
  assert.deepEqual(stage.host.effects, []);
});

test('the requester cannot approve by another platform, and an approver is one person on both', async (t) => {
  const stage = await webStage(t);
  const { alice, bob, plan } = await planFor(stage, 'vm delete off-01');
  const own = await fromTerminal(stage, 'alice', plan);
  assert.equal(own.exit, 3);
  assert.match(own.told, /you asked for #\d+ yourself/);
  await bob.press(plan, 'approve');
  await bob.until('one vote', ({ text }) => text.includes('Approved by bob.'));
  assert.match((await fromTerminal(stage, 'bob', plan)).told, /you said so already/);
  assert.deepEqual(stage.host.effects, []);
  assert.equal((await fromTerminal(stage, 'carol', plan)).exit, 0);
  await alice.end(plan.request, 'succeeded');
  assert.equal(stage.host.count('undefineDomain'), 1);
});

test('somebody outside of the group cannot approve, and is told who can', async (t) => {
  const stage = await webStage(t);
  const { alice, plan } = await planFor(stage);
  const erin = await stage.person('erin');
  await erin.plan('vm stop prod-01');
  await erin.press(plan, 'approve');
  assert.match(await erin.untilTold(/you are not among those who decide/), /bob, carol, dave/);
  assert.deepEqual(await alice.told(), []);
  assert.deepEqual(stage.host.effects, []);
});

test('a replayed click does not count for a later plan', async (t) => {
  const stage = await webStage(t);
  const { bob, plan } = await planFor(stage, 'vm stop prod-01 --force');
  stage.host.changeBehindBack('prod-01', { persistent: false });
  const click = pressEvent(plan, 'bob', 'approve', 'click-1');
  assert.equal(await deliver(stage, click), 'operation');
  const later = await bob.until('the new plan', ({ text, verbs }) => verbs.includes('approve') && /void/.test(text));
  assert.notEqual(later.digest, plan.digest);
  assert.equal(await deliver(stage, click), 'seen-before');
  assert.equal(await deliver(stage, { ...click, eventId: 'click-2' }), 'refused');
  await bob.untilTold(/has changed since that card/);
  assert.equal(await deliver(stage, { ...pressEvent(later, 'bob', 'approve', 'click-1') }), 'seen-before');
  assert.deepEqual(stage.host.effects, []);
});

test('an approval of one request is none of another', async (t) => {
  const stage = await webStage(t);
  const { alice, plan } = await planFor(stage);
  await alice.say('vm stop prod-01 --grace 5m');
  const other = await alice.plan('--grace 5m');
  assert.equal(
    await deliver(stage, pressEvent({ ...other, digest: plan.digest }, 'bob', 'approve', 'mixed')),
    'refused',
  );
  assert.equal(await deliver(stage, pressEvent({ ...other, digest: '' }, 'bob', 'approve', 'empty')), 'refused');
  assert.deepEqual(stage.host.effects, []);
});

test('a click in the very moment of expiry is too late', async (t) => {
  const stage = await webStage(t);
  const { bob, plan } = await planFor(stage);
  const { expiresAt } = await stage.operation(plan.request ?? 0);
  stage.forward((expiresAt ?? 0) - stage.now());
  await deliver(stage, pressEvent(plan, 'bob', 'approve', 'late'));
  await bob.untilTold(/has expired|is expired already/);
  assert.deepEqual(stage.host.effects, []);
});

for (const request of [999, 0, -1]) {
  test(`a click on request ${request}, which there is not, does nothing and says so`, async (t) => {
    const stage = await webStage(t);
    const { bob, plan } = await planFor(stage);
    for (const verb of ['approve', 'cancel', 'undo', 'mark-done'] as const) {
      await deliver(stage, pressEvent({ ...plan, request }, 'bob', verb, `${verb}/${request}`));
    }
    await bob.untilTold(/there is no request/);
    assert.deepEqual(stage.host.effects, []);
  });
}

test('clicks on a request that is over do nothing', async (t) => {
  const stage = await webStage(t);
  const { alice, bob, plan } = await planFor(stage);
  await bob.press(plan, 'approve');
  await alice.end(plan.request, 'succeeded');
  const effects = stage.host.effects.length;
  for (const verb of ['approve', 'reject', 'withdraw', 'cancel', 'adopt', 'retry', 'mark-done'] as const) {
    assert.equal(await deliver(stage, pressEvent(plan, 'bob', verb, `over/${verb}`)), 'refused', verb);
  }
  assert.equal(stage.host.effects.length, effects);
});

/** Groups that a test can take people out of, and a source that it can break. */
function directory() {
  const gone = new Set<string>();
  const state = { broken: false };
  const wrap = (real: People): People => {
    const members = async () => {
      if (state.broken) throw new OpsError('unreachable', 'asking the directory who is in which group: no answer');
      const all = Object.entries(await real.members());
      return Object.fromEntries(
        all.map(([group, names]) => [group, names.filter((name) => !gone.has(`${name}/${group}`))]),
      );
    };
    const person = async (name: string) => {
      const found = await real.person(name);
      const groups = Object.entries(await members()).flatMap(([group, names]) => (names.includes(name) ? [group] : []));
      return found === null ? null : { name, groups };
    };
    return {
      ...real,
      members,
      person,
      async identify(user) {
        const found = await real.identify(user);
        const now = found.kind === 'known' ? await person(found.person.name) : null;
        return now === null ? found : { kind: 'known', person: now };
      },
    };
  };
  return { wrap, state, remove: (name: string, group: string) => gone.add(`${name}/${group}`) };
}

test('who has left the approvers meanwhile cannot approve', async (t) => {
  const { wrap, remove } = directory();
  const stage = await webStage(t, { peopleSource: wrap });
  const { bob, plan } = await planFor(stage);
  remove('bob', 'approvers');
  await bob.press(plan, 'approve');
  await bob.untilTold(/you are not among those who decide/);
  assert.deepEqual(stage.host.effects, []);
});

test('a vote of somebody who left the group afterwards does not count', async (t) => {
  const { wrap, remove } = directory();
  const stage = await webStage(t, { peopleSource: wrap });
  const { bob, plan } = await planFor(stage, 'vm delete off-01');
  const carol = await stage.person('carol');
  await bob.press(plan, 'approve');
  const half = await carol.until('one of two', ({ text }) => text.includes('Approved by bob.'));
  remove('bob', 'approvers');
  await carol.press(half, 'approve');
  await carol.until('her vote', ({ text }) => /Approved by bob, carol\. Waits for 1 more/.test(text));
  assert.deepEqual(stage.host.effects, []);
});

test('an approver who leaves while the request is queued takes the approval with him', async (t) => {
  const { wrap, remove } = directory();
  const stage = await webStage(t, { peopleSource: wrap });
  const goOn = stage.holdReboots();
  const { alice, bob, plan } = await planFor(stage);
  const carol = await stage.person('carol');
  await alice.say('vm reboot prod-01');
  const first = await bob.plan('vm reboot prod-01');
  await carol.press(await carol.plan('vm reboot prod-01'), 'approve');
  await carol.until('the first', ({ request, text }) => request === first.request && text.includes('Running'));
  await bob.press(plan, 'approve');
  await alice.until('the queue', ({ text }) => text.includes('Waits for #'));
  remove('bob', 'approvers');
  goOn();
  const again = await alice.until('what came of it', ({ text }) => text.includes('The approval no longer holds'));
  assert.match(again.text, /Waits for 1 more of approvers \(carol, dave\)/);
  assert.equal(stage.host.count('shutdown'), 0);
});

test('when nobody can tell who is who, nothing is decided, and whoever asks is told why', async (t) => {
  const { wrap, state } = directory();
  const stage = await webStage(t, { peopleSource: wrap });
  const { alice, bob, plan } = await planFor(stage);
  state.broken = true;
  await bob.press(plan, 'approve');
  await bob.untilTold(/cannot be decided now: asking the directory/);
  await alice.say('vm stop dev-01');
  await alice.untilTold(/cannot be decided now: asking the directory/);
  await pause(50);
  assert.deepEqual(stage.host.effects, []);
  state.broken = false;
  await bob.press(plan, 'approve');
  await alice.end(plan.request, 'succeeded');
});

test('a source of groups that fails between approval and run keeps the request waiting', async (t) => {
  const { wrap, state } = directory();
  const stage = await webStage(t, { peopleSource: wrap });
  const goOn = stage.holdReboots();
  const { alice, bob, plan } = await planFor(stage, 'vm delete dev-01 --force');
  const carol = await stage.person('carol');
  await alice.say('vm reboot dev-01');
  await alice.until('the first', ({ text }) => text.includes('vm reboot dev-01') && text.includes('Running'));
  await bob.press(plan, 'approve');
  await carol.press(await carol.until('one of two', ({ text }) => text.includes('Approved by bob.')), 'approve');
  await alice.until('the queue', ({ text }) => text.includes('Waits for #'));
  state.broken = true;
  goOn();
  await pause(500);
  assert.equal(stage.host.count('undefineDomain'), 0);
  assert.equal((await stage.operation(plan.request ?? 0)).state, 'queued');
  state.broken = false;
  await alice.end(plan.request, 'succeeded');
  assert.equal(stage.host.count('undefineDomain'), 1);
});

test('a requester who has lost the right meanwhile gets nothing done', async (t) => {
  const { wrap, remove } = directory();
  const stage = await webStage(t, { peopleSource: wrap });
  const { alice, bob, plan } = await planFor(stage);
  remove('alice', 'team-a');
  await bob.press(plan, 'approve');
  assert.match((await alice.end(plan.request, 'denied')).text, /no rule lets alice/);
  assert.deepEqual(stage.host.effects, []);
});

test('a request that waited a whole day is not approved by the clock being turned back', async (t) => {
  const stage = await webStage(t);
  const { alice, bob, plan } = await planFor(stage);
  stage.forward(24 * HOUR_MS);
  await alice.end(plan.request, 'expired');
  stage.forward(-24 * HOUR_MS);
  await bob.press(plan, 'approve');
  await bob.untilTold(/is expired already/);
  assert.deepEqual(stage.host.effects, []);
});

test('votes on a plan that became void stay void when the same plan comes back', async (t) => {
  const stage = await webStage(t);
  const { bob, plan } = await planFor(stage, 'vm kill prod-01');
  const carol = await stage.person('carol');
  await bob.press(plan, 'approve');
  stage.host.changeBehindBack('prod-01', { persistent: false });
  await carol.press(plan, 'approve');
  const changed = await bob.until(
    'the changed plan',
    (seen) => seen.request === plan.request && seen.digest !== plan.digest,
  );
  stage.host.changeBehindBack('prod-01', { persistent: true });
  await bob.press(changed, 'approve');
  await carol.press(changed, 'approve');
  const dave = await stage.person('dave');
  const isFirst = ({ request, digest }: Sight) => request === plan.request && digest === plan.digest;
  await bob.until('the first plan again', isFirst);
  await dave.press(await dave.until('the first plan again', isFirst), 'approve');
  await bob.until('two more votes to be wanted', ({ text }) => /1 more of approvers/.test(text));
  assert.deepEqual(stage.host.effects, []);
});
