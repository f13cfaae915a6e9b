/**
 * Faults of real cameras, switched on by name. Declared once: the traits of a camera without faults (TRAITS), and
 * what each quirk changes about it. Quirks can be combined; where two change the same trait, the last named wins.
 */
import { WindhoverError } from '../../runtime/errors.ts';
import { suggestion } from '../../runtime/nearest.ts';
import { textTable } from '../../runtime/text-table.ts';

/** Traits of a camera, with the values of a camera without faults. Durations carry their unit. */
export const TRAITS = {
  /** The relative field-of-view space: there, not listed, or listed and refused. */
  fovSpace: 'works' as 'works' | 'absent' | 'refused',
  /** What MoveStatus says: the truth, or MOVING whatever happens. */
  moveStatus: 'truth' as 'truth' | 'moving',
  getStatus: 'works' as 'works' | 'absent',
  /** The position in GetStatus: given, or an empty element that says nil. */
  statusPosition: 'given' as 'given' | 'nil',
  /** The end of the zoom spaces; 1 by the specification's generic space. */
  zoomSpaceMax: 1,
  /** Which way tilt positions grow; velocities and translations are up everywhere. */
  tiltPositions: 'up' as 'up' | 'down',
  /** The Timeout of ContinuousMove (and its default): kept, without effect, or a reason to refuse the move. */
  timeout: 'kept' as 'kept' | 'ignored' | 'refused',
  stop: 'works' as 'works' | 'refused',
  /** How far the camera's clock is ahead. */
  clockOffsetS: 0,
  /** Added to what GetSystemDateAndTime calls UTC; the clock itself, which logins are checked by, is right. */
  reportedUtcOffsetS: 0,
  /** False: a WS-UsernameToken is ignored; only HTTP digest counts. */
  wsSecurity: true,
  timeNeedsLogin: false,
  /** Host that service addresses name instead of the one that was asked. */
  xaddrHost: null as string | null,
  firstProfileHasPtz: true,
  /** Time that every request takes until it has its effect and its answer. */
  latencyMs: 0,
  /** Every n-th request gets no answer; 0: none. */
  dropEvery: 0,
  /** Number of wrong logins after which all logins are refused; 0: never. */
  lockoutAfter: 0,
  lockoutS: 30 * 60,
  /** The camera restarts, once, after so many requests; 0: never. */
  rebootAfter: 0,
  rebootS: 8,
  /** Octagon API: every n-th command or query finds its device busy; 0: none. */
  octagonBusyEvery: 0,
  /** Octagon API: how the position's angles are called, `pan` or `panPosition`. */
  octagonNames: 'plain' as 'plain' | 'long',
};

export type Traits = Readonly<typeof TRAITS>;

export const QUIRKS = [
  quirk('no-relative-fov', 'relative moves only in the generic space', { fovSpace: 'absent' }),
  quirk('fov-refused', 'the relative field-of-view space is listed, and every move in it refused', {
    fovSpace: 'refused',
  }),
  quirk('always-moving', 'MoveStatus stays MOVING', { moveStatus: 'moving' }),
  quirk('no-status', 'GetStatus is not implemented', { getStatus: 'absent' }),
  quirk('nil-position', 'GetStatus answers with a position that is nil', { statusPosition: 'nil' }),
  quirk('zoom-half', 'zoom positions run from 0 to 0.499', { zoomSpaceMax: 0.499 }),
  quirk('tilt-positions-down', 'tilt positions grow downwards, while a positive velocity turns up', {
    tiltPositions: 'down',
  }),
  quirk('timeout-ignored', 'a move goes on when its Timeout is over', { timeout: 'ignored' }),
  quirk('timeout-refused', 'a move with a Timeout is refused, one without never ends', { timeout: 'refused' }),
  quirk('stop-refused', 'Stop is refused; a move at rate 0 does stop', { stop: 'refused' }),
  quirk('clock-hour-off', 'the clock is an hour ahead, and logins are checked by it', { clockOffsetS: 3600 }),
  quirk('local-time-as-utc', 'local time (UTC+2) is reported as UTC; logins are checked by real UTC', {
    reportedUtcOffsetS: 2 * 3600,
  }),
  quirk('digest-only', 'WS-Security logins count for nothing; HTTP digest is asked for', { wsSecurity: false }),
  quirk('auth-for-time', 'GetSystemDateAndTime needs a login', { timeNeedsLogin: true }),
  quirk('wrong-xaddr', 'service addresses name a host that cannot be reached (192.0.2.64)', {
    // RFC 5737: an address reserved for documentation.
    xaddrHost: '192.0.2.64',
  }),
  quirk('first-profile-without-ptz', 'the first media profile has no PTZ configuration', { firstProfileHasPtz: false }),
  quirk('latency-300', 'every request takes 300 ms', { latencyMs: 300 }),
  quirk('latency-1000', 'every request takes a second', { latencyMs: 1000 }),
  quirk('drop-tenth', 'every tenth request is never answered and has no effect', { dropEvery: 10 }),
  quirk('lockout', 'all logins are refused for 30 minutes after three wrong ones', { lockoutAfter: 3 }),
  quirk('reboot', 'after 100 requests it is gone for 8 s, then moves to its home position', { rebootAfter: 100 }),
  quirk('octagon-busy', 'Octagon API: every fourth request finds its device busy (200, success false)', {
    octagonBusyEvery: 4,
  }),
  quirk('octagon-alt-names', 'Octagon API: the position is called panPosition, tiltPosition', {
    octagonNames: 'long',
  }),
];

/** @throws WindhoverError `usage` for an unknown name, with the nearest known one */
export function traitsOf(names: readonly string[]): Traits {
  const changes = names.map((name) => {
    const found = QUIRKS.find((known) => known.name === name);
    if (found) return found.changes;
    const known = QUIRKS.map((one) => one.name);
    throw new WindhoverError('usage', `there is no quirk '${name}'${suggestion(name, known, 'quirks')}`);
  });
  return Object.assign({}, TRAITS, ...changes);
}

/** For `--quirk help`: one line a quirk. */
export function quirksText(): string {
  return textTable(QUIRKS.map(({ name, description }) => [name, description]));
}

function quirk(name: string, description: string, changes: Partial<Traits>) {
  return { name, description, changes };
}
