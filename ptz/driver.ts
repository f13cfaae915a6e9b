/**
 * The interface between the autotracker and a camera, independent of the camera's protocol.
 *
 * Signs: pan + is right, tilt + is up, zoom + is in. Every call has the driver's own deadline and takes an AbortSignal.
 * Calls go to the camera one at a time, in order; of velocities that wait only the newest is sent.
 * Errors are WindhoverErrors: `ptz_unreachable` (no answer, no connection: try again later), `ptz_login` (refused, or
 * no attempt allowed yet), `ptz_refused` (the camera understood and said no), `ptz_unsupported` (it lacks that),
 * `ptz_profile` (no such profile), `ptz_preset` (no such preset), `ptz_closed`, `ptz_aborted`, `ptz_stop_failed` (no
 * stop was confirmed), `ptz_unguarded` (it needs a guardian, and there is none at the moment), `ptz_interrupted`
 * (opening was disturbed: try again), `ptz_in_use` (another process steers it).
 */
import { WindhoverError } from '../runtime/node.ts';
import type { Verdict } from './ladder.ts';

/** Each axis in [-1, 1] of the camera's full speed. */
export interface Velocity {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
}

/** A velocity is a lease of at most this. */
export const MAX_LEASE_MS = 1000;

export interface Preset {
  readonly token: string;
  readonly name: string;
}

export interface Capabilities {
  /** `degrees` where the camera or the options define the unit; else the camera's range is [-1, 1]. */
  readonly positionUnit: 'degrees' | 'normalized';
  /** The camera reports its position. */
  readonly position: boolean;
  /** The range of pan is a whole turn: it begins anew after its end. Absent: not known. */
  readonly panTurns?: boolean;
  /** The longest lease: longer ones are shortened to it, so that the camera stands in time when this process dies. */
  readonly leaseMs: number;
  /** Which rung velocities use, and why; plain data, to be kept and shown. */
  readonly verdict: Verdict;
}

/** How things stand between us and the camera. `connecting`: it has never been reached so far. */
export interface Link {
  readonly state: 'connecting' | 'ready' | 'lost' | 'refused' | 'closed';
  /** Why it is not ready. */
  readonly reason: string | null;
  /** When the next attempt is allowed, on our monotonic clock; null: at any time. */
  readonly nextTryMs: number | null;
}

export interface PtzStatus {
  /** Time of the position: the middle of the request, on the monotonic clock of this process. */
  readonly atMs: number;
  /** Each null when the camera does not report it. */
  readonly pan: number | null;
  readonly tilt: number | null;
  readonly zoom: number | null;
  /** Null: unknown. */
  readonly moving: boolean | null;
  /** The status request from its start to its answer; null before the first. */
  readonly roundTripMs: number | null;
  /** The last velocity that was sent and has neither ended nor been stopped. */
  readonly velocity: Velocity | null;
  /** The longest lease that the camera gets now: one that has become slower gets shorter ones. */
  readonly leaseMs: number;
  readonly link: Link;
  /** Problems beside the link, in words; absent when there are none. */
  readonly notes?: readonly string[];
}

/** `sent`: the camera has it. `superseded`: a newer velocity, a stop or the lease's end came first. */
export type VelocityOutcome = 'sent' | 'superseded';

export interface PtzDriver {
  /** Connects and tests the camera's capabilities with small moves, unless `probe` is off. */
  open(signal?: AbortSignal): Promise<Capabilities>;
  /**
   * Moves at a velocity until the lease is over; renew it to go on. Without renewal the driver stops the camera.
   * All zeros is a stop, which a newer velocity may supersede.
   * @param leaseMs wanted; the driver cuts it to what the camera gets now. From the call on, not from when the camera
   * has it
   */
  velocity(velocity: Velocity, leaseMs: number, signal?: AbortSignal): Promise<VelocityOutcome>;
  /** Stops all axes; repeated in all forms until the camera has accepted one. */
  stop(): Promise<void>;
  /**
   * @param preset token or name @returns its token @throws WindhoverError `ptz_preset` with the list of those there are
   */
  goTo(preset: string, signal?: AbortSignal): Promise<string>;
  /** Never fails because of the camera: the fault is in `link`. Also reconnects a lost camera. */
  status(signal?: AbortSignal): Promise<PtzStatus>;
  /** Stops, then disconnects. @throws WindhoverError `ptz_stop_failed`; it is closed in any case */
  close(): Promise<void>;
}

/** Hears what goes out to the camera, at the moment at which it does. */
export interface MotionListener {
  /** A velocity or a stop (all zeros) goes out; or a velocity has ended with its lease. */
  sent(velocity: Velocity, atMs: number): void;
}

export const UNHEARD: MotionListener = { sent: () => undefined };

export const NO_VELOCITY: Velocity = { pan: 0, tilt: 0, zoom: 0 };

export function isZero({ pan, tilt, zoom }: Velocity): boolean {
  return pan === 0 && tilt === 0 && zoom === 0;
}

/** Clamps to [-1, 1]; 0 for what is not a number. */
export function safeVelocity({ pan, tilt, zoom }: Velocity): Velocity {
  return { pan: unit(pan), tilt: unit(tilt), zoom: unit(zoom) };
}

export function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

function unit(value: number): number {
  return Number.isFinite(value) ? clamp(value, -1, 1) : 0;
}

/** Characters of a list of presets, in a message. */
const MAX_SHOWN = 20_000;

/** Token of a preset, by token or by name. @throws WindhoverError `ptz_preset` */
export function presetToken(presets: readonly Preset[], wanted: string): string {
  const found = presets.find(({ token }) => token === wanted) ?? presets.find(({ name }) => name === wanted);
  if (found) return found.token;
  throw new WindhoverError('ptz_preset', `the camera has no preset "${wanted}"`, {
    got:
      presets
        .map(({ token, name }) => `${token} (${name})`)
        .join(', ')
        .slice(0, MAX_SHOWN) || 'no presets',
    hint: 'name a preset by its token or its name',
  });
}
