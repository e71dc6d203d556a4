/**
 * Faults of chat platforms against a whole Drover (fake host, real store and audit log): each row of what platforms and
 * networks do by itself, then many at random while many people ask, approve, withdraw and cancel. At the end no command
 * that was acknowledged is lost, no effect and no message is doubled, every thread says what happened.
 *
 * `DROVER_BATTERY_SECONDS` (20) and `DROVER_BATTERY_SEED` (7) are for longer and other storms.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type BatteryStage, randomFrom } from '../battery/chat.ts';
import { reckon } from '../battery/reckoning.ts';
import { slackStages } from '../battery/slack.ts';
import { APPROVERS, oneOf, PLOTS, play, REQUESTERS, type Scene, type Story } from '../battery/stories.ts';
import { pause } from '../stage.ts';
import { openWorld } from '../world.ts';

const SECONDS = Number(process.env.DROVER_BATTERY_SECONDS ?? 20);
const SEED = Number(process.env.DROVER_BATTERY_SEED ?? 7);
/** Stories that go on at the same time. */
const CROWD = 8;
/** ms an approval may take to count, whatever others do. */
const DECIDED_MS = 2_000;

const stages: BatteryStage[] = slackStages;

async function open(t: TestContext, stage: BatteryStage): Promise<Scene> {
  const person = (name: string, groups: string[]) => {
    return { name, groups, accounts: { web: [name], ...stage.accounts(name) } };
  };
  const people = [
    ...REQUESTERS.map((name) => person(name, ['team-a'])),
    ...APPROVERS.map((name) => person(name, ['approvers', 'operators'])),
  ];
  const world = await openWorld(t, { people });
  const chat = await stage.open(world);
  t.after(() => chat.close());
  await world.drover.begin();
  return { world, chat };
}

for (const stage of stages) {
  test(`${stage.name}, each fault by itself`, { concurrency: false }, async (t) => {
    const scene = await open(t, stage);
    const stories: Story[] = [];
    for (const [at, row] of scene.chat.rows.entries()) {
      await t.test(`${stage.name}, ${row.name}: asked, decided and ended once, and the thread says so`, async () => {
        const random = randomFrom(at);
        row.fire();
        const played = PLOTS.map((plot, nth) => play(scene, `row-${at}-${nth}`, plot, random));
        row.fire();
        const told = await Promise.all(played);
        stories.push(...told);
        assert.deepEqual(await reckon(scene, told), []);
        assert.ok(told.some(({ acknowledged }) => acknowledged));
      });
    }
    assert.deepEqual(await reckon(scene, stories), []);
  });

  test(`${stage.name}, ${SECONDS} s of faults at random (seed ${SEED})`, async (t) => {
    const scene = await open(t, stage);
    const random = randomFrom(SEED);
    const stories: Story[] = [];
    const stuck: string[] = [];
    const end = Date.now() + SECONDS * 1000;
    const storm = async () => {
      for (; Date.now() < end; await pause(200 + random() * 1_000)) oneOf(scene.chat.rows, random).fire();
      await scene.chat.calm();
    };
    const person = async (nth: number) => {
      for (let at = 0; Date.now() < end; at += 1) {
        await play(scene, `p${nth}-${at}`, oneOf(PLOTS, random), random).then(
          (story) => stories.push(story),
          (error: unknown) => stuck.push(String(error)),
        );
        await pause(random() * 300);
      }
    };
    await Promise.all([storm(), ...Array.from({ length: CROWD }, (_, nth) => person(nth))]);
    assert.deepEqual([...stuck, ...(await reckon(scene, stories))], []);
    const decided = stories.flatMap(({ decidedMs }) => decidedMs).toSorted((one, other) => one - other);
    const slowest = decided.at(-1) ?? 0;
    const heard = stories.filter(({ acknowledged }) => acknowledged).length;
    t.diagnostic(
      `${stories.length} stories, ${heard} acknowledged, ${decided.length} approvals, slowest ${slowest} ms`,
    );
    assert.ok(heard > SECONDS / 2, 'hardly anything happened');
    assert.ok(slowest <= DECIDED_MS, `an approval counted only after ${slowest} ms`);
  });
}
