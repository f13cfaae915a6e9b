/**
 * What a driver tells the guardian process, which can stop the camera: how to stop it, and what may move for how
 * long. See guardian/.
 */
import type { StopJob } from '../guardian/stop-job.ts';
import type { Verdict } from '../ladder.ts';
import type { LoginRecord } from './login-policy.ts';

export interface MotionWatch {
  /** Extra delay of a stop by the guardian; 0 where none is needed. */
  readonly lateMs: number;
  /** Why the camera must not be moved now; null: it may. */
  readonly reason: string | null;
  /**
   * Connecting begins. @param lost called when the camera must be stopped because the guardian could not @returns ends
   * the test moves
   */
  begin(lost: () => void): () => void;
  /** How to stop the camera; called again after a change. */
  watch(job: StopJob): void;
  /** Resolves when the guardian could stop the camera. @throws WindhoverError `ptz_unguarded`, … */
  ready(signal: AbortSignal): Promise<void>;
  /** @throws WindhoverError `ptz_interrupted` when the test moves are invalid */
  check(): void;
  /** The camera has been tested, and stands. @returns notes */
  settle(verdict: Verdict): Promise<readonly string[]>;
  /**
   * A velocity is about to be sent, and is valid for this long.
   * @throws WindhoverError `ptz_unguarded`: then it must not be sent
   */
  moves(forMs: number): void;
  /** The camera has confirmed a stop. */
  stands(): void;
  /** The login was refused: that of the guardian would be, too. */
  refused(login: LoginRecord): void;
  /** The guardian takes over the stop of any motion. */
  close(): Promise<void>;
}

/** No guardian. */
export const UNWATCHED: MotionWatch = {
  lateMs: 0,
  reason: null,
  begin: () => () => undefined,
  watch: () => undefined,
  ready: () => Promise.resolve(),
  check: () => undefined,
  settle: () => Promise.resolve([]),
  moves: () => undefined,
  stands: () => undefined,
  refused: () => undefined,
  close: () => Promise.resolve(),
};
