/**
 * What a driver tells the guardian process, which can stop the camera: how to stop it, and what may move for how
 * long. See guardian/.
 */
import type { OctagonStopJob } from '../octagon/stop-job.ts';
import type { OnvifStopJob } from '../onvif/stop-job.ts';

/** All that is needed to stop a camera; plain data, login included: it goes through a pipe and nowhere else. */
export type StopJob = OnvifStopJob | OctagonStopJob;

export interface MotionWatch {
  /** Connected: this is how it is stopped. Again when that has changed. */
  watch(job: StopJob): void;
  /**
   * Resolves when it could be stopped from outside, before anything is moved. @throws WindhoverError `ptz_unguarded`, …
   */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * A velocity is about to be sent, and is valid for this long.
   * @throws WindhoverError `ptz_unguarded`: then it must not be sent
   */
  moves(forMs: number): void;
  /** The camera has confirmed a stop. */
  stands(): void;
}

/** No guardian. */
export const UNWATCHED: MotionWatch = {
  watch: () => undefined,
  ready: () => Promise.resolve(),
  moves: () => undefined,
  stands: () => undefined,
};
