/**
 * Whether the motors are as they are assumed to be, while the camera follows: by the motion of the picture as a whole
 * where it can be seen (picture-watch.ts), else by that of the target (plant-watch.ts; for an unknown camera first which way
 * it turns, turn-watch.ts).
 */
import type { DeadReckoning } from './dead-reckoning.ts';
import type { ControlOptions } from './options.ts';
import { LEAST_TURN, PictureWatch } from './picture-watch.ts';
import { type Correction, PlantWatch, type TurnAxis } from './plant-watch.ts';
import { type SeenPlace, TurnWatch } from './turn-watch.ts';
import type { AxisPlant, MovedPicture, Plant, Velocity } from './types.ts';

/** For so long after the picture was seen to move, the target's is no evidence. */
const PICTURE_MS = 2000;

/** What has been found out about the motors while following. */
export interface FoundMotors {
  readonly plant: Plant;
  readonly isSure: boolean;
  /** Axes of an unknown camera that seem to turn the other way, without being certain. */
  readonly doubted: readonly TurnAxis[];
}

export class MotorWatch {
  readonly #target: PlantWatch;
  readonly #picture = new PictureWatch();
  readonly #turn = new TurnWatch();
  /** When the picture was last seen to move. */
  #pictureMs = Number.NEGATIVE_INFINITY;

  /** @param isGuess what is assumed is no more than a guess */
  constructor(isGuess: boolean) {
    this.#target = new PlantWatch(isGuess);
  }

  /** The assumed motors have been replaced. */
  begin(isGuess: boolean): void {
    this.#target.begin(isGuess);
    this.#picture.reset();
    this.#turn.begin();
  }

  /** The assumed motors are confirmed. */
  get isSure(): boolean {
    return this.#target.isSure;
  }

  /** Another target, or a corrected camera pose. */
  reset(): void {
    this.#target.reset();
    this.#turn.reset();
  }

  get doubted(): readonly TurnAxis[] {
    return this.isSure ? [] : this.#turn.doubted;
  }

  /** The command without the axes that are to stand still now because they are in doubt. */
  held(command: Velocity, nowMs: number): Velocity {
    const held = (axis: TurnAxis) => (!this.isSure && this.#turn.holds(axis, nowMs) ? 0 : command[axis]);
    return { ...command, pan: held('pan'), tilt: held('tilt') };
  }

  /** @returns what to change about the motors, when that has become clear */
  target(seen: SeenPlace, pose: DeadReckoning): Correction | null {
    if (seen.atMs - this.#pictureMs < PICTURE_MS) {
      this.reset();
      return null;
    }
    const own = [pose.pan, pose.tilt].map((motion) => (tMs: number) => motion.at(tMs));
    if (this.isSure) return this.#target.see({ ...seen, own });
    const turned = this.#turn.see(seen, pose);
    // How fast a camera turns is not told by one that may turn the other way.
    const found = this.#target.see({ ...seen, own }, turned === null && this.#turn.isClear);
    if (found !== null) this.#turn.reset();
    if (turned !== null) this.#target.reset();
    if (turned !== null) this.#picture.reset();
    return turned ?? found;
  }

  /** @returns the same, from a picture that can be compared with the one before it */
  picture(moved: MovedPicture, pose: DeadReckoning): Correction | null {
    const { fromMs, atMs, right, down } = moved;
    if (![fromMs, atMs, right, down].every(Number.isFinite) || !(atMs > fromMs)) return null;
    const [turn, fieldDeg] = [pose.turnOf(moved), pose.fieldDeg(atMs)];
    // What stands still may be text over an empty sky.
    if (Math.hypot(turn.panDeg, turn.tiltDeg) > LEAST_TURN * fieldDeg) this.#pictureMs = atMs;
    const found = this.#picture.see({ fromMs, atMs, ...turn }, pose, fieldDeg);
    if (found === null) return null;
    const { seen = [] } = found;
    const isRight = found.delayMs === 0 && found.pan === 1 && found.tilt === 1;
    if (!isRight) this.#picture.reset();
    if (this.isSure) return isRight ? null : found;
    // Which way it turns says nothing about how fast.
    if (Math.min(found.pan, found.tilt) < 0) return found;
    this.#target.begin(false);
    // Of a camera that was only guessed at, the axis that has not moved yet is taken to be like the other.
    const like = (axis: TurnAxis) => (seen.includes(axis) ? found[axis] : Math.abs(found[seen[0] ?? axis]));
    return { ...found, pan: like('pan'), tilt: like('tilt') };
  }
}

/** Axes that the picture has not been compared with turn as the options say. */
export function asOptionsSay(plant: Plant, { invert_pan, invert_tilt }: ControlOptions): Plant {
  const axis = (motor: AxisPlant, isInverted: boolean): AxisPlant =>
    isInverted && motor.positionScale === undefined
      ? { ...motor, gainPerS: -motor.gainPerS, positionScale: -1 }
      : motor;
  return { ...plant, pan: axis(plant.pan, invert_pan), tilt: axis(plant.tilt, invert_tilt) };
}
