/** Sends requests to a camera. */
import type { LoginPolicy } from './login-policy.ts';

/** Shared by the clients of all protocols. */
export interface CameraClient {
  readonly policy: LoginPolicy;
  /** From a request to its answer, smoothed; null before the first. */
  readonly roundTripMs: number | null;
  /**
   * How often a request that got no answer is sent again; none is whose login was not accepted yet: its answer may have
   * been a refusal, which the camera has counted and we have not.
   */
  retries: number;
}
