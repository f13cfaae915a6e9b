import { describe, expect, test } from 'bun:test';
import { OwnMotion } from '../../../nodes/autotrack/control/own-motion.ts';
import { QuickCalibration } from '../../../nodes/autotrack/control/quick-calibration.ts';
import { type AxisPlant, UNKNOWN_PLANT } from '../../../nodes/autotrack/control/types.ts';

interface Camera {
  readonly pan: AxisPlant;
  readonly tilt: AxisPlant;
  readonly zoom?: AxisPlant;
  /** Between two statuses. */
  readonly pollMs?: number;
  /** From the place to the news of it. */
  readonly lateMs?: number;
  readonly noiseDeg?: number;
  readonly silent?: boolean;
}

const DEAD: AxisPlant = { gainPerS: 0, rampS: 0, delayMs: 100 };

/** @returns the calibration, and how long it took; `stopS`: it is left alone from then on */
function calibrate(camera: Camera, stopS = 120) {
  const { pollMs = 60, lateMs = 20, noiseDeg = 0.01 } = camera;
  const maxZoom = camera.zoom ? 20 : 1;
  const calibration = new QuickCalibration({ fieldDeg: 60, aspect: 16 / 9, lateMs, maxZoom });
  const motions = {
    pan: new OwnMotion(camera.pan, 40),
    tilt: new OwnMotion(camera.tilt, 10),
    zoom: new OwnMotion(camera.zoom ?? DEAD, 1, [1, 20]),
  };
  let [nowMs, polls, extentDeg] = [5000, 0, 0];
  for (; !calibration.done && nowMs < 5000 + stopS * 1000; nowMs += 10) {
    if (nowMs >= 5000 + polls * pollMs && !camera.silent) {
      const noise = noiseDeg * Math.sqrt(2) * Math.sin(++polls * polls);
      const atMs = nowMs - lateMs;
      const at = (axis: 'pan' | 'tilt' | 'zoom') => motions[axis].at(atMs).position;
      calibration.record.see({ atMs, panDeg: at('pan') + noise, tiltDeg: at('tilt') - noise, zoomX: at('zoom') });
      extentDeg = Math.max(extentDeg, Math.abs(at('pan') - 40), Math.abs(at('tilt') - 10));
    }
    if (nowMs % 50 !== 0) continue;
    const command = calibration.step(nowMs);
    if (command === null) continue;
    for (const axis of ['pan', 'tilt', 'zoom'] as const) motions[axis].sent(nowMs, command[axis]);
    calibration.record.sent(command, nowMs);
  }
  const off = (['pan', 'tilt'] as const).map(
    (axis) => motions[axis].at(nowMs + 3000).position - motions[axis].at(5000).position,
  );
  return { calibration, tookS: (nowMs - 5000) / 1000, extentDeg, offDeg: Math.max(...off.map(Math.abs)) };
}

const both = (plant: AxisPlant): Camera => ({ pan: plant, tilt: { ...plant, gainPerS: plant.gainPerS * 0.6 } });

describe('from reported positions', () => {
  test.each<[string, Camera, number]>([
    ['fast', both({ gainPerS: 120, rampS: 0.25, delayMs: 80 }), 9],
    ['common', both({ gainPerS: 60, rampS: 0.3, delayMs: 150 }), 9],
    ['late', both({ gainPerS: 60, rampS: 0.3, delayMs: 600 }), 12],
    ['slow', both({ gainPerS: 8, rampS: 0.4, delayMs: 200 }), 32],
    ['heavy', both({ gainPerS: 40, rampS: 1.2, delayMs: 200 }), 14],
    ['seldom asked', { ...both({ gainPerS: 60, rampS: 0.3, delayMs: 150 }), pollMs: 250, lateMs: 150 }, 12],
    ['turns the other way', both({ gainPerS: -60, rampS: 0.2, delayMs: 150 }), 9],
    ['rough positions', { ...both({ gainPerS: 60, rampS: 0.3, delayMs: 150 }), noiseDeg: 0.05 }, 12],
  ])('speed within 10 %%, delay within 50 ms: %s', (_what, camera, mostS) => {
    const { calibration, tookS, extentDeg } = calibrate(camera);
    const { plant, pan, tilt } = calibration.record.result();
    for (const axis of ['pan', 'tilt'] as const) {
      expect(Math.abs(plant[axis].gainPerS / camera[axis].gainPerS - 1)).toBeLessThan(0.1);
      // A ramp looks like half of it more delay: what counts is when half of the speed is there.
      const half = ({ delayMs, rampS }: AxisPlant) => delayMs + 500 * rampS;
      expect(Math.abs(half(plant[axis]) - half(camera[axis]))).toBeLessThan(50);
    }
    expect(tookS).toBeLessThan(mostS);
    expect(Math.min(pan?.explained ?? 0, tilt?.explained ?? 0)).toBeGreaterThan(0.9);
    // It looks about, it does not look away.
    expect(extentDeg).toBeLessThan(30);
  });

  test('the camera ends up about where it began', () => {
    const { offDeg } = calibrate(both({ gainPerS: 60, rampS: 0.3, delayMs: 150 }));
    expect(offDeg).toBeLessThan(9);
  });

  test('the zoom too, where there is one', () => {
    const zoom = { gainPerS: 1.5, rampS: 0, delayMs: 150 };
    const { calibration } = calibrate({ ...both({ gainPerS: 60, rampS: 0.3, delayMs: 150 }), zoom });
    expect(calibration.record.result().plant.zoom.gainPerS).toBeCloseTo(1.5, 1);
  });

  test('an axis that does not move is said to have none; the other is learned', () => {
    const { calibration } = calibrate({ pan: { gainPerS: 60, rampS: 0.2, delayMs: 200 }, tilt: DEAD });
    const { pan, tilt } = calibration.record.result();
    expect(pan?.plant.gainPerS).toBeCloseTo(60, 0);
    expect(tilt).toBeNull();
  });

  test('a camera that says nothing is not moved', () => {
    const { calibration, tookS } = calibrate({ ...both({ gainPerS: 60, rampS: 0.3, delayMs: 150 }), silent: true });
    expect(tookS).toBeLessThan(3);
    expect(calibration.record.result()).toMatchObject({ pan: null, tilt: null });
    expect(calibration.record.result().plant.pan.gainPerS).toBe(UNKNOWN_PLANT.pan.gainPerS);
  });

  test('broken off in the middle, it knows something already', () => {
    const { calibration, tookS } = calibrate(both({ gainPerS: 60, rampS: 0.3, delayMs: 150 }), 3);
    expect(tookS).toBe(3);
    const { pan } = calibration.record.result();
    expect(Math.abs((pan?.plant.gainPerS ?? 0) / 60 - 1)).toBeLessThan(0.35);
  });
});
