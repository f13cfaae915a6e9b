/** What a camera must be able to do to be driven by network-driver.ts: no queue, no leases, one call at a time. */
import type { Capabilities, Offset, Place, Preset, PtzStatus, Velocity } from '../driver.ts';
import type { Verdict } from '../ladder.ts';

export interface Camera {
  readonly isConnected: boolean;
  /** Lost or refused, and it is time to try again. */
  readonly isDue: boolean;
  readonly verdict: Verdict;
  /** The longest lease that its present round trip allows. */
  readonly leaseMs: number;
  open(signal: AbortSignal): Promise<Capabilities>;
  /** Tries to get a lost camera back, and stops it. Never fails. @returns true: it is back, and stands */
  reconnect(signal: AbortSignal): Promise<boolean>;
  /** @param leaseMs what is left of the lease */
  move(velocity: Velocity, leaseMs: number, signal: AbortSignal): Promise<void>;
  relative(offset: Offset, signal: AbortSignal): Promise<void>;
  absolute(place: Place, signal: AbortSignal): Promise<void>;
  gotoPreset(token: string, signal: AbortSignal): Promise<void>;
  presets(signal: AbortSignal): Promise<readonly Preset[]>;
  /** Tries whatever the link's state. @throws WindhoverError `ptz_stop_failed`, … */
  stop(signal: AbortSignal | undefined): Promise<void>;
  /** What the camera says, or why it says nothing; may run beside everything else. */
  look(signal: AbortSignal): Promise<Omit<PtzStatus, 'velocity'>>;
  close(): void;
}
