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

/** Takes every command and does nothing. */
export function noneDriver({ clock }: DriverTime): PtzDriver {
  const capabilities: Capabilities = {
    positionUnit: 'normalized',
    position: false,
    absolute: false,
    relative: [],
    zoom: false,
    leaseMs: MAX_LEASE_MS,
    verdict: chooseRung(NOTHING, { allowed: [], guardian: false }, 0),
  };
  const unknown: Omit<PtzStatus, 'atMs'> = {
    pan: null,
    tilt: null,
    zoom: null,
    moving: null,
    cameraUnixMs: null,
    roundTripMs: null,
    velocity: null,
    link: { state: 'ready', reason: null, nextTryMs: null },
  };
  const nothing = () => Promise.resolve();
  return {
    open: () => Promise.resolve(capabilities),
    moveVelocity: () => Promise.resolve('superseded'),
    moveRelative: nothing,
    moveAbsolute: nothing,
    stop: nothing,
    gotoPreset: nothing,
    presets: () => Promise.resolve([]),
    status: () => Promise.resolve({ atMs: clock.monoMs(), ...unknown }),
    close: nothing,
  };
}
