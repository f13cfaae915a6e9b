import { describe, expect, test } from 'bun:test';
import { OwnMotion } from '../../../nodes/autotrack/control/own-motion.ts';
import { type AxisPlant, UNKNOWN_PLANT } from '../../../nodes/autotrack/control/types.ts';
import { Tuning } from '../../../nodes/autotrack/tuning.ts';
import type { Capabilities, PtzStatus } from '../../../ptz/index.ts';
import { chooseRung, type Evidence } from '../../../ptz/ladder.ts';
import { MemoryStore } from '../../../runtime/engine/store.ts';

const WORKS = { listed: true, move: 'works', detail: null } as const;
const ABSENT = { listed: false, move: 'not-tried', detail: null } as const;

function capabilities(rung: 'velocity' | 'absolute', more: Partial<Capabilities> = {}): Capabilities {
  const evidence: Evidence = {
    rungs: { velocity: WORKS, absolute: WORKS, relative: ABSENT, 'relative-fov': ABSENT },
    stops: { timeout: 'works', stop: 'stop' },
    position: 'works',
    notes: [],
  };
  return {
    positionUnit: 'degrees',
    position: true,
    leaseMs: 1000,
    verdict: chooseRung(evidence, { allowed: [rung], guardian: false }, 20),
    ...more,
  };
}

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const PAN: AxisPlant = { gainPerS: 70, rampS: 0.3, delayMs: 120 };
const TILT: AxisPlant = { gainPerS: 45, rampS: 0.3, delayMs: 120 };

class Bench {
  readonly store: MemoryStore;
  readonly tuning: Tuning;
  nowMs = 1000;
  /** What somebody else does to the camera: added to its pan. */
  disturbance = (_nowMs: number) => 0;
  /** It has a tilt axis. */
  tilts = true;
  readonly #motions = { pan: new OwnMotion(PAN, 20), tilt: new OwnMotion(TILT, 5) };

  constructor(options: object = {}, store = new MemoryStore()) {
    this.store = store;
    this.tuning = new Tuning({ calibrate: true, max_zoom: 1, hfov_deg: 60, ...options }, store, SILENT);
  }

  status(): PtzStatus {
    const at = (axis: 'pan' | 'tilt') => this.#motions[axis].at(this.nowMs).position;
    const link = { state: 'ready', reason: null, nextTryMs: null } as const;
    const told = { roundTripMs: 20, velocity: null, leaseMs: 1000, link };
    return {
      atMs: this.nowMs,
      pan: at('pan') + this.disturbance(this.nowMs),
      tilt: this.tilts ? at('tilt') : 5,
      zoom: 0,
      moving: false,
      ...told,
    };
  }

  /** @returns how many steps ran a calibration */
  run(seconds: number): number {
    let running = 0;
    for (const endMs = this.nowMs + seconds * 1000; this.nowMs < endMs; this.nowMs += 50) {
      this.tuning.status(this.status());
      const { isRunning, command } = this.tuning.step(this.nowMs, 1e12 + this.nowMs, 16 / 9);
      if (isRunning) running++;
      if (command === null) continue;
      this.#motions.pan.sent(this.nowMs, command.pan);
      this.#motions.tilt.sent(this.nowMs, command.tilt);
      this.tuning.sent(command, this.nowMs);
    }
    return running;
  }
}

describe('motors are measured', () => {
  test('once; what was found is kept for the next run, as long as the camera is steered in the same way', () => {
    const bench = new Bench();
    bench.tuning.connected(capabilities('velocity'));
    expect(bench.tuning.view()).toMatchObject({ state: 'none', delayMs: null });
    bench.run(1);
    expect(bench.tuning.view().state).toBe('running');
    bench.run(20);
    const { state, repeatability, delayMs, panDegPerS, tiltDegPerS } = bench.tuning.view();
    expect(state).toBe('done');
    expect(repeatability).toBeGreaterThan(0.95);
    expect(Math.abs((panDegPerS ?? 0) - 70)).toBeLessThan(3);
    expect(Math.abs((tiltDegPerS ?? 0) - 45)).toBeLessThan(3);
    expect(Math.abs((delayMs ?? 0) - 120)).toBeLessThan(60);
    expect(bench.run(200)).toBe(0);

    const next = new Bench({}, bench.store);
    next.tuning.connected(capabilities('velocity'));
    expect(next.tuning.plant).toEqual(bench.tuning.plant);
    expect(next.run(20)).toBe(0);
    const other = new Bench({}, bench.store);
    other.tuning.connected(capabilities('absolute'));
    expect(other.tuning.plant).toEqual(UNKNOWN_PLANT);
  });

  test.each([
    ['arrival', {}, 200],
    ['camera', {}, 0],
    [undefined, {}, 0],
    ['arrival', { frame_delay_ms: 350 }, 350],
    ['camera', { frame_delay_ms: 50 }, 50],
  ] as const)('a picture stamped by %s is as much later as %o says', (clock, options, laterMs) => {
    const [one, other] = [new Bench(options), new Bench({ frame_delay_ms: 0 })];
    one.tuning.stampedBy(clock);
    for (const bench of [one, other]) {
      bench.tuning.connected(capabilities('velocity'));
      bench.run(20);
    }
    expect(one.tuning.plant.pan.delayMs - other.tuning.plant.pan.delayMs).toBeCloseTo(laterMs, 6);
  });

  test('broken off, what was known by then counts, and it is tried again later, not at once', () => {
    const bench = new Bench();
    bench.tuning.connected(capabilities('velocity'));
    bench.run(4);
    expect(bench.tuning.abort(bench.nowMs)).toBe(true);
    expect(bench.tuning.abort(bench.nowMs)).toBe(false);
    expect(Math.abs(bench.tuning.plant.pan.gainPerS / 70 - 1)).toBeLessThan(0.3);
    expect(bench.tuning.view().state).toBe('none');
    expect(bench.run(50)).toBe(0);
    expect(bench.run(30)).toBeGreaterThan(0);
    expect(bench.tuning.view().state).toBe('done');
  });

  test('an axis that does not move stays a guess; the other one counts', () => {
    const bench = new Bench();
    bench.tilts = false;
    bench.tuning.connected(capabilities('velocity'));
    bench.run(40);
    expect(Math.abs(bench.tuning.plant.pan.gainPerS - 70)).toBeLessThan(3);
    expect(bench.tuning.plant).toMatchObject({ isGuess: true, tilt: { gainPerS: UNKNOWN_PLANT.tilt.gainPerS } });
    expect(bench.tuning.view()).toMatchObject({ state: 'done' });
  });

  test('broken off, it does not replace what was found out while following', () => {
    const bench = new Bench();
    bench.tuning.connected(capabilities('velocity'));
    const found = { pan: PAN, tilt: TILT, zoom: UNKNOWN_PLANT.zoom };
    bench.tuning.noticed({ plant: found, isSure: true, doubted: [] });
    bench.run(4);
    expect(bench.tuning.abort(bench.nowMs)).toBe(true);
    expect(bench.tuning.plant).toEqual(found);
  });

  test('moves that do not agree teach nothing; it is tried again a minute later, three times in all', () => {
    const bench = new Bench();
    bench.tuning.connected(capabilities('velocity'));
    bench.disturbance = (nowMs) => 6 * Math.sin(nowMs / 700);
    expect(bench.run(30)).toBeGreaterThan(0);
    expect(bench.tuning.plant).toEqual(UNKNOWN_PLANT);
    expect(bench.tuning.view().state).toBe('none');
    expect(bench.run(120)).toBeGreaterThan(0);
    bench.run(120);
    expect(bench.tuning.view().state).toBe('failed');
    expect(bench.run(120)).toBe(0);
    const next = new Bench({}, bench.store);
    next.tuning.connected(capabilities('velocity'));
    next.run(30);
    expect(next.tuning.view().state).toBe('done');
  });

  test.each([
    ['it is not to', { calibrate: false }, {}],
    ['the camera does not report its position', {}, { position: false }],
  ])('not when %s', (_why, options, more) => {
    const bench = new Bench(options);
    bench.tuning.connected(capabilities('velocity', more));
    expect(bench.run(20)).toBe(0);
    expect(bench.tuning.plant).toEqual(UNKNOWN_PLANT);
  });
});

test.each([
  { kept: null },
  { kept: 'x' },
  { kept: [] },
  { kept: { version: 2 } },
  { kept: { version: 1, rung: 'velocity', plant: { pan: {} } } },
])('what is on disk and is none of it counts for nothing: $kept', ({ kept }) => {
  const store = new MemoryStore();
  store.save(kept);
  const bench = new Bench({}, store);
  bench.tuning.connected(capabilities('velocity'));
  expect(bench.tuning.plant).toEqual(UNKNOWN_PLANT);
});

test('the verdict is kept beside the plant', () => {
  const bench = new Bench();
  bench.tuning.connected(capabilities('absolute'));
  expect(bench.store.load()).toMatchObject({
    version: 1,
    rung: 'absolute',
    verdict: { rung: 'absolute', verified: true },
  });
});

test('what was found out while following counts until it is calibrated, and is where the next run starts', () => {
  const bench = new Bench();
  bench.tuning.connected(capabilities('velocity', { position: false }));
  expect(bench.tuning.plant).toEqual(UNKNOWN_PLANT);
  const found = { pan: PAN, tilt: TILT, zoom: UNKNOWN_PLANT.zoom };
  bench.tuning.noticed({ plant: found, isSure: true, doubted: [] });
  bench.tuning.noticed({ plant: { ...found, pan: TILT }, isSure: true, doubted: [] });
  expect(bench.tuning.plant).toEqual(found);
  expect(bench.tuning.view()).toMatchObject({ state: 'done', panDegPerS: 70, repeatability: null });
  const next = new Bench({}, bench.store);
  next.tuning.connected(capabilities('velocity', { position: false }));
  expect(next.tuning.plant).toEqual({ ...found, isGuess: true });
  expect(next.tuning.view()).toMatchObject({ state: 'none', panDegPerS: null });
  const other = new Bench({}, bench.store);
  other.tuning.connected(capabilities('absolute', { position: false }));
  expect(other.tuning.plant).toEqual(UNKNOWN_PLANT);
});

test('which way an unknown camera turns: the option is named while it is in doubt and when it is found', () => {
  const bench = new Bench({ calibrate: false });
  bench.tuning.connected(capabilities('velocity', { position: false }));
  bench.tuning.noticed({ plant: UNKNOWN_PLANT, isSure: false, doubted: ['tilt'] });
  expect(bench.tuning.notes).toEqual([expect.stringContaining('set invert_tilt: true')]);
  const tilt = { ...UNKNOWN_PLANT.tilt, gainPerS: -20, positionScale: -1 };
  bench.tuning.noticed({ plant: { ...UNKNOWN_PLANT, tilt }, isSure: false, doubted: [] });
  expect(bench.tuning.notes).toEqual([expect.stringContaining('invert_tilt: true')]);
  expect(bench.tuning.view().state).toBe('none');
});

test('positions of an unknown scale are not taken for degrees', () => {
  const bench = new Bench({ max_zoom: 16 });
  const status = { ...bench.status(), pan: 0.5, tilt: -0.25, zoom: 0.5 };
  bench.tuning.connected(capabilities('velocity', { positionUnit: 'normalized' }));
  expect(bench.tuning.inDegrees(status)).toEqual({ atMs: 1000, zoomX: 4 });
  bench.tuning.connected(capabilities('velocity'));
  expect(bench.tuning.inDegrees(status)).toEqual({ atMs: 1000, panDeg: 0.5, tiltDeg: -0.25, zoomX: 4 });
});

test('of positions whose scale the picture told, the first tilt counts as 0: where the horizon is in them is not known', () => {
  const bench = new Bench({});
  bench.tuning.connected(capabilities('velocity', { positionUnit: 'normalized' }));
  const tilt = { ...UNKNOWN_PLANT.tilt, positionScale: 1 };
  bench.tuning.noticed({ plant: { ...UNKNOWN_PLANT, tilt }, isSure: true, doubted: [] });
  const tiltOf = (told: number) => bench.tuning.inDegrees({ ...bench.status(), tilt: told }).tiltDeg ?? Number.NaN;
  expect(tiltOf(-0.4)).toBe(0);
  expect(tiltOf(-0.3)).toBeGreaterThan(1);
  expect(tiltOf(-0.4)).toBe(0);
});
