/**
 * Stops a camera in every form: Stop, and a velocity of zero for the cameras that refuse Stop or accept it
 * without effect. What worked is remembered.
 */
import { WindhoverError } from '../../runtime/node.ts';
import { NO_VELOCITY } from '../driver.ts';
import type { StopEvidence } from '../ladder.ts';
import type { PtzCalls } from './ptz-calls.ts';
import { type Refusal, refusedError } from './soap-client.ts';

/** Requests get lost, so a stop is sent more than once. */
const ATTEMPTS = 3;

export class Stopping {
  /** By what to stop; `none`: nothing that was tried had an effect, so everything is sent. */
  means: Exclude<StopEvidence['stop'], 'unverified' | 'not-tried'> = 'stop';

  /** @throws WindhoverError `ptz_stop_failed`, `ptz_aborted`, `ptz_login` */
  async stop(calls: PtzCalls, signal?: AbortSignal): Promise<void> {
    let failure: unknown;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        const refusal = await this.#once(calls, signal);
        if (refusal === null) return;
        failure = refusedError('Stop and a velocity of zero', refusal);
      } catch (error) {
        failure = error;
        const code = error instanceof WindhoverError ? error.code : '';
        if (code === 'ptz_aborted' || code === 'ptz_login') throw error;
      }
    }
    throw new WindhoverError('ptz_stop_failed', 'the camera did not confirm the stop', {
      hint: 'it may still be moving: check it',
      cause: failure,
    });
  }

  async #once(calls: PtzCalls, signal: AbortSignal | undefined): Promise<Refusal | null> {
    if (this.means !== 'zero-velocity') {
      const refusal = await calls.stop(signal);
      if (refusal === null && this.means === 'stop') return null;
    }
    const refusal = await calls.continuous(NO_VELOCITY, null, signal);
    if (refusal === null && this.means === 'stop') this.means = 'zero-velocity';
    return refusal;
  }
}
