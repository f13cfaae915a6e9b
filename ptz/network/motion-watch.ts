/**
 * What a driver tells the guardian process, which can stop the camera: how to stop it, and what may move for how
 * long. See guardian/.
 */
import type { StopJob } from '../guardian/stop-job.ts';
import type { Verdict } from '../ladder.ts';
import type { LoginRecord } from './login-policy.ts';

export interface MotionWatch {
  /** How much later than our own a stop from outside comes; 0 where none is needed. */
  readonly lateMs: number;
  /** Why the camera is not to be moved now; null: it may. */
  readonly reason: string | null;
  /** Connecting begins. @param lost called when the camera is to be stopped because nobody else could @returns ends the small moves */
  begin(lost: () => void): () => void;
  /** This is how it is stopped. Again when that has changed. */
  watch(job: StopJob): void;
  /**
   * Resolves when it could be stopped from outside, before anything is moved. @throws WindhoverError `ptz_unguarded`, …
   */
  ready(signal: AbortSignal): Promise<void>;
  /** @throws WindhoverError `ptz_interrupted` when what the small moves have shown is worth nothing */
  check(): void;
  /** The camera has been judged, and stands. @returns what there is to say */
  settle(verdict: Verdict): Promise<readonly string[]>;
  /**
   * A velocity is about to be sent, and is valid for this long.
   * @throws WindhoverError `ptz_unguarded`: then it must not be sent
   */
  moves(forMs: number): void;
  /** The camera has confirmed a stop. */
  stands(): void;
  /** Our login was refused: another one would be too. */
  refused(login: LoginRecord): void;
  /** What may still move is stopped without us. */
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
