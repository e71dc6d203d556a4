/** Who may command Drover by his Slack account: gates fail closed, and look-ups are not repeated at every click. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpsError } from '../../../../actions/errors.ts';
import { connect } from './fixture.ts';

const strangers = [
  { who: 'a deactivated account', traits: { deleted: true }, reason: /deactivated/ },
  { who: 'a bot', traits: { isBot: true }, reason: /bots/ },
  { who: 'a guest of several channels', traits: { isRestricted: true }, reason: /guests/ },
  { who: 'a guest of one channel', traits: { isRestricted: true, isUltraRestricted: true }, reason: /guests/ },
  { who: 'somebody of another organisation', traits: { team: 'T0OTHER00' }, reason: /other organisations/ },
  { who: 'a stranger', traits: { isStranger: true }, reason: /other organisations/ },
];
for (const { who, traits, reason } of strangers) {
  test(`${who} is refused, with a reason`, async (t) => {
    const { fake, chat } = await connect(t);
    fake.addUser('UX', traits);
    const check = await chat.checkUser('UX');
    assert.equal(check.kind, 'refused');
    assert.match(check.kind === 'refused' ? check.reason : '', reason);
  });
}

test('a member is a member, and Slack is asked once a minute at most', async (t) => {
  const { fake, chat } = await connect(t);
  const checks = await Promise.all(Array.from({ length: 20 }, () => chat.checkUser('UALICE')));
  checks.push(await chat.checkUser('UALICE'));
  assert.ok(checks.every(({ kind }) => kind === 'member'));
  assert.equal(fake.world.requests.filter(({ method }) => method === 'users.info').length, 1);
});

const failures = [
  { name: 'does not know the id', user: 'UNOBODY', fault: null },
  { name: 'answers an error', user: 'UALICE', fault: { error: 'internal_error', times: 99 } },
  { name: 'is down', user: 'UALICE', fault: { status: 503, times: 99 } },
];
for (const { name, user, fault } of failures) {
  test(`when Slack ${name}, nobody is let in, and it is asked again next time`, async (t) => {
    const { fake, chat } = await connect(t);
    if (fault !== null) fake.fault({ method: 'users.info', ...fault });
    assert.equal((await chat.checkUser(user)).kind, 'refused');
    const before = fake.world.requests.length;
    await chat.checkUser(user);
    assert.ok(fake.world.requests.length > before);
  });
}

test('the members of a user group are known, and a group that cannot be asked is not an empty one', async (t) => {
  const { fake, chat } = await connect(t);
  fake.addGroup('S0OPS', ['UALICE']);
  const members = await chat.groupMembers('S0OPS');
  assert.deepEqual(members, { kind: 'members', users: new Set(['UALICE']) });
  const unknown = await chat.groupMembers('S0NONE');
  assert.equal(unknown.kind, 'unavailable');
  fake.fault({ method: 'usergroups.users.list', error: 'missing_scope' });
  assert.equal((await chat.groupMembers('S0OTHER')).kind, 'unavailable');
});

test('as a directory it says why somebody is refused, and throws when Slack cannot say', async (t) => {
  const { fake, chat } = await connect(t);
  fake.addUser('UGUEST', { isRestricted: true });
  fake.addGroup('S0OPS', ['UALICE', 'UCAROL']);
  assert.equal(await chat.directory.whyRefused('UALICE'), null);
  assert.match((await chat.directory.whyRefused('UGUEST')) ?? '', /guests/);
  assert.deepEqual(await chat.directory.among('S0OPS', ['UALICE', 'UBOB']), ['UALICE']);
  await assert.rejects(chat.directory.among('S0NONE', ['UALICE']), OpsError);
  await assert.rejects(chat.directory.whyRefused('UNOBODY'), OpsError);
});
