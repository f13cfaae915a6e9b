/**
 * Constant-velocity Kalman filter of a box: centre x, centre y, width, height, and their velocities.
 *
 * Noise model: Aharon et al. 2022 (BoT-SORT): standard deviations in proportion to the sides of the box, given per
 * frame of a 30 Hz video. The four coordinates never mix, so the 8-state filter is four independent filters of two
 * states, each with a 2x2 covariance.
 *
 * Frame rate: n frames of the per-frame model add up to a covariance that is a polynomial in n. Evaluated at
 * n = dt * 30 for any real dt, it equals the per-frame filter at 30 Hz, n of its steps at 30 / n Hz, and it composes:
 * predicting over a and then over b gives what predicting over a + b gives, as long as the sides stand still.
 */
import type { Box } from '../../runtime/node.ts';
import { type CutSides, UNCUT } from './cut-sides.ts';

/** Frame rate in Hz at which the noise figures below are per frame. */
const REFERENCE_HZ = 30;
const POSITION_STD_PER_SIDE = 1 / 20;
/** Per frame of the reference rate. */
const VELOCITY_STD_PER_SIDE = 1 / 160;
/** A predicted side below this part of the last measured one means a diverged velocity. */
const SMALLEST_SHRINK = 0.05;
/** The steady velocity is the mean over about this time; out of sight, the velocity becomes the steady one as slowly. */
const STEADY_S = 1;
/** A filtered side is never further from the measured one than by this factor. */
const LARGEST_SIZE_ERROR = 1.25;

// Layout of the state: four coordinates of five numbers each; then the steady velocity, as a sum and its weight.
const X = 0;
const Y = 5;
const WIDTH = 10;
const HEIGHT = 15;
const STEADY_X = 20;
const STEADY_Y = 21;
const STEADY_WEIGHT = 22;
// Within a coordinate: value, velocity per second, and the symmetric covariance.
const VALUE = 0;
const VELOCITY = 1;
const VAR_VALUE = 2;
const COVAR = 3;
const VAR_VELOCITY = 4;

export class BoxKalman {
  #s = new Float64Array(23);

  /** @param box the first sighting; finite, sides above 0 */
  constructor(box: Box) {
    this.reset(box);
  }

  /** All of it as plain data; set to go on from there. */
  get state(): Float64Array<ArrayBuffer> {
    return this.#s;
  }

  set state(state: Float64Array<ArrayBuffer>) {
    this.#s = state;
  }

  /** Starts over from a box at rest. */
  reset(box: Box): void {
    const x = noise(box.w);
    const y = noise(box.h);
    this.#start(X, box.x + box.w / 2, x);
    this.#start(Y, box.y + box.h / 2, y);
    this.#start(WIDTH, box.w, x);
    this.#start(HEIGHT, box.h, y);
    this.#s.fill(0, STEADY_X);
  }

  /**
   * Moves the state on by `dtS` seconds; anything but a finite time above 0 changes nothing.
   * @param isUnseen a box out of sight: what its last glimpses say of its velocity is trusted for a while, and what they
   *   say of a change of size not at all
   */
  predict(dtS: number, isUnseen = false): void {
    if (!(dtS > 0) || dtS === Number.POSITIVE_INFINITY) return;
    if (isUnseen) this.#calm(dtS);
    else this.#noteVelocity(dtS);
    const x = noise(this.width);
    const y = noise(this.height);
    this.#advance(X, dtS, x);
    this.#advance(Y, dtS, y);
    this.#advanceSize(WIDTH, dtS, x);
    this.#advanceSize(HEIGHT, dtS, y);
  }

  /**
   * Takes in a measured box; finite, sides above 0. A state that is no longer finite starts over from it.
   * @param cut sides on the border of the frame: they say nothing about where the object ends or how it moves
   */
  update(box: Box, cut: CutSides = UNCUT): void {
    this.#correctAxis(X, WIDTH, box.x, box.w, cut.left, cut.right);
    this.#correctAxis(Y, HEIGHT, box.y, box.h, cut.top, cut.bottom);
    if (!this.#healthy()) this.reset(box);
  }

  /** Starts over from a box that moves at a velocity (pixels per second) known to about `velocityStd`. */
  launch(box: Box, velocityX: number, velocityY: number, velocityStd: number): void {
    this.reset(box);
    this.push(velocityX, velocityY);
    for (const at of [X, Y]) this.#s[at + VAR_VELOCITY] = velocityStd ** 2;
  }

  /** The sides become longer, pixels per second. */
  grow(x: number, y: number): void {
    this.#s[WIDTH + VELOCITY] = x;
    this.#s[HEIGHT + VELOCITY] = y;
  }

  /**
   * The same object in a picture that shows it elsewhere and at another size, because the camera has moved.
   * @param scale of all lengths, above 0
   * @param placeStd how well the new centre is known, standard deviation in pixels
   */
  move(centreX: number, centreY: number, scale: number, placeStd: number): void {
    const s = this.#s;
    s[X] = centreX;
    s[Y] = centreY;
    for (const at of [X, Y]) {
      this.#scale(at, scale);
      s[at + VAR_VALUE] = (s[at + VAR_VALUE] ?? 0) + placeStd ** 2;
    }
    for (const at of [WIDTH, HEIGHT]) {
      s[at + VALUE] = (s[at + VALUE] ?? 0) * scale;
      this.#scale(at, scale);
    }
    for (const at of [STEADY_X, STEADY_Y]) s[at] = (s[at] ?? 0) * scale;
  }

  /** Changes the velocity, pixels per second. */
  push(x: number, y: number): void {
    const s = this.#s;
    s[X + VELOCITY] = (s[X + VELOCITY] ?? 0) + x;
    s[Y + VELOCITY] = (s[Y + VELOCITY] ?? 0) + y;
  }

  /** Pixels. */
  get centreX(): number {
    return this.#s[X] ?? 0;
  }

  get centreY(): number {
    return this.#s[Y] ?? 0;
  }

  get width(): number {
    return this.#s[WIDTH] ?? 0;
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

  /** How fast the sides become longer, pixels per second. */
  get growthX(): number {
    return this.#s[WIDTH + VELOCITY] ?? 0;
  }

  get growthY(): number {
    return this.#s[HEIGHT + VELOCITY] ?? 0;
  }

  /** Standard deviation of the centre's x in pixels: how well the place is known. */
  get stdX(): number {
    return Math.sqrt(this.#s[X + VAR_VALUE] ?? 0);
  }

  /** One axis of a box: its centre and its side along that axis. */
  #correctAxis(at: number, sizeAt: number, start: number, size: number, cutStart: boolean, cutEnd: boolean): void {
    const s = this.#s;
    const { positionStd } = noise(s[sizeAt] ?? 0);
    const measurementVar = positionStd ** 2;
    // The free side alone tells how a cut object moves. How much of it is in sight changes without any motion.
    const toFree = cutStart === cutEnd ? 0 : cutStart ? 0.5 : -0.5;
    const free = start + size * (0.5 + toFree);
    const centre = free - toFree * (s[sizeAt] ?? 0);
    this.#correct(at, centre, measurementVar);
    // No more than one deviation is taken for noise: what moves by more, as when the camera shakes, has moved.
    s[at] = Math.min(centre + positionStd, Math.max(centre - positionStd, s[at] ?? 0));
    const edge = (s[at] ?? 0) + toFree * (s[sizeAt] ?? 0);
    this.#correct(sizeAt, size, measurementVar);
    const side = Math.min(size * LARGEST_SIZE_ERROR, Math.max(size / LARGEST_SIZE_ERROR, s[sizeAt] ?? 0));
    s[sizeAt] = side;
    s[at] = edge - toFree * side;
    if (cutStart || cutEnd) s[sizeAt + VELOCITY] = 0;
    if (cutStart && cutEnd) s[at + VELOCITY] = 0;
  }

  /** The mean of the velocity, with weights that fade: from its first moment on it is one of all that is known. */
  #noteVelocity(dtS: number): void {
    const s = this.#s;
    const kept = Math.exp(-dtS / STEADY_S);
    s[STEADY_X] = kept * (s[STEADY_X] ?? 0) + (1 - kept) * this.velocityX;
    s[STEADY_Y] = kept * (s[STEADY_Y] ?? 0) + (1 - kept) * this.velocityY;
    s[STEADY_WEIGHT] = kept * (s[STEADY_WEIGHT] ?? 0) + 1 - kept;
  }

  #calm(dtS: number): void {
    const s = this.#s;
    s[WIDTH + VELOCITY] = 0;
    s[HEIGHT + VELOCITY] = 0;
    const weight = s[STEADY_WEIGHT] ?? 0;
    if (weight === 0) return;
    const kept = Math.exp(-dtS / STEADY_S);
    // Way of what fades, beyond what its last value makes in that time.
    const moreS = STEADY_S * (1 - kept) - kept * dtS;
    for (const [at, sum] of [
      [X, STEADY_X],
      [Y, STEADY_Y],
    ] as const) {
      const steady = (s[sum] ?? 0) / weight;
      const fading = (s[at + VELOCITY] ?? 0) - steady;
      s[at + VELOCITY] = steady + kept * fading;
      s[at + VALUE] = (s[at + VALUE] ?? 0) + moreS * fading;
    }
  }

  #start(at: number, value: number, { positionStd, velocityStd }: Noise): void {
    const s = this.#s;
    s[at + VALUE] = value;
    s[at + VELOCITY] = 0;
    s[at + VAR_VALUE] = (2 * positionStd) ** 2;
    s[at + COVAR] = 0;
    s[at + VAR_VELOCITY] = (10 * velocityStd * REFERENCE_HZ) ** 2;
  }

  #advance(at: number, dtS: number, { positionStd, velocityStd }: Noise): void {
    const s = this.#s;
    const valueVar = positionStd ** 2;
    const velocityVar = velocityStd ** 2;
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
  #advanceSize(at: number, dtS: number, sideNoise: Noise): void {
    const before = this.#s[at] ?? 0;
    this.#advance(at, dtS, sideNoise);
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
    return (s[WIDTH] ?? 0) > 0 && (s[HEIGHT] ?? 0) > 0;
  }
}

/** Process and measurement noise of one reference frame, in pixels and pixels per frame. */
interface Noise {
  readonly positionStd: number;
  readonly velocityStd: number;
}

function noise(side: number): Noise {
  return { positionStd: POSITION_STD_PER_SIDE * side, velocityStd: VELOCITY_STD_PER_SIDE * side };
}
