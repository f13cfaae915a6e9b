/** Speed of the motors, from two status reports while they turn. Pure. */

/** Shares of the axis's range a second at full speed; null: not known. */
export interface FullSpeed {
  readonly pan: number | null;
  readonly tilt: number | null;
}

export const NOT_MEASURED: FullSpeed = { pan: null, tilt: null };

interface PanTiltShares {
  readonly pan: number | null;
  readonly tilt: number | null;
}

/** Less than this share of the range between the looks is too little to measure by, or no motion at all. */
const LEAST_SHARE = 0.001;
/** Nearer to its goal than this, an axis may have arrived before the second look. */
const NEAR_SHARE = 0.0005;

/**
 * @param ms between the looks
 * @param told of full speed, what both axes were told to turn at
 * @param goal where they turn to; without it they turn on
 */
export function fullSpeedOf(
  first: PanTiltShares | null,
  second: PanTiltShares | null,
  ms: number,
  told: number,
  goal?: PanTiltShares,
): FullSpeed {
  const of = (axis: 'pan' | 'tilt') => {
    const [from, to, end] = [first?.[axis] ?? null, second?.[axis] ?? null, goal?.[axis] ?? null];
    if (from === null || to === null || ms <= 0 || Math.abs(to - from) < LEAST_SHARE) return null;
    if (end !== null && Math.abs(end - to) < NEAR_SHARE) return null;
    return Math.abs(to - from) / (ms / 1000) / told;
  };
  return { pan: of('pan'), tilt: of('tilt') };
}

/**
 * What to tell each axis, of its full speed, for it to cover so many shares a second; null: not known how.
 * An axis of unknown speed is assumed to be as fast as the other.
 */
export function speedFor(wanted: { readonly pan: number; readonly tilt: number }, full: FullSpeed) {
  const [pan, tilt] = [full.pan ?? full.tilt, full.tilt ?? full.pan];
  if (pan === null || tilt === null) return null;
  return { pan: Math.min(1, Math.abs(wanted.pan) / pan), tilt: Math.min(1, Math.abs(wanted.tilt) / tilt) };
}
