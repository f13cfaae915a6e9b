/** A stop that does not depend on a single request: sent repeatedly, without waiting for answers, until confirmed. */

import type { LoginPolicy } from '../network/login-policy.ts';
import type { DriverTime } from '../time.ts';

/** Stops a camera from outside of the process that moves it. */
export interface Stopper {
  readonly policy: LoginPolicy;
  roundTripMs(): number;
  /** Tests whether a stop would be accepted. Moves nothing. @throws WindhoverError `ptz_login`, `ptz_unreachable`, … */
  check(signal: AbortSignal): Promise<void>;
  /** Sends every form of a stop, once. @throws when the camera has confirmed none */
  stop(signal: AbortSignal): Promise<void>;
}

const EVERY_MS = 250;
/** After this many rounds the camera counts as unreachable. */
const FAST_ROUNDS = 20;
const SLOW_EVERY_MS = 1000;
/** Rounds without an answer at once. */
const MAX_UNDER_WAY = 4;
/** A velocity of the dead owner may still be on its way: what it starts is stopped by a second stop. */
const STRAGGLER_MS = 300;

/** Resolves when the camera has confirmed two stops, one after the other, or when called off. Never fails. */
export async function stopForSure(stopper: Stopper, time: DriverTime, signal: AbortSignal): Promise<void> {
  await untilConfirmed(stopper, time, signal);
  await time.wait(Math.max(STRAGGLER_MS, stopper.roundTripMs()), signal);
  await untilConfirmed(stopper, time, signal);
}

async function untilConfirmed(stopper: Stopper, time: DriverTime, signal: AbortSignal): Promise<void> {
  const confirmed = new AbortController();
  const ends = AbortSignal.any([signal, confirmed.signal]);
  let underWay = 0;
  const once = async () => {
    underWay++;
    try {
      await stopper.stop(ends);
      confirmed.abort();
    } catch {
      // The next round is the answer to it.
    } finally {
      underWay--;
    }
  };
  for (let round = 0; !ends.aborted; round++) {
    if (underWay < MAX_UNDER_WAY) void once();
    await time.wait(round < FAST_ROUNDS ? EVERY_MS : SLOW_EVERY_MS, ends);
  }
}
