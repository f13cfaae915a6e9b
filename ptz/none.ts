/** The driver of a camera that is not to be moved. */
import { type Capabilities, MAX_LEASE_MS, type PtzDriver, type PtzStatus } from './driver.ts';
import { chooseRung, type Evidence, type RungEvidence } from './ladder.ts';
import type { DriverTime } from './time.ts';

const ABSENT: RungEvidence = { listed: false, move: 'not-tried', detail: null };
const NOTHING: Evidence = {
  rungs: { velocity: ABSENT, absolute: ABSENT, relative: ABSENT, 'relative-fov': ABSENT },
  stops: { timeout: 'not-tried', stop: 'not-tried' },
  position: 'absent',
  notes: ['driver none: the camera is not moved'],
};
const CAPABILITIES: Capabilities = {
  positionUnit: 'normalized',
  position: false,
  leaseMs: MAX_LEASE_MS,
  verdict: chooseRung(NOTHING, { allowed: [], guardian: false }, 0),
};
const UNKNOWN: Omit<PtzStatus, 'atMs'> = {
  ...{ pan: null, tilt: null, zoom: null, moving: null },
  ...{ roundTripMs: null, velocity: null, leaseMs: MAX_LEASE_MS },
  link: { state: 'ready', reason: null, nextTryMs: null },
};

/** Takes every command and does nothing. */
export function noneDriver({ clock }: DriverTime): PtzDriver {
  return {
    open: () => Promise.resolve(CAPABILITIES),
    velocity: () => Promise.resolve('superseded'),
    stop: () => Promise.resolve(),
    goTo: (preset) => Promise.resolve(preset),
    status: () => Promise.resolve({ atMs: clock.monoMs(), ...UNKNOWN }),
    close: () => Promise.resolve(),
  };
}
