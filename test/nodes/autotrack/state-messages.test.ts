/** What clients are told is what the schemas say, in every state that there is. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import {
  type AutotrackStateParts,
  autotrackState,
  type PtzStateParts,
  ptzState,
} from '../../../nodes/autotrack/state-messages.ts';
import { outOfReach, type WhyInput, whyNot } from '../../../nodes/autotrack/why-not.ts';
import type { PtzStatus } from '../../../ptz/index.ts';
import { chooseRung, type Evidence } from '../../../ptz/ladder.ts';
import { AutotrackStateSchema, PtzStateSchema } from '../../../schemas/index.ts';

const SENDER = { sessionId: 's', cameraId: 'c', unixMs: 1_700_000_000_000.6 };
const READY = { state: 'ready', reason: null } as const;
const STATUS: PtzStatus = {
  atMs: 1,
  pan: 12.34567,
  tilt: -3,
  zoom: 0.5,
  moving: false,
  leaseMs: 1000,
  roundTripMs: 20.04,
  velocity: null,
  link: { ...READY, nextTryMs: null },
};
const PTZ: PtzStateParts = {
  controlMode: 'onvif',
  link: READY,
  status: STATUS,
  isDegrees: true,
  isMoving: false,
  hfovDeg: 60,
  preset: null,
  velocity: { pan: 0.5, tilt: 0, zoom: -1 },
};
const NOTHING: Evidence = {
  rungs: {
    velocity: { listed: true, move: 'failed', detail: 'refused' },
    absolute: { listed: false, move: 'not-tried', detail: null },
    relative: { listed: false, move: 'not-tried', detail: null },
    'relative-fov': { listed: false, move: 'not-tried', detail: null },
  },
  stops: { timeout: 'not-tried', stop: 'not-tried' },
  position: 'absent',
  notes: [],
};
const VERDICT = chooseRung(
  NOTHING,
  { allowed: ['velocity', 'absolute', 'relative', 'relative-fov'], guardian: false },
  0,
);
const TRACKER: AutotrackStateParts = {
  enabled: true,
  active: false,
  reason: null,
  state: 'idle',
  selection: null,
  capabilities: null,
  notes: [],
  calibration: {
    state: 'none',
    repeatability: null,
    atUnixMs: null,
    delayMs: null,
    panDegPerS: null,
    tiltDegPerS: null,
  },
  commandsPerS: null,
  errorShare: null,
};

describe('ptz_state', () => {
  test('figures are rounded; degrees are only told where they are degrees', () => {
    const told = ptzState(SENDER, PTZ);
    expect(told).toMatchObject({ ts_unix_ms: 1_700_000_000_001, pan_deg: 12.346, tilt_deg: -3, round_trip_ms: 20 });
    expect(Value.Check(PtzStateSchema, told)).toBe(true);
    const other = ptzState(SENDER, { ...PTZ, isDegrees: false });
    expect(other).toMatchObject({ pan_deg: null, tilt_deg: null, zoom: 0.5 });
    expect(Value.Check(PtzStateSchema, other)).toBe(true);
  });

  test.each([
    { status: null, hfovDeg: null, isMoving: null },
    { link: { state: 'connecting', reason: 'no answer' } as const },
    { status: { ...STATUS, pan: null, tilt: Number.NaN, zoom: 1.0001 } },
    { preset: 'home' },
  ])('holds whatever is missing: $link $preset', (parts) => {
    const told = ptzState(SENDER, { ...PTZ, ...parts });
    expect([...Value.Errors(PtzStateSchema, told)]).toEqual([]);
  });
});

describe('autotrack_state', () => {
  const capabilities = {
    positionUnit: 'normalized',
    position: false,
    absolute: false,
    relative: [],
    zoom: false,
    leaseMs: 300,
    verdict: VERDICT,
  } as const;

  test.each<Partial<AutotrackStateParts>>([
    {},
    { selection: { id: 3, by: 'graph' }, active: true, state: 'following', commandsPerS: 9.26, errorShare: 0.01234 },
    { capabilities, notes: ['blind'], state: 'fault', reason: { code: 'camera_lost', message: 'no answer' } },
    {
      calibration: {
        state: 'done',
        repeatability: 0.98765,
        atUnixMs: 1e12 + 0.5,
        delayMs: 81.4,
        panDegPerS: 60.123,
        tiltDegPerS: 40,
      },
    },
  ])('%o', (parts) => {
    const told = autotrackState(SENDER, { ...TRACKER, ...parts });
    expect([...Value.Errors(AutotrackStateSchema, told)]).toEqual([]);
  });

  test('every rung that is not used is told with its reason', () => {
    const { rejected } = autotrackState(SENDER, { ...TRACKER, capabilities });
    expect(rejected.map(({ rung }) => rung)).toEqual(['velocity', 'absolute', 'relative', 'relative-fov']);
    expect(rejected[0]?.reason).toBe('refused');
  });
});

describe('why it does not steer', () => {
  const calm: WhyInput = { enabled: true, link: READY, verdict: null, state: 'idle', hasTarget: true, wasSeen: true };
  test.each<[string, Partial<WhyInput>]>([
    ['disabled', { enabled: false, link: { state: 'lost', reason: 'x' } }],
    ['connecting', { link: { state: 'connecting', reason: null } }],
    ['camera_lost', { link: { state: 'lost', reason: 'no answer' } }],
    ['login_refused', { link: { state: 'refused', reason: 'wrong password' } }],
    ['closed', { link: { state: 'closed', reason: null } }],
    ['no_rung', { verdict: VERDICT }],
    ['calibrating', { state: 'calibrating' }],
    ['returning', { state: 'returning' }],
    ['no_target', { hasTarget: false }],
    ['target_not_seen', { wasSeen: false }],
    ['target_lost', {}],
  ])('%s', (code, input) => {
    const reason = whyNot({ ...calm, ...input });
    expect(reason.code).toBe(code);
    expect(reason.message).not.toBe('');
  });

  test('no rung says what is wrong with each', () => {
    expect(whyNot({ ...calm, verdict: VERDICT }).message).toContain('velocity: refused; absolute: ');
    expect(outOfReach(['pan', 'tilt']).message).toContain('pan and tilt');
  });
});
