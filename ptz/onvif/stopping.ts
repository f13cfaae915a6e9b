/**
 * Stopping a camera by what it takes: Stop, or a velocity of zero for the cameras that refuse Stop or take it without
 * effect. What worked is remembered.
 */
import { NO_VELOCITY } from '../driver.ts';
import type { StopEvidence } from '../ladder.ts';
import type { PtzCalls } from './ptz-calls.ts';
import type { Refusal } from './soap-client.ts';

export class Stopping {
  /** By what to stop; `none`: nothing that was tried had an effect, so everything is sent. */
  means: Exclude<StopEvidence['stop'], 'unverified' | 'not-tried'> = 'stop';

  async once(calls: PtzCalls, signal: AbortSignal | undefined): Promise<Refusal | null> {
    if (this.means !== 'zero-velocity') {
      const refusal = await calls.stop(signal);
      if (refusal === null && this.means === 'stop') return null;
    }
    const refusal = await calls.continuous(NO_VELOCITY, null, signal);
    if (refusal === null && this.means === 'stop') this.means = 'zero-velocity';
    return refusal;
  }
}
