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

interface Sent {
  readonly atMs: number;
  readonly command: number;
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
  /** The state at `#fromMs`; speed in units of full speed. */
  #fromMs = Number.NEGATIVE_INFINITY;
  #position: number;
  #speed = 0;
  /** The command in force at `#fromMs`. */
  #command = 0;
  #sent: Sent[] = [];

  /** @param range end stops, where they are known */
  constructor(plant: AxisPlant, position: number, range: readonly [number, number] = [-Infinity, Infinity]) {
    this.#plant = plant;
    this.#position = position;
    this.#range = range;
  }

  get plant(): AxisPlant {
    return this.#plant;
  }

  /** Commands on their way are played again with the new plant; what has become of older ones stays. */
  setPlant(plant: AxisPlant): void {
    this.#plant = plant;
  }

  /** Notes a command that went out; times must rise. */
  sent(atMs: number, command: number): void {
    if (this.#fromMs === Number.NEGATIVE_INFINITY) this.#fromMs = atMs;
    const last = this.#sent.at(-1);
    // A renewed command changes nothing.
    if ((last?.command ?? this.#command) !== command) this.#sent.push({ atMs, command });
    this.#fold(atMs - KEPT_MS);
  }

  /** Sets the computed position to the known one. */
  shift(by: number): void {
    this.#position += by;
  }

  /** What a picture of that time shows; a time before the history gives its beginning. */
  at(tMs: number): Motion {
    let { position, speed, command, ms } = this.#start();
    for (const { atMs, command: next } of this.#sent) {
      const actsMs = atMs + this.#plant.delayMs;
      if (actsMs >= tMs) break;
      ({ position, speed } = this.#run(position, speed, command, actsMs - ms));
      ms = Math.max(ms, actsMs);
      command = next;
    }
    if (Number.isFinite(ms)) ({ position, speed } = this.#run(position, speed, command, tMs - ms));
    return { position, velocity: speed * this.#plant.gainPerS };
  }

  /** True when a picture of that time shows the camera at rest and nothing is on its way to change it. */
  restsFrom(tMs: number): boolean {
    if (this.#sent.some(({ atMs, command }) => command !== 0 && atMs + this.#plant.delayMs >= tMs)) return false;
    return this.at(tMs).velocity === 0 && (this.#sent.at(-1)?.command ?? this.#command) === 0;
  }

  #start() {
    return { position: this.#position, speed: this.#speed, command: this.#command, ms: this.#fromMs };
  }

  #run(position: number, speed: number, command: number, ms: number): { position: number; speed: number } {
    if (!(ms > 0)) return { position, speed };
    const moved = slew(speed, command, this.#plant.rampS, ms / 1000);
    const [low, high] = this.#range;
    const reached = Math.min(high, Math.max(low, position + moved.way * this.#plant.gainPerS));
    return { position: reached, speed: moved.speed };
  }

  /** Moves the starting point forward, up to a time that is not needed any more. */
  #fold(beforeMs: number): void {
    while (this.#sent.length > 1) {
      const [first, second] = this.#sent;
      if (first === undefined || second === undefined) return;
      const actsMs = first.atMs + this.#plant.delayMs;
      if (second.atMs + this.#plant.delayMs > beforeMs) return;
      ({ position: this.#position, speed: this.#speed } = this.#run(
        this.#position,
        this.#speed,
        this.#command,
        actsMs - this.#fromMs,
      ));
      this.#fromMs = Math.max(this.#fromMs, actsMs);
      this.#command = first.command;
      this.#sent.shift();
    }
  }
}
