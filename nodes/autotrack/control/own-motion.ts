/**
 * Where one axis of the camera is and will be, from the commands that were sent: dead reckoning over a motor that
 * follows the command after a delay and with a bounded acceleration.
 *
 * Time is that of pictures: `at(tMs)` is what a picture with that time stamp shows. Commands act `delayMs` after they
 * were sent, so all that is known now reaches `delayMs` ahead: the pose that the next command will start from.
 */
import type { AxisPlant } from './types.ts';

export interface Motion {
  /** Degrees (zoom: magnification). */
  readonly position: number;
  /** Per second. */
  readonly velocity: number;
}

/** What the axis does from the moment at which a command acts. */
interface Leg {
  readonly sentMs: number;
  readonly command: number;
  /** When it acts, with the plant of now, and where the axis is then; speed in units of full speed. */
  readonly fromMs: number;
  readonly position: number;
  readonly speed: number;
}

/** Commands older than this (beyond the delay) are folded into the starting point. */
const KEPT_MS = 4000;

/**
 * A motor's speed and way over `dtS` towards a commanded speed, both in units of full speed.
 * @param rampS seconds from rest to full speed
 */
export function slew(speed: number, command: number, rampS: number, dtS: number): { speed: number; way: number } {
  const rampedS = Math.min(dtS, Math.abs(command - speed) * rampS);
  const end = rampedS < dtS || rampS === 0 ? command : speed + Math.sign(command - speed) * (rampedS / rampS);
  return { speed: end, way: ((speed + end) / 2) * rampedS + end * (dtS - rampedS) };
}

export class OwnMotion {
  #plant: AxisPlant;
  readonly #range: readonly [low: number, high: number];
  /** The command in force at the beginning of what is known. */
  #start: Leg;
  /** Those after it, the newest last. */
  #legs: Leg[] = [];

  /** @param range end stops, where they are known */
  constructor(plant: AxisPlant, position: number, range: readonly [number, number] = [-Infinity, Infinity]) {
    this.#plant = plant;
    this.#start = { sentMs: -Infinity, command: 0, fromMs: -Infinity, position, speed: 0 };
    this.#range = range;
  }

  get plant(): AxisPlant {
    return this.#plant;
  }

  /** Commands on their way are played again with the new plant; what has become of older ones stays. */
  setPlant(plant: AxisPlant): void {
    this.#plant = plant;
    this.#replay();
  }

  /** Notes a command that went out; times must rise. */
  sent(atMs: number, command: number): void {
    if (this.#start.fromMs === -Infinity) this.#start = { ...this.#start, fromMs: atMs };
    // A renewed command changes nothing.
    if (this.#last.command !== command) this.#legs.push(this.#legAfter(this.#last, atMs, command));
    this.#fold(atMs - KEPT_MS);
  }

  /** Sets the computed position to the known one. */
  shift(by: number): void {
    if (by === 0) return;
    this.#start = { ...this.#start, position: this.#start.position + by };
    this.#replay();
  }

  /** It has stood since that time, whatever was sent: it is at its end. */
  stand(sinceMs: number): void {
    const { position } = this.at(sinceMs);
    this.#start = { sentMs: sinceMs, command: 0, fromMs: sinceMs, position, speed: 0 };
    this.#legs = [];
  }

  /** What a picture of that time shows; a time before the history gives its beginning. */
  at(tMs: number): Motion {
    const leg = this.#legs.findLast(({ fromMs }) => fromMs < tMs) ?? this.#start;
    const { position, speed } = this.#run(leg, tMs);
    return { position, velocity: speed * this.#plant.gainPerS };
  }

  /** True when a picture of that time shows the camera at rest and nothing is on its way to change it. */
  restsFrom(tMs: number): boolean {
    if (this.#last.command !== 0) return false;
    if (this.#legs.some(({ sentMs, command }) => command !== 0 && sentMs + this.#plant.delayMs >= tMs)) return false;
    return this.at(tMs).velocity === 0;
  }

  get #last(): Leg {
    return this.#legs.at(-1) ?? this.#start;
  }

  #legAfter(before: Leg, sentMs: number, command: number): Leg {
    const fromMs = Math.max(before.fromMs, sentMs + this.#plant.delayMs);
    return { sentMs, command, fromMs, ...this.#run(before, fromMs) };
  }

  #replay(): void {
    let before = this.#start;
    this.#legs = this.#legs.map(({ sentMs, command }) => {
      before = this.#legAfter(before, sentMs, command);
      return before;
    });
  }

  #run({ position, speed, command, fromMs }: Leg, tMs: number): { position: number; speed: number } {
    const ms = tMs - fromMs;
    if (!(ms > 0) || ms === Infinity) return { position, speed };
    const moved = slew(speed, command, this.#plant.rampS, ms / 1000);
    const [low, high] = this.#range;
    const reached = Math.min(high, Math.max(low, position + moved.way * this.#plant.gainPerS));
    return { position: reached, speed: moved.speed };
  }

  /** Moves the starting point forward, up to a time that is not needed any more. */
  #fold(beforeMs: number): void {
    while (this.#legs.length > 1) {
      const [first, second] = this.#legs;
      if (first === undefined || second === undefined || second.sentMs + this.#plant.delayMs > beforeMs) return;
      this.#start = first;
      this.#legs.shift();
    }
  }
}
