/** Stops a camera from outside of the process that moves it. */
import type { LoginPolicy } from './login-policy.ts';

export interface Stopper {
  readonly policy: LoginPolicy;
  roundTripMs(): number;
  /** Tests whether a stop would be accepted. Moves nothing. @throws WindhoverError `ptz_login`, `ptz_unreachable`, … */
  check(signal: AbortSignal): Promise<void>;
  /** Sends every form of a stop, once. @throws when the camera has confirmed none */
  stop(signal: AbortSignal): Promise<void>;
}
