/** A camera as network-driver.ts drives it: without queue and leases, one call at a time. */
import type { Capabilities, Offset, Place, Preset, PtzStatus, Velocity } from '../driver.ts';
import type { Verdict } from '../ladder.ts';

export interface Camera {
  readonly isConnected: boolean;
  /** Lost or refused, and the next attempt is due. */
  readonly isDue: boolean;
  readonly verdict: Verdict;
  /** The longest lease that its present round trip allows. */
  readonly leaseMs: number;
  open(signal: AbortSignal): Promise<Capabilities>;
  /** Reconnects a lost camera, and stops it. Never fails. @returns true: it is connected and stands */
  reconnect(signal: AbortSignal): Promise<boolean>;
  /** @param leaseMs what is left of the lease */
  move(velocity: Velocity, leaseMs: number, signal: AbortSignal): Promise<void>;
  relative(offset: Offset, signal: AbortSignal): Promise<void>;
  absolute(place: Place, signal: AbortSignal): Promise<void>;
  gotoPreset(token: string, signal: AbortSignal): Promise<void>;
  presets(signal: AbortSignal): Promise<readonly Preset[]>;
  /** Tries whatever the link's state. @throws WindhoverError `ptz_stop_failed`, … */
  stop(signal: AbortSignal | undefined): Promise<void>;
  /** The status of the camera, or why there is none; may run in parallel to other calls. */
  look(signal: AbortSignal): Promise<Omit<PtzStatus, 'velocity'>>;
  close(): void;
}
