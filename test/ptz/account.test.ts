/** One account, several nodes: they take turns at logging in, and a refusal of one counts for all. */
import { expect, test } from 'bun:test';
import { Account } from '../../ptz/network/account.ts';
import { realTime } from '../../ptz/time.ts';
import { SystemClock } from '../../runtime/clock.ts';

const clock = new SystemClock();
let accounts = 0;
const newName = () => ({ host: `camera-${++accounts}:80`, username: 'admin', password: 'ge/heim' });
const accountOf = (name: ReturnType<typeof newName>) => new Account(name, realTime(clock));
const waitMs = ({ policy }: Account) => Math.max(0, (policy.nextTryMs(clock.monoMs()) ?? 0) - clock.monoMs());

test('refusals of one are known to the next, and only with the same password', async () => {
  const name = newName();
  const [first, second] = [accountOf(name), accountOf(name)];
  await first.turn(async () => first.policy.refused(clock.monoMs()));
  await second.turn(async () => {
    expect(second.policy.refusals).toBe(1);
    second.policy.refused(clock.monoMs());
  });
  expect(await first.turn(async () => waitMs(first))).toBeWithin(55_000, 60_001);
  for (const other of [{ password: 'other' }, { username: 'other' }, { host: 'other:80' }]) {
    const account = accountOf({ ...name, ...other });
    expect(await account.turn(async () => account.policy.refusals)).toBe(0);
  }
  first.policy.accepted();
  await first.turn(async () => first.policy.accepted());
  const third = accountOf(name);
  expect(await third.turn(async () => third.policy.refusals)).toBe(0);
});

test('they take turns, also when one fails; who is called off waits no more', async () => {
  const name = newName();
  const done: string[] = [];
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  const first = accountOf(name).turn(async () => {
    done.push('first begins');
    await isOver;
    done.push('first ends');
    throw new Error('no answer');
  });
  const second = accountOf(name).turn(async () => void done.push('second'));
  const calledOff = AbortSignal.abort();
  await accountOf(name).turn(async () => void done.push('called off'), calledOff);
  end();
  await expect(first).rejects.toThrow('no answer');
  await second;
  expect(done).toEqual(['first begins', 'called off', 'first ends', 'second']);
});
