/** Stopping a camera from outside of the process that moves it. */
import type { LoginPolicy } from '../network/login-policy.ts';
import type { StopJob } from '../network/motion-watch.ts';
import { octagonStopper } from '../octagon/stop-job.ts';
import { onvifStopper } from '../onvif/stop-job.ts';
import type { DriverTime } from '../time.ts';

export interface Stopper {
  readonly policy: LoginPolicy;
  roundTripMs(): number;
  /** Would a stop be let in? Moves nothing. @throws WindhoverError `ptz_login`, `ptz_unreachable`, … */
  check(signal: AbortSignal): Promise<void>;
  /** Sends every form of a stop, once. @throws when the camera has confirmed none */
  stop(signal: AbortSignal): Promise<void>;
}

export function stopperFor(job: StopJob, time: DriverTime): Stopper {
  return job.kind === 'onvif' ? onvifStopper(job, time) : octagonStopper(job, time);
}
