import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PlantSpec, readPaths, readPlants, type TargetPath } from '../../bench/autotrack/files.ts';
import { calibrate, WindhoverContestant } from '../../bench/autotrack/ours.ts';
import { Pid, PidContestant } from '../../bench/autotrack/pid.ts';
import { inPicture, placeAt, SimulatedCamera } from '../../bench/autotrack/plant.ts';
import { RelativeContestant } from '../../bench/autotrack/relative.ts';
import { runCase } from '../../bench/autotrack/run.ts';
import { hovers, isReachable, median, summarize } from '../../bench/autotrack/summary.ts';
import { benchAutotrack, runAll } from '../../bench/autotrack.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';

const FOLDER = join(import.meta.dir, '../../bench/autotrack');
const folder = mkdtempSync(join(tmpdir(), 'windhover-autotrack-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const EASY: PlantSpec = {
  name: 'easy',
  hfov_deg: 60,
  aspect: 1.778,
  pan: { max_deg_s: 40, accel_deg_s2: 100 },
  tilt: { max_deg_s: 30, accel_deg_s2: 100 },
  command_delay_ms: 60,
  frame_delay_ms: 90,
  detect_hz: 10,
  noise_box: 0.03,
  miss: 0,
  seed: 3,
};
const HARD: PlantSpec = {
  ...EASY,
  name: 'hard',
  command_delay_ms: 350,
  frame_delay_ms: 350,
  noise_box: 0.1,
  miss: 0.2,
};
const CONSTANT: TargetPath = {
  name: 'constant',
  target: [
    [0, -6, 2, 2],
    [12, 66, 5, 2],
  ],
};
const STILL: TargetPath = {
  name: 'still',
  target: [
    [0, 8, 4, 2],
    [12, 8, 4, 2],
  ],
};

function written(name: string, value: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value, null, 1));
  return file;
}

test(
  'two plants, two paths: ours is nearer to the target than the baselines, and the same on every run',
  () => {
    const args = [
      '--plant',
      written('plants.json', [EASY, HARD]),
      '--paths',
      written('paths.json', [CONSTANT, STILL]),
      '--json',
    ];
    const runs = [0, 1].map(() => {
      const lines: string[] = [];
      benchAutotrack(args, (line) => lines.push(line));
      return lines.join('\n');
    });
    expect(runs[0]).toBe(runs[1] ?? '');
    const results: Record<string, unknown>[] = JSON.parse(runs[0] ?? '');
    expect(results.length).toBe(12);
    expect(Object.keys(results[0] ?? {})).toEqual([
      ...['plant', 'path', 'controller', 'time_to_centre_s', 'rms', 'p95', 'overshoot', 'off_frame_share', 'lost'],
      ...['commands_per_s', 'travel_deg', 'sign_changes_per_s', 'still_share'],
    ]);
    const cases = runAll([EASY, HARD], [CONSTANT, STILL]);
    for (const { plant, medianRms } of summarize([EASY, HARD], [CONSTANT, STILL], cases)) {
      expect({ plant, better: medianRms.windhover < Math.min(medianRms.pid, medianRms.relative) }).toEqual({
        plant,
        better: true,
      });
    }
    for (const result of cases.filter(({ controller }) => controller === 'windhover')) {
      expect(result).toMatchObject({ lost: false, off_frame_share: 0 });
      expect(result.rms).toBeLessThan(0.02);
      expect(result.commands_per_s).toBeLessThanOrEqual(10);
      expect(result.sign_changes_per_s).toBeLessThanOrEqual(0.5);
      if (result.path === 'still') expect(result.still_share).toBeGreaterThan(0.95);
    }
  },
  TEST_LIMIT_MS,
);

describe('baselines', () => {
  test('the PID has the published gains', () => {
    const pid = new Pid();
    expect(pid.step(0.1, 0)).toBeCloseTo(0.2, 9);
    expect(pid.step(0.2, 1)).toBeCloseTo(2 * 0.2 + 0.15 * 0.2 + 0.8 * 0.1, 9);
    expect(pid.step(0.009, 0.1)).toBe(0);
  });

  test('the PID centres a still target on an easy camera', () => {
    expect(runCase(EASY, STILL, new PidContestant()).rms).toBeLessThan(0.02);
  });

  test('relative moves centre a still target in a move or two', () => {
    const figures = runCase(EASY, STILL, new RelativeContestant(EASY));
    expect(figures.rms).toBeLessThan(0.03);
    expect(figures.commands_per_s * 12).toBeLessThan(4);
  });
});

describe('simulated camera', () => {
  test('obeys after the delay, with its acceleration and speed', () => {
    const camera = new SimulatedCamera(EASY);
    camera.send(0, { kind: 'velocity', pan: 1, tilt: 0, zoom: 0 });
    for (let nowMs = 5; nowMs <= 1060; nowMs += 5) camera.advance(nowMs);
    // 40 deg/s after 0.4 s: 8 degrees, then 0.6 s at full speed.
    expect(Math.abs(camera.pose.panDeg - 32)).toBeLessThan(0.3);
  });

  test('stops when the lease is not renewed', () => {
    const camera = new SimulatedCamera(EASY);
    camera.send(0, { kind: 'velocity', pan: 1, tilt: 0, zoom: 0, leaseMs: 500 });
    for (let nowMs = 5; nowMs <= 2000; nowMs += 5) camera.advance(nowMs);
    expect(camera.moving).toBe(false);
  });

  test('a relative move ends where it was sent, and idle is reported late', () => {
    const camera = new SimulatedCamera(EASY);
    camera.send(0, { kind: 'relative', panDeg: 20, tiltDeg: -5 });
    let nowMs = 0;
    let stoppedMs = 0;
    while (!camera.reportsIdle(nowMs) && nowMs < 5000) {
      nowMs += 5;
      camera.advance(nowMs);
      if (camera.moving) stoppedMs = nowMs;
    }
    expect(camera.pose.panDeg).toBeCloseTo(20, 2);
    expect(camera.pose.tiltDeg).toBeCloseTo(-5, 2);
    expect(nowMs - stoppedMs).toBeGreaterThanOrEqual(EASY.command_delay_ms);
  });

  test('the picture: the centre, the edge, behind', () => {
    const pose = { panDeg: 0, tiltDeg: 0, zoomX: 1 };
    const at = (panDeg: number) => inPicture(EASY, pose, { panDeg, tiltDeg: 0, widthDeg: 2 });
    expect(at(0)).toMatchObject({ x: 0, inFrame: true });
    expect(at(29.9).inFrame).toBe(true);
    expect(at(30.1).inFrame).toBe(false);
    expect(at(180)).toMatchObject({ inFrame: false });
  });
});

test('paths: linear between samples, held outside', () => {
  expect([-1, 0, 6, 12, 99].map((timeS) => placeAt(CONSTANT, timeS).panDeg)).toEqual([-6, -6, 30, 66, 66]);
});

test('which paths are reachable, and which hover', () => {
  expect(isReachable(EASY, CONSTANT)).toBe(true);
  expect(isReachable({ ...EASY, pan: { max_deg_s: 8, accel_deg_s2: 100 } }, CONSTANT)).toBe(false);
  const drift: TargetPath = {
    name: 'hover',
    target: [
      [0, 5, 5, 1],
      [3, 6, 5, 1],
      [6, 5, 6, 1],
    ],
  };
  expect([hovers(EASY, drift), hovers(EASY, STILL), hovers(EASY, CONSTANT)]).toEqual([true, false, false]);
  expect(median([3, 1, 2, 4])).toBe(2.5);
});

test('a camera that never sees its target costs nothing but the case', () => {
  const away: TargetPath = {
    name: 'away',
    target: [
      [0, 120, 0, 2],
      [5, 120, 0, 2],
    ],
  };
  const figures = runCase(EASY, away, new WindhoverContestant(EASY, calibrate(EASY, false), false));
  expect(figures).toMatchObject({ lost: true, time_to_centre_s: null, off_frame_share: 1, commands_per_s: 0 });
});

describe('files', () => {
  test('the shipped ones are right', () => {
    expect(readPlants(join(FOLDER, 'plants.json')).length).toBeGreaterThanOrEqual(12);
    expect(readPaths(join(FOLDER, 'paths.json')).map(({ name }) => name)).toContain('hover');
  });

  test.each<[string, unknown, string]>([
    ['no JSON', '[{', 'is no JSON'],
    ['no list', '{}', 'must be'],
    ['an empty list', [], 'must have'],
    ['a missing key', [{ ...EASY, hfov_deg: undefined }], '[0].hfov_deg: is required'],
    [
      'a wrong range',
      [EASY, { ...EASY, name: 'b', pan: { max_deg_s: -1, accel_deg_s2: 1 } }],
      '[1].pan.max_deg_s: must be',
    ],
    ['a name twice', [EASY, EASY], "[1].name: 'easy' is taken already"],
  ])('plants with %s are refused, with the place', (_, value, said) => {
    const file = written('bad.json', value);
    expect(() => readPlants(file)).toThrow(said);
    expect(() => readPlants(file)).toThrow(file);
  });

  test('line and column of a fault', () => {
    const file = written('bad.json', '[\n  { "name": "p", "target": [[0, 1, 2, 1],\n    [0, 1, 2, 1]] }\n]\n');
    expect(() => readPaths(file)).toThrow(
      `${file}:3:6 [0].target[1][0]: must be later than the sample before (0 s), got 0`,
    );
  });

  test('a path of no length, a file that is not there, an unknown option', () => {
    expect(() => readPaths(written('bad.json', [{ name: 'p', target: [[0, 1, 2, 1]] }]))).toThrow(
      'must end later than 0 s',
    );
    expect(() => readPaths(join(folder, 'none.json'))).toThrow("can't read");
    expect(() => benchAutotrack(['--nonsense'])).toThrow('nonsense');
  });
});
