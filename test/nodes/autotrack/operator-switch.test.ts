/** The operator's switch: it holds over crashes, and until the option changes. */
import { expect, test } from 'bun:test';
import type { FollowContext } from '../../../nodes/autotrack/follower.ts';
import { OperatorSwitch } from '../../../nodes/autotrack/operator-switch.ts';

function open(enabled: boolean, kept: unknown = null) {
  const saved: unknown[] = [kept];
  const context = { params: { enabled }, kept, keep: (state: unknown) => void saved.push(state) };
  const operator = new OperatorSwitch(context as unknown as FollowContext);
  return { operator, saved, isOn: () => operator.context.params.enabled };
}

test('switched off, it stays off over a crash, and what the rest of the node keeps stays too', () => {
  const first = open(true);
  first.operator.context.keep({ targetId: 7 });
  expect(first.operator.operate(false).enabled).toBe(false);
  first.operator.context.keep({ targetId: 8 });
  const kept = first.saved.at(-1);
  expect(kept).toMatchObject({ targetId: 8 });
  const second = open(true, kept);
  expect(second.isOn()).toBe(false);
  second.operator.operate(true);
  expect(second.saved.at(-1)).toMatchObject({ targetId: 8 });
});

test.each([
  ['the option is changed while it runs', true],
  ['the option is another at the next start', false],
])('%s: that counts', (_what, isRunning) => {
  const { operator, saved } = open(true);
  operator.operate(true);
  if (isRunning) expect(operator.update({ ...operator.context.params, enabled: false }).enabled).toBe(false);
  expect(open(false, saved.at(-1)).isOn()).toBe(false);
});

test('other options change: the switch stays', () => {
  const { operator } = open(true);
  operator.operate(false);
  expect(operator.update({ ...operator.context.params, enabled: true }).enabled).toBe(false);
});
