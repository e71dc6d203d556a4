/** What becomes of a step: by what is on record, what the world says, and how the call ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EffectStep, Evidence } from '../../../actions/action.ts';
import { OPS_ERROR_CODES, OpsError, type OpsErrorCode } from '../../../actions/errors.ts';
import { AuditUnavailable } from '../../../audit/record.ts';
import type { Step } from '../../../bot/operations/operation.ts';
import {
  AWAY_LIMIT_MS,
  createSteps,
  ProbeAnswer,
  type StepPorts,
  type Steps,
  UnknownOutcome,
} from '../../../bot/operations/steps.ts';
import type { EffectResult } from '../../../bot/record-entry.ts';
import { anEffect, anOperation, aStep, type EffectScript } from './fixture.ts';

const TITLE = 'starting web-01';

interface World {
  steps: Steps;
  /** What was done, in order: saves by the step's status, records, calls. */
  log: string[];
  saved: () => Step[];
  results: EffectResult[];
}

interface Setting {
  before?: Step[];
  probe?: boolean;
  cancelled?: boolean;
  /** Whether intents, and results, can be put on record. */
  intents?: boolean;
  results?: boolean;
  /** The process dies at the write after so many. */
  dieAfter?: number;
}

class Killed extends Error {}

function world(setting: Setting): World {
  const { before = [], probe = false, cancelled = false, intents = true, results = true } = setting;
  const { dieAfter = Number.POSITIVE_INFINITY } = setting;
  const log: string[] = [];
  const told: EffectResult[] = [];
  let saved = before;
  let clock = 1000;
  const write = (what: string) => {
    if (log.length >= dieAfter) throw new Killed();
    log.push(what);
  };
  const ports: StepPorts = {
    async save(steps) {
      if (probe) return;
      write(`saved ${steps.at(-1)?.status}`);
      saved = steps.map((step) => ({ ...step }));
    },
    async intent(_step, attempt) {
      if (!intents) throw new AuditUnavailable('the disk is full');
      write(`intent ${attempt}`);
      return 40 + attempt;
    },
    async result(_step, result) {
      write(`result ${result.ok ? 'ok' : result.outcome || 'no'}`);
      if (results) told.push(result);
      return results;
    },
    now: () => clock++,
    async pause(ms) {
      clock += ms;
    },
  };
  const signal = cancelled ? AbortSignal.abort() : new AbortController().signal;
  const steps = createSteps(anOperation({ state: 'running', steps: before }), ports, signal, probe);
  return { steps, log, saved: () => saved, results: told };
}

type Ended = 'done' | `failed ${OpsErrorCode}` | 'unknown' | 'probe yes' | 'probe no' | 'no audit';

async function outcome(work: Promise<unknown>): Promise<Ended> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (error instanceof OpsError) return `failed ${error.code}`;
    if (error instanceof UnknownOutcome) return 'unknown';
    if (error instanceof ProbeAnswer) return error.settled ? 'probe yes' : 'probe no';
    if (error instanceof AuditUnavailable) return 'no audit';
    throw error;
  }
}

/** Counts its calls; each ends with the next of `endings`, null for well. */
function effect(endings: (OpsErrorCode | null)[], evidence: Evidence['kind']): EffectStep & { calls: number } {
  const script: EffectScript = { evidence };
  const step = Object.assign(anEffect(script), { calls: 0 });
  step.run = async () => {
    const code = endings[Math.min(step.calls, endings.length - 1)] ?? null;
    step.calls += 1;
    if (code !== null) throw new OpsError(code, `the host says ${code}`);
  };
  return step;
}

test('an effect is on record before it is called and after it ended', async () => {
  const { steps, log, saved } = world({});
  const spec = effect([null], 'did-not');
  const run = spec.run;
  spec.run = async () => {
    log.push('called');
    await run();
  };
  await steps.step(spec);
  assert.deepEqual(log, ['intent 1', 'saved running', 'called', 'saved done', 'result ok']);
  assert.equal(saved()[0]?.intent, 41);
});

test('when its intent cannot be put on record, the effect is never called', async () => {
  const { steps, log } = world({ intents: false });
  const spec = effect([null], 'happened');
  assert.equal(await outcome(steps.step(spec)), 'no audit');
  assert.equal(spec.calls, 0);
  assert.deepEqual(log, []);
});

/** After a first call: what is certain not to have happened has failed, the rest is asked about. */
const UNCERTAIN: readonly OpsErrorCode[] = ['timed-out', 'connection-lost', 'bad-answer', 'unreachable'];
for (const code of OPS_ERROR_CODES) {
  for (const evidence of ['happened', 'did-not', 'cannot-know'] as const) {
    const asked = UNCERTAIN.includes(code);
    const expected = !asked ? `failed ${code}` : evidence === 'happened' ? 'done' : 'unknown';
    test(`a first call that ends ${code} while the world says ${evidence}: ${expected}`, async () => {
      const { steps, saved, results } = world({});
      const spec = effect([code], evidence);
      assert.equal(await outcome(steps.step(spec)), expected);
      // What never left is called again while it is certain not to be there; everything else is called once.
      assert.equal(spec.calls > 1, code === 'unreachable' && evidence === 'did-not');
      assert.equal(saved()[0]?.status, expected.split(' ')[0]);
      assert.equal(results.length, 1, 'the intent has a result');
      assert.equal(results[0]?.ok, expected === 'done');
      assert.equal(results[0]?.ref, 41);
      assert.equal(results[0]?.outcome, expected === 'unknown' ? 'unknown' : '');
    });
  }
}

const resumed: { before: Step['status']; evidence: Evidence['kind']; ends: Ended; calls: number }[] = [
  { before: 'running', evidence: 'happened', ends: 'done', calls: 0 },
  { before: 'running', evidence: 'did-not', ends: 'done', calls: 1 },
  { before: 'running', evidence: 'cannot-know', ends: 'unknown', calls: 0 },
  { before: 'unknown', evidence: 'happened', ends: 'done', calls: 0 },
  { before: 'unknown', evidence: 'did-not', ends: 'unknown', calls: 0 },
  { before: 'unknown', evidence: 'cannot-know', ends: 'unknown', calls: 0 },
  { before: 'retry', evidence: 'happened', ends: 'done', calls: 0 },
  { before: 'retry', evidence: 'did-not', ends: 'done', calls: 1 },
  { before: 'retry', evidence: 'cannot-know', ends: 'done', calls: 1 },
  { before: 'done', evidence: 'cannot-know', ends: 'done', calls: 0 },
  { before: 'failed', evidence: 'happened', ends: 'failed no-space', calls: 0 },
];

for (const { before, evidence, ends, calls } of resumed) {
  test(`resumed at a step that is ${before} while the world says ${evidence}: ${ends}, ${calls} calls`, async () => {
    const error = before === 'failed' ? ({ code: 'no-space', message: 'full' } as const) : null;
    const { steps, saved } = world({ before: [aStep({ status: before, error })] });
    const spec = effect([null], evidence);
    assert.equal(await outcome(steps.step(spec)), ends);
    assert.equal(spec.calls, calls);
    assert.equal(saved()[0]?.status, ends.split(' ')[0]);
    assert.equal(saved()[0]?.attempt, 1 + calls);
  });

  test(`a probe of a step that is ${before} while the world says ${evidence} calls and writes nothing`, async () => {
    const error = before === 'failed' ? ({ code: 'no-space', message: 'full' } as const) : null;
    const { steps, log } = world({ before: [aStep({ status: before, error })], probe: true });
    const spec = effect([null], evidence);
    const end = await outcome(steps.step(spec));
    const asked = before !== 'done' && before !== 'failed';
    assert.equal(end, asked ? (evidence === 'happened' ? 'probe yes' : 'probe no') : ends);
    assert.equal(spec.calls, 0);
    assert.deepEqual(log, []);
  });
}

test('a probe stops before a step that was never begun', async () => {
  const { steps, log } = world({ probe: true });
  const spec = effect([null], 'happened');
  assert.equal(await outcome(steps.step(spec)), 'probe no');
  assert.equal(spec.calls, 0);
  assert.deepEqual(log, []);
});

for (const code of ['exists', 'wrong-state', 'not-found'] as const) {
  test(`a repeated call that ends ${code} has happened when the world says so, and failed otherwise`, async () => {
    for (const evidence of ['happened', 'did-not'] as const) {
      const { steps } = world({ before: [aStep()] });
      const spec = effect([code], 'did-not');
      let asked = 0;
      spec.happened = async () => ({ kind: asked++ === 0 ? 'did-not' : evidence, evidence: '' });
      assert.equal(await outcome(steps.step(spec)), evidence === 'happened' ? 'done' : `failed ${code}`);
    }
  });
}

test('an effect whose host is away for a moment is called when it is back, under the same intent', async () => {
  const { steps, results, log } = world({});
  const spec = effect(['unreachable', 'unreachable', null], 'did-not');
  await steps.step(spec);
  assert.equal(spec.calls, 3);
  assert.equal(log.filter((entry) => entry.startsWith('intent')).length, 1);
  assert.deepEqual(
    results.map(({ ok }) => ok),
    [true],
  );
});

test('an effect is not called on a host that cannot say whether it is there', async () => {
  const { steps } = world({});
  const spec = effect(['unreachable', null], 'cannot-know');
  assert.equal(await outcome(steps.step(spec)), 'unknown');
  assert.equal(spec.calls, 1);
});

test('a step that never reached its host runs by itself when the host is back, and was not there', async () => {
  const first = world({});
  const away = effect(['unreachable'], 'cannot-know');
  assert.equal(await outcome(first.steps.step(away)), 'unknown');
  assert.equal(await outcome(world({ before: first.saved(), probe: true }).steps.step(away)), 'probe no');

  const back = effect([null], 'did-not');
  assert.equal(await outcome(world({ before: first.saved(), probe: true }).steps.step(back)), 'probe yes');
  assert.equal(await outcome(world({ before: first.saved() }).steps.step(back)), 'done');
  assert.equal(back.calls, 1);
});

test('a lost answer does not run again by itself, whatever the world says is not there', async () => {
  const first = world({});
  await outcome(first.steps.step(effect(['connection-lost'], 'cannot-know')));
  const back = effect([null], 'did-not');
  assert.equal(await outcome(world({ before: first.saved(), probe: true }).steps.step(back)), 'probe no');
  assert.equal(await outcome(world({ before: first.saved() }).steps.step(back)), 'unknown');
  assert.equal(back.calls, 0);
});

test('an intent that came to nothing gets its result before the next attempt', async () => {
  const { steps, log, results } = world({ before: [aStep({ intent: 7 })] });
  await steps.step(effect([null], 'did-not'));
  assert.deepEqual(log, ['result no', 'intent 2', 'saved running', 'saved done', 'result ok']);
  assert.deepEqual(
    results.map(({ ref }) => ref),
    [7, 42],
  );
});

for (const status of ['done', 'failed'] as const) {
  test(`a result that a crash kept from the audit log is told on resume: ${status}`, async () => {
    const { steps, results, log } = world({ before: [aStep({ status, evidence: 'so' })] });
    await outcome(steps.step(effect([null], 'happened')));
    assert.equal(results.length, 1);
    assert.deepEqual(
      { ok: results[0]?.ok, ref: results[0]?.ref, recovered: results[0]?.recovered },
      { ok: status === 'done', ref: 7, recovered: true },
    );
    assert.deepEqual(log, [`result ${status === 'done' ? 'ok' : 'no'}`]);
  });

  test(`a result that is on record is not told again: ${status}`, async () => {
    const { steps, results } = world({ before: [aStep({ status, recorded: true })] });
    await outcome(steps.step(effect([null], 'happened')));
    assert.deepEqual(results, []);
  });
}

test('a result that could not be put on record stays marked as missing', async () => {
  const { steps } = world({ results: false });
  await steps.step(effect([null], 'did-not'));
  assert.equal(steps.all()[0]?.recorded, false);
  const well = world({});
  await well.steps.step(effect([null], 'did-not'));
  assert.equal(well.steps.all()[0]?.recorded, true);
});

test('a fault of Drover inside an effect is no failure of the world: nothing is said to have failed', async () => {
  const { steps, saved } = world({});
  const spec = effect([null], 'did-not');
  spec.run = async () => {
    throw new TypeError('a bug');
  };
  await assert.rejects(steps.step(spec), TypeError);
  assert.equal(saved()[0]?.status, 'running');
});

/** An action as `vm.create` is one: two effects and a wait, and the first is taken back when anything stops it. */
async function compound(steps: Steps, calls: string[], failing: string | null): Promise<void> {
  const make = (title: string): EffectStep => ({
    ...anEffect(),
    title,
    happened: async () => ({
      kind: calls.includes(title) && title !== failing ? 'happened' : 'did-not',
      evidence: 'looked',
    }),
    run: async () => {
      calls.push(title);
      if (title === failing) throw new OpsError('no-space', 'full');
    },
  });
  await steps.step(make('one'));
  try {
    await steps.step(make('two'));
    await steps.wait('waiting', async () => {});
  } catch (error) {
    if (error instanceof OpsError) await steps.step(make('back'));
    throw error;
  }
}

test('a cancel is delivered once, and the way back runs', async () => {
  const before = [aStep({ title: 'one', status: 'done', recorded: true })];
  const { steps, saved } = world({ before, cancelled: true });
  const calls: string[] = [];
  assert.equal(await outcome(compound(steps, calls, null)), 'failed cancelled');
  assert.deepEqual(calls, ['back']);
  assert.deepEqual(
    saved().map(({ title, status }) => `${title} ${status}`),
    ['one done', 'two failed', 'back done'],
  );
});

test('a cancelled operation that is resumed is not cancelled a second time on its way back', async () => {
  const error = { code: 'cancelled', message: 'stopped before two' } as const;
  const before = [
    aStep({ title: 'one', status: 'done', recorded: true }),
    aStep({ title: 'two', status: 'failed', error, intent: null }),
  ];
  const { steps } = world({ before, cancelled: true });
  const calls: string[] = [];
  assert.equal(await outcome(compound(steps, calls, null)), 'failed cancelled');
  assert.deepEqual(calls, ['back']);
});

test('wherever an operation dies, the next resume takes the same way to the same end, each effect once', async () => {
  for (const failing of [null, 'two']) {
    const reference = world({});
    const calls: string[] = [];
    const end = await outcome(compound(reference.steps, calls, failing));
    const writes = reference.log.length;
    for (let dieAfter = 0; dieAfter < writes; dieAfter += 1) {
      const made: string[] = [];
      const dying = world({ dieAfter });
      await assert.rejects(compound(dying.steps, made, failing), Killed);
      const next = world({ before: dying.saved() });
      const where = `killed after ${dieAfter} of ${writes} writes`;
      assert.equal(await outcome(compound(next.steps, made, failing)), end, where);
      const effects = made.filter((title) => title !== failing);
      assert.deepEqual(
        effects,
        calls.filter((title) => title !== failing),
        where,
      );
    }
  }
});

test('a wait is waited for again after a crash, and passed on its value', async () => {
  const { steps, saved } = world({ before: [aStep({ title: 'waiting', record: null, intent: null })] });
  assert.equal(await steps.wait('waiting', async () => 'ready'), 'ready');
  assert.equal(saved()[0]?.status, 'done');
});

test('a wait goes on while the host is away for a moment', async () => {
  const { steps } = world({});
  let looks = 0;
  const value = await steps.wait('waiting', async () => {
    looks += 1;
    if (looks < 4) throw new OpsError(looks % 2 === 0 ? 'unreachable' : 'connection-lost', 'away');
    return 'ready';
  });
  assert.equal(value, 'ready');
});

test('a wait for a host that stays away ends unknown, and a probe lets it wait again', async () => {
  const { steps, saved } = world({});
  let looks = 0;
  const ended = await outcome(
    steps.wait('waiting', async () => {
      looks += 1;
      throw new OpsError('unreachable', 'away');
    }),
  );
  assert.equal(ended, 'unknown');
  assert.ok(looks > 1 && looks <= AWAY_LIMIT_MS / 1000 + 1);
  const probing = world({ before: saved(), probe: true });
  assert.equal(await outcome(probing.steps.wait('waiting', async () => {})), 'probe yes');
});

test('a wait that fails for another reason fails at once, and again on resume', async () => {
  const { steps, saved } = world({});
  const run = async () => {
    throw new OpsError('timed-out', 'too late');
  };
  assert.equal(await outcome(steps.wait('waiting', run)), 'failed timed-out');
  assert.equal(await outcome(world({ before: saved() }).steps.wait('waiting', async () => {})), 'failed timed-out');
});

test('a step that is not called by its title twice is kept apart', async () => {
  const { steps, saved } = world({});
  await steps.step({ ...anEffect(), title: 'one' });
  await steps.step({ ...anEffect(), title: 'two' });
  await steps.step({ ...anEffect(), title: TITLE });
  assert.deepEqual(
    saved().map(({ title }) => title),
    ['one', 'two', TITLE],
  );
});
