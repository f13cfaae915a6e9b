/**
 * Stopping a camera by what it takes: Stop, or a velocity of zero for the cameras that refuse Stop, take it without
 * effect, answer it with nothing or not at all. What worked is remembered.
 */
import { WindhoverError } from '../../runtime/node.ts';
import { NO_VELOCITY } from '../driver.ts';
import type { StopEvidence } from '../ladder.ts';
import type { PtzCalls } from './ptz-calls.ts';
import type { Refusal } from './soap-answer.ts';

export class Stopping {
  /** By what to stop; `none`: nothing that was tried had an effect, so everything is sent. */
  means: Exclude<StopEvidence['stop'], 'unverified' | 'not-tried'> = 'stop';
  /** A Stop was confirmed: one without an answer was lost, and says nothing about the next. */
  #isConfirmed = false;

  /** @throws WindhoverError `ptz_unreachable` when the stop must be sent again, `ptz_aborted`, `ptz_login` */
  async once(calls: PtzCalls, signal: AbortSignal | undefined): Promise<Refusal | null> {
    let unanswered: WindhoverError | null = null;
    if (this.means !== 'zero-velocity') {
      try {
        const refusal = await calls.stop(signal);
        this.#isConfirmed ||= refusal === null;
        if (refusal === null && this.means === 'stop') return null;
      } catch (error) {
        if (!(error instanceof WindhoverError) || error.code !== 'ptz_unreachable') throw error;
        unanswered = error;
      }
    }
    const refusal = await calls.continuous(NO_VELOCITY, null, signal);
    if (unanswered !== null && (this.#isConfirmed || refusal !== null)) throw unanswered;
    if (refusal === null && this.means === 'stop') this.means = 'zero-velocity';
    return refusal;
  }
}
