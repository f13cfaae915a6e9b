/**
 * Constant-velocity Kalman filter of a box: centre x, centre y, aspect ratio (w / h), height, and their velocities.
 *
 * Noise model: Wojke et al. 2017 (DeepSORT), as ByteTrack uses it: standard deviations in proportion to the height of
 * the box, given per frame of a 30 Hz video. With that model the four coordinates never mix, so the 8-state filter is
 * four independent filters of two states, each with a 2x2 covariance.
 *
 * Frame rate: n frames of the per-frame model add up to a covariance that is a polynomial in n. Evaluated at
 * n = dt * 30 for any real dt, it equals the per-frame filter at 30 Hz, n of its steps at 30 / n Hz, and it composes:
 * predicting over a and then over b gives what predicting over a + b gives, as long as the height stands still.
 */
import type { Box } from '../../runtime/node.ts';

/** Frame rate in Hz at which the noise figures below are per frame. */
const REFERENCE_HZ = 30;
const POSITION_STD_PER_HEIGHT = 1 / 20;
/** Per frame of the reference rate. */
const VELOCITY_STD_PER_HEIGHT = 1 / 160;
const ASPECT_PROCESS_STD = 1e-2;
const ASPECT_VELOCITY_STD = 1e-5;
const ASPECT_MEASUREMENT_STD = 1e-1;
/** A predicted height or aspect below this part of the last measured one is taken for a runaway velocity. */
const SMALLEST_SHRINK = 0.05;

// Layout of the state: four coordinates of five numbers each.
const X = 0;
const Y = 5;
const ASPECT = 10;
const HEIGHT = 15;
// Within a coordinate: value, velocity per second, and the symmetric covariance.
const VALUE = 0;
const VELOCITY = 1;
const VAR_VALUE = 2;
const COVAR = 3;
const VAR_VELOCITY = 4;

export class BoxKalman {
  readonly #s = new Float64Array(20);

  /** @param box the first sighting; finite, sides above 0 */
  constructor(box: Box) {
    this.reset(box);
  }

  /** Starts over from a box at rest. */
  reset(box: Box): void {
    const positionStd = 2 * POSITION_STD_PER_HEIGHT * box.h;
    const velocityStd = 10 * VELOCITY_STD_PER_HEIGHT * box.h * REFERENCE_HZ;
    this.#start(X, box.x + box.w / 2, positionStd, velocityStd);
    this.#start(Y, box.y + box.h / 2, positionStd, velocityStd);
    this.#start(ASPECT, box.w / box.h, ASPECT_PROCESS_STD, ASPECT_VELOCITY_STD * REFERENCE_HZ);
    this.#start(HEIGHT, box.h, positionStd, velocityStd);
  }

  /**
   * Moves the state on by `dtS` seconds; anything but a finite time above 0 changes nothing.
   * @param holdHeight for a box out of sight: a height velocity learned from its last glimpses is not trusted
   */
  predict(dtS: number, holdHeight = false): void {
    if (!(dtS > 0) || dtS === Number.POSITIVE_INFINITY) return;
    const height = this.#s[HEIGHT] ?? 0;
    if (holdHeight) this.#s[HEIGHT + VELOCITY] = 0;
    const positionVar = (POSITION_STD_PER_HEIGHT * height) ** 2;
    const velocityVar = (VELOCITY_STD_PER_HEIGHT * height) ** 2;
    this.#advance(X, dtS, positionVar, velocityVar);
    this.#advance(Y, dtS, positionVar, velocityVar);
    this.#advanceSize(ASPECT, dtS, ASPECT_PROCESS_STD ** 2, ASPECT_VELOCITY_STD ** 2);
    this.#advanceSize(HEIGHT, dtS, positionVar, velocityVar);
  }

  /** Takes in a measured box; finite, sides above 0. A state that is no longer finite starts over from it. */
  update(box: Box): void {
    const measurementVar = (POSITION_STD_PER_HEIGHT * (this.#s[HEIGHT] ?? 0)) ** 2;
    this.#correct(X, box.x + box.w / 2, measurementVar);
    this.#correct(Y, box.y + box.h / 2, measurementVar);
    this.#correct(ASPECT, box.w / box.h, ASPECT_MEASUREMENT_STD ** 2);
    this.#correct(HEIGHT, box.h, measurementVar);
    if (!this.#healthy()) this.reset(box);
  }

  /**
   * The same object in a picture that shows it elsewhere and at another size, because the camera has moved.
   * @param scale of all lengths, above 0
   * @param placeStd how well the new centre is known, standard deviation in pixels
   */
  move(centreX: number, centreY: number, scale: number, placeStd: number): void {
    const s = this.#s;
    for (const [at, centre] of [
      [X, centreX],
      [Y, centreY],
    ] as const) {
      s[at + VALUE] = centre;
      this.#scale(at, scale);
      s[at + VAR_VALUE] = (s[at + VAR_VALUE] ?? 0) + placeStd ** 2;
    }
    s[HEIGHT + VALUE] = (s[HEIGHT + VALUE] ?? 0) * scale;
    this.#scale(HEIGHT, scale);
  }

  /** Pixels. */
  get centreX(): number {
    return this.#s[X] ?? 0;
  }

  get centreY(): number {
    return this.#s[Y] ?? 0;
  }

  get width(): number {
    return (this.#s[ASPECT] ?? 0) * (this.#s[HEIGHT] ?? 0);
  }

  get height(): number {
    return this.#s[HEIGHT] ?? 0;
  }

  /** Velocity of the centre, pixels per second. */
  get velocityX(): number {
    return this.#s[X + VELOCITY] ?? 0;
  }

  get velocityY(): number {
    return this.#s[Y + VELOCITY] ?? 0;
  }

  /** Standard deviation of the centre's x in pixels: how well the place is known. */
  get stdX(): number {
    return Math.sqrt(this.#s[X + VAR_VALUE] ?? 0);
  }

  #start(at: number, value: number, valueStd: number, velocityStd: number): void {
    const s = this.#s;
    s[at + VALUE] = value;
    s[at + VELOCITY] = 0;
    s[at + VAR_VALUE] = valueStd * valueStd;
    s[at + COVAR] = 0;
    s[at + VAR_VELOCITY] = velocityStd * velocityStd;
  }

  /** @param valueVar process noise of one reference frame; @param velocityVar the same, in units per frame */
  #advance(at: number, dtS: number, valueVar: number, velocityVar: number): void {
    const s = this.#s;
    const velocity = s[at + VELOCITY] ?? 0;
    const covar = s[at + COVAR] ?? 0;
    const varVelocity = s[at + VAR_VELOCITY] ?? 0;
    const n = dtS * REFERENCE_HZ;
    // Noise that enters at frame k is carried on for n - 1 - k frames: sums of 1, k and k * k over n frames.
    const sumOfFrames = (n * (n - 1)) / 2;
    const sumOfSquares = (n * (n - 1) * (2 * n - 1)) / 6;
    s[at + VALUE] = (s[at + VALUE] ?? 0) + velocity * dtS;
    s[at + VAR_VALUE] =
      (s[at + VAR_VALUE] ?? 0) + dtS * (2 * covar + dtS * varVelocity) + n * valueVar + sumOfSquares * velocityVar;
    s[at + COVAR] = covar + dtS * varVelocity + sumOfFrames * velocityVar * REFERENCE_HZ;
    s[at + VAR_VELOCITY] = varVelocity + n * velocityVar * REFERENCE_HZ * REFERENCE_HZ;
  }

  /** As {@link #advance}, for what must stay above 0: over a long gap a shrinking box would turn inside out. */
  #advanceSize(at: number, dtS: number, valueVar: number, velocityVar: number): void {
    const before = this.#s[at] ?? 0;
    this.#advance(at, dtS, valueVar, velocityVar);
    if ((this.#s[at] ?? 0) > before * SMALLEST_SHRINK) return;
    this.#s[at] = before;
    this.#s[at + VELOCITY] = 0;
  }

  #correct(at: number, measured: number, measurementVar: number): void {
    const s = this.#s;
    const varValue = s[at + VAR_VALUE] ?? 0;
    const covar = s[at + COVAR] ?? 0;
    const gain = varValue / (varValue + measurementVar);
    const velocityGain = covar / (varValue + measurementVar);
    const surprise = measured - (s[at] ?? 0);
    s[at + VALUE] = (s[at] ?? 0) + gain * surprise;
    s[at + VELOCITY] = (s[at + VELOCITY] ?? 0) + velocityGain * surprise;
    s[at + VAR_VALUE] = varValue - gain * varValue;
    s[at + COVAR] = covar - gain * covar;
    s[at + VAR_VELOCITY] = (s[at + VAR_VELOCITY] ?? 0) - velocityGain * covar;
  }

  /** Velocity and covariance of a coordinate whose unit has become another. */
  #scale(at: number, scale: number): void {
    const s = this.#s;
    s[at + VELOCITY] = (s[at + VELOCITY] ?? 0) * scale;
    for (const entry of [VAR_VALUE, COVAR, VAR_VELOCITY]) s[at + entry] = (s[at + entry] ?? 0) * scale ** 2;
  }

  #healthy(): boolean {
    const s = this.#s;
    for (let i = 0; i < s.length; i++) if (!Number.isFinite(s[i])) return false;
    return (s[ASPECT] ?? 0) > 0 && (s[HEIGHT] ?? 0) > 0;
  }
}
