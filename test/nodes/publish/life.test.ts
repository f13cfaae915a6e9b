/**
 * The life of a track from detection to client: `track` and `publish` as they are, on a clock that the test turns, with
 * frames that come late, in bursts or not at all, messages that are dropped, and nodes that are started again.
 */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { PROPERTY_LIMIT_MS } from '../../support/patience.ts';
import { type Options, played, type Restart, type Step } from './life-rig.ts';

const NO_DELAY = { networkMs: 0, toTrackMs: 0, toPublishMs: 0 };
const steps = (count: number, step: (index: number) => Partial<Step>): Step[] =>
  Array.from({ length: count }, (_, index) => ({ gapMs: 40, seen: [0], ...NO_DELAY, ...step(index) }));

describe('an object has one life', () => {
  const rows: { why: string; steps: Step[]; options?: Options }[] = [
    {
      why: 'in every frame at 1.8 fps, half a second late',
      steps: steps(54, () => ({ gapMs: 556, toPublishMs: 500 })),
    },
    {
      why: 'in every frame at 1.8 fps, from nothing to 3 s late',
      steps: steps(54, (i) => ({ gapMs: 556, toPublishMs: (i * 1237) % 3000 })),
    },
    {
      why: 'in every frame, and the model halts for 3 s now and then',
      steps: steps(400, (i) => ({ toTrackMs: i % 100 === 50 ? 3000 : 10 })),
    },
    { why: 'unseen for exactly a second', steps: steps(80, (i) => ({ seen: i > 20 && i < 45 ? [] : [0] })) },
    {
      why: 'unseen for 5 s by a tracker that waits for 10 s',
      steps: steps(250, (i) => ({ seen: i > 50 && i < 175 ? [] : [0] })),
      options: { lostAfterS: 10 },
    },
    {
      why: 'the same, and nothing comes for 5 s',
      steps: steps(100, (i) => ({ gapMs: i === 50 ? 5000 : 40 })),
      options: { lostAfterS: 10 },
    },
    {
      why: 'most messages between the two nodes are dropped',
      steps: steps(250, (i) => ({ seen: i % 20 === 0 ? [0] : [], isDropped: i % 20 === 0 && i % 100 > 0 })),
    },
    {
      why: 'over a change of either worker',
      steps: steps(100, (i) => ({
        restart: i === 30 ? 'publish handed over' : i === 60 ? 'track handed over' : undefined,
      })),
    },
    {
      why: 'a tracker of somebody else: unseen for less than the time to end',
      steps: steps(100, (i) => ({ seen: i > 50 && i < 75 ? [] : [0] })),
      options: { foreignTracker: true },
    },
  ];
  test.each(rows)('$why', async ({ steps, options }) => {
    const rig = await played(steps, options);
    expect(rig.faults()).toEqual([]);
    expect([rig.count('new'), rig.count('end')]).toEqual([1, 1]);
  });
});

test.each([3_600_000, -3_600_000])(
  'the wall clock is set by %d ms in its life: its times are by the new one',
  async (setMs) => {
    const rig = await played(steps(100, (i) => ({ setMs: i === 50 ? setMs : 0, toPublishMs: 300 })));
    expect(rig.faults()).toEqual([]);
    const [told, end] = rig.events;
    expect([told?.event, end?.event]).toEqual(['new', 'end']);
    expect((end?.after.start_ts_unix_ms ?? 0) - (told?.after.start_ts_unix_ms ?? 0)).toBe(setMs);
    expect((end?.after.end_ts_unix_ms ?? 0) - (end?.after.start_ts_unix_ms ?? 0)).toBe(99 * 40);
  },
);

test('the wall clock is set, and nothing is seen until publish is over: its end is by the new one', async () => {
  const last = { seen: [], toTrackMs: 60 };
  const rig = await played([
    ...steps(3, () => ({})),
    ...steps(1, () => ({ ...last, setMs: 3_600_000 })),
    ...steps(1, () => ({ ...last, restart: 'publish replaced' })),
  ]);
  expect([rig.faults(), rig.count('new'), rig.count('end')]).toEqual([[], 1, 1]);
});

describe('an object has two lives, under two ids', () => {
  const rows: { why: string; steps: Step[]; options?: Options }[] = [
    { why: 'unseen for 1.04 s', steps: steps(100, (i) => ({ seen: i > 20 && i < 46 ? [] : [0] })) },
    { why: 'no picture for 3 s', steps: steps(100, (i) => ({ gapMs: i === 50 ? 3000 : 40 })) },
    {
      why: 'pictures of 3 s come in one burst, too late',
      steps: steps(200, (i) => ({ networkMs: i > 49 && i < 125 ? (125 - i) * 40 : 0 })),
    },
    {
      why: 'unseen for 3 s, and publish is not told that the tracker waits for 10 s',
      steps: steps(200, (i) => ({ seen: i > 50 && i < 125 ? [] : [0] })),
      options: { lostAfterS: 10, forgets: true },
    },
    { why: 'the process crashes', steps: steps(100, (i) => ({ restart: i === 50 ? 'crash' : undefined })) },
    {
      why: 'another node takes the place of publish',
      steps: steps(100, (i) => ({ restart: i === 50 ? 'publish replaced' : undefined })),
    },
  ];
  test.each(rows)('$why', async ({ steps, options }) => {
    const rig = await played(steps, options);
    expect(rig.faults()).toEqual([]);
    expect([rig.count('new'), rig.count('end')]).toEqual([2, 2]);
  });
});

test('a tracker of somebody else that uses an id again: nothing comes after the end', async () => {
  const rig = await played(
    steps(200, (i) => ({ seen: i > 50 && i < 100 ? [] : [0], restart: i === 150 ? 'crash' : undefined })),
    { foreignTracker: true },
  );
  expect(rig.faults()).toEqual([]);
  expect([rig.count('new'), rig.count('end')]).toEqual([1, 1]);
});

test('whatever is seen, however late, through any restarts: one new, one end, nothing after it', async () => {
  const ms = (max: number) => fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max }));
  const restart = fc.constantFrom<Restart>('crash', 'publish handed over', 'publish replaced', 'track handed over');
  const step = fc.record({
    gapMs: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(33, 40, 200, 556) }, fc.integer({ min: 1, max: 7000 })),
    networkMs: ms(4000),
    toTrackMs: ms(2000),
    toPublishMs: ms(7000),
    seen: fc.uniqueArray(fc.integer({ min: 0, max: 2 }), { maxLength: 3 }),
    isDropped: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.boolean()),
    setMs: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, fc.constantFrom(3_600_000, -3_600_000, 5000, -5000)),
    restart: fc.oneof({ weight: 20, arbitrary: fc.constant(undefined) }, restart),
  });
  const options = fc.record({
    lostAfterS: fc.constantFrom(0.1, 0.5, 1, 3, 10),
    endAfterMs: fc.constantFrom(100, 1000, 4000),
    foreignTracker: fc.constantFrom(false, false, true),
    forgets: fc.boolean(),
  });
  // A tracker of somebody else that publish knows nothing of may say anything to another publish.
  const isFair = (all: readonly Step[], { foreignTracker }: Options) =>
    !foreignTracker || all.every(({ restart: how }) => how !== 'publish replaced');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), options, async (all, rules) => {
      fc.pre(isFair(all, rules));
      // A process that dies while the clock is set takes with it what it alone knew of the time.
      const crashes = all.some(({ restart: how }) => how === 'crash');
      const fair = crashes ? all.map((step) => ({ ...step, setMs: 0 })) : all;
      expect((await played(fair, rules)).faults()).toEqual([]);
    }),
    { numRuns: 400, interruptAfterTimeLimit: PROPERTY_LIMIT_MS },
  );
});
