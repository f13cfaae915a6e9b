/** Who is to blame for a worker that is held up, by what its nodes show in shared memory. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { beat, createPulses, Pulse, PulseReader } from '../../runtime/engine/pulse.ts';

const LIMIT = 4;

function worker(nodes: number) {
  const words = createPulses(nodes);
  const pulses = Array.from({ length: nodes }, (_, i) => new Pulse(words, i));
  const reader = new PulseReader(words);
  const looks = (count: number, each: () => void = () => undefined) => {
    for (let i = 0; i < count; i++) {
      each();
      reader.look();
    }
    return reader.stuck(() => LIMIT);
  };
  return { words, pulses, looks, turns: () => beat(words) };
}

test('a worker that is not even begun hangs at open', () => {
  const { looks } = worker(2);
  expect(looks(LIMIT - 1)).toBeUndefined();
  expect(looks(1)).toEqual({ node: 1, phase: 'open' });
});

test('a handler that waits for a slower one is not to blame, one that calls nobody is', () => {
  const {
    pulses: [first, second],
    looks,
    turns,
  } = worker(2);
  for (const pulse of [first, second]) pulse?.leave();
  first?.enter('handler');
  // Its value is taken, and then some of its own work follows.
  first?.aside(() => {
    second?.enter('handler');
    expect(looks(2 * LIMIT, turns)).toEqual({ node: 1, phase: 'handler' });
    second?.leave();
  });
  expect(looks(1, turns)).toBeUndefined();
  expect(looks(LIMIT, turns)).toEqual({ node: 0, phase: 'handler' });
});

test('a run may wait for ever, but not hold its thread', () => {
  const {
    pulses: [first, second],
    looks,
    turns,
  } = worker(2);
  for (const pulse of [first, second]) pulse?.leave();
  first?.runs(true);
  expect(looks(100, turns)).toBeUndefined();
  expect(looks(LIMIT)).toEqual({ node: 0, phase: 'run' });
});

test('time that a thread was held in one phase does not count in the next', () => {
  const {
    pulses: [only],
    looks,
  } = worker(1);
  looks(LIMIT - 1);
  only?.leave();
  expect(looks(1)).toBeUndefined();
});

test('nodes that take a step between any two looks are never blamed, whatever they do', () => {
  const step = fc.record({ node: fc.nat(2), what: fc.constantFrom('open', 'handler', 'close', 'idle', 'hold') });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const { pulses, looks, turns } = worker(3);
      for (const { node, what } of steps) {
        for (const pulse of pulses) pulse.aside(() => undefined);
        const pulse = pulses[node];
        if (what === 'hold') pulse?.hold(1);
        else pulse?.enter(what === 'idle' ? 'idle' : (what as 'open'));
        turns();
        expect(looks(1)).toBeUndefined();
      }
    }),
  );
});
