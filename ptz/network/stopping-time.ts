/**
 * How long a lease may be. The guarantee: the camera stands {@link STOPPED_WITHIN_MS} after this software has died, at
 * the worst moment: just after a velocity went out. The camera has that later by up to a round trip, goes on until the
 * lease is over, and then needs to brake. So: round trip + lease + braking ≤ the guarantee. Pure.
 */
import { clamp, MAX_LEASE_MS } from '../driver.ts';

export const STOPPED_WITHIN_MS = 1500;
/** From a command's arrival to standstill: motors react late and take time to brake, from full speed too. */
export const BRAKING_MS = 400;
/** A shorter lease would end between two renewals of a busy machine. */
export const SHORTEST_LEASE_MS = 300;

/** @param lateMs delay between a command here and its effect at the camera: the round trip, and all in between */
export function leaseFor(lateMs: number): number {
  return clamp(Math.floor(STOPPED_WITHIN_MS - BRAKING_MS - lateMs), SHORTEST_LEASE_MS, MAX_LEASE_MS);
}

/** When the camera stands at the latest with that lease, in ms after this software died. */
export function stoppedAfterMs(lateMs: number): number {
  return Math.ceil(leaseFor(lateMs) + lateMs + BRAKING_MS);
}

/** A note for a camera that is too slow for the guarantee; none for others. */
export function tooSlow(lateMs: number): string[] {
  const afterMs = stoppedAfterMs(lateMs);
  if (afterMs <= STOPPED_WITHIN_MS) return [];
  return [
    `too slow: if this process died, the camera would stand still ${afterMs} ms later, not ${STOPPED_WITHIN_MS} ms`,
  ];
}
