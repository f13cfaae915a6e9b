/** Where the camera is taken to be, and what its own word about that changes. */
import { describe, expect, test } from 'bun:test';
import { DeadReckoning } from '../../../nodes/autotrack/control/dead-reckoning.ts';
import type { AxisPlant } from '../../../nodes/autotrack/control/types.ts';

const AXIS: AxisPlant = { gainPerS: 60, rampS: 0.2, delayMs: 100 };
const PLANT = { pan: AXIS, tilt: AXIS, zoom: { ...AXIS, gainPerS: 2 } };
const STILL = { pan: 0, tilt: 0, zoom: 0 };

function resting(plant = PLANT): DeadReckoning {
  const pose = new DeadReckoning({ hfovDeg: 60, aspect: 16 / 9 }, plant, 4);
  pose.sent(STILL, 0);
  return pose;
}

/** At rest until 1000 ms, then told to pan at half its speed (30° a second). */
function panning(plant = PLANT): DeadReckoning {
  const pose = resting(plant);
  pose.sent({ ...STILL, pan: 0.5 }, 1000);
  return pose;
}

describe('a status', () => {
  test('of a camera at rest is believed', () => {
    const pose = resting();
    expect(pose.align({ atMs: 900, panDeg: 3, tiltDeg: -2 })).toEqual({ panDeg: 3, tiltDeg: -2 });
    expect(pose.view(900)).toEqual({ panDeg: 3, tiltDeg: -2, zoomX: 1 });
  });

  test.each([-300, 0, 300, 1000])('of a camera that moves, %d ms off, changes nothing', (offMs) => {
    const pose = panning();
    const panDeg = pose.view(2000 + offMs).panDeg;
    expect(pose.align({ atMs: 2000, panDeg, tiltDeg: 0 })).toEqual({ panDeg: 0, tiltDeg: 0 });
  });

  test('of a camera that never moved, the command got lost: corrects the computed pose once it should rest', () => {
    const pose = panning();
    pose.sent(STILL, 3000);
    pose.align({ atMs: 3500, panDeg: 0, tiltDeg: 0 });
    expect(pose.view(3500).panDeg).toBe(0);
  });
});
