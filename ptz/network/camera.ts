/** A camera's protocol, as network-driver.ts uses it: requests and answers; without queue, leases and link state. */
import type { Capabilities, Preset, Velocity } from '../driver.ts';
import type { StopJob } from '../guardian/messages.ts';
import type { CameraClient } from './http.ts';

export interface Camera {
  readonly client: CameraClient;
  /** Logs in and finds the devices to move. */
  connect(signal: AbortSignal): Promise<void>;
  /** Tests whether a lost camera is back. */
  reconnect(signal: AbortSignal): Promise<void>;
  /** How another process stops it. */
  stopJob(): StopJob;
  /**
   * Finds out how to steer it, by small moves unless the options say otherwise.
   * @param stop until it is confirmed
   */
  judge(stop: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<Judged>;
  /** @param leaseMs what is left of the lease */
  move(velocity: Velocity, leaseMs: number, signal: AbortSignal): Promise<void>;
  /** One attempt, in the forms that are known to work. */
  stop(signal: AbortSignal | undefined): Promise<void>;
  presets(signal: AbortSignal): Promise<readonly Preset[]>;
  /** @param token of the preset */
  goTo(token: string, signal: AbortSignal): Promise<void>;
  /** May run in parallel to other calls. */
  look(signal: AbortSignal): Promise<CameraLook>;
}

/** Findings about a camera. */
export type Judged = Omit<Capabilities, 'leaseMs'>;

/** Status of a camera; each value null when it is not reported. */
export interface CameraLook {
  /** The middle of the request, on our monotonic clock. */
  readonly atMs: number;
  /** In the unit of its positions. */
  readonly pan: number | null;
  readonly tilt: number | null;
  /** 0 wide to 1 tele. */
  readonly zoom: number | null;
  readonly moving: boolean | null;
  /** What has become odd since it was judged, in words. */
  readonly notes?: readonly string[];
}
