/**
 * Velocities on the rungs with moves to a position: a chain of short moves, each at most a lease long, so that
 * motion ends by itself when no more come.
 */
import { isZero, type Velocity } from '../driver.ts';
import type { Rung } from '../ladder.ts';
import { type FullSpeed, speedFor } from './full-speed.ts';
import type { PtzCalls, Shares } from './ptz-calls.ts';
import type { Refusal } from './soap-answer.ts';

export interface ShortMovesOptions {
  readonly rung: Exclude<Rung, 'velocity'>;
  readonly calls: PtzCalls;
  /** What full speed covers in a second, as a share of each axis. */
  readonly rate: number;
  /** Share of the pan range that 1 in the generic translation space moves. */
  readonly panSharePerTranslation: number;
  /** The range of pan is a whole turn. */
  readonly panTurns: boolean;
  /** Of the motors, to tell them how fast to go to a place. */
  readonly fullSpeed: FullSpeed;
}

/** Full speed on the field-of-view rung: halves of the picture in a second. */
const FOV_RATE = 1;
/** A pause longer than this and the chain starts again. */
const CHAIN_MS = 1500;
const STEP_MS = 200;
/** Where the chain leads and where the camera is drift apart: the camera is asked again after this. */
const ANCHOR_MS = 2000;
/** How far the motors may be behind the chain: the way that they make in this time, at their fastest recent speed. */
const LAG_MS = 200;
/** A camera that is so far from where the chain has led (share of a turn) went the other way round: it has ends. */
const WRONG_WAY = 0.15;
/** It has not gone over the end of its range by then: it is one. */
const MAX_PUSHES = 8;
/** Velocities count as recent for this long. */
const LATE_MS = 500;

interface Place {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number | null;
}

interface Chain {
  readonly atMs: number;
  /** Time of the last reported position. */
  readonly anchorMs: number;
  readonly velocity: Velocity;
  /** Where the chain has led by then, in shares; it knows nothing of how far behind the motors are. */
  readonly place: Place | null;
}

export class ShortMoves {
  readonly #options: ShortMovesOptions;
  #chain: Chain | null = null;
  #panTurns: boolean;
  /** Moves against an end of the range, in a row. */
  #pushes = 0;
  /** The recent ones. */
  #sent: readonly { readonly atMs: number; readonly velocity: Velocity }[] = [];

  constructor(options: ShortMovesOptions) {
    this.#options = options;
    this.#panTurns = options.panTurns;
  }

  /** After a stop, or any other move. */
  reset(): void {
    this.#chain = null;
  }

  /** @param leadMs how long the motion may go on */
  async move(velocity: Velocity, leadMs: number, nowMs: number, signal?: AbortSignal): Promise<Refusal | null> {
    const chain = this.#chain && nowMs - this.#chain.atMs <= CHAIN_MS ? this.#chain : null;
    if (isZero(velocity)) return null;
    return this.#options.rung === 'absolute'
      ? await this.#towards(chain, velocity, leadMs, nowMs, signal)
      : await this.#onward(chain, velocity, leadMs, nowMs, signal);
  }

  /**
   * To the place that the velocity leads to within the lead, at the speed of that velocity, or faster after a faster
   * one: from where that has taken the camera, a slow velocity would take far longer than the lead to end by itself. A
   * camera whose speed is not known gets there as fast as it can and waits for the next: it runs ahead by up to the
   * lead.
   */
  async #towards(chain: Chain | null, velocity: Velocity, leadMs: number, nowMs: number, signal?: AbortSignal) {
    const { calls, rate, fullSpeed } = this.#options;
    const speed = speedFor(this.#shareS(velocity, leadMs, nowMs), fullSpeed);
    const known = chain?.place && !(speed !== null && isStale(chain, velocity, nowMs)) ? chain : null;
    const from = known?.place ?? (await this.#place(signal));
    if (from === null) return { subcodes: [], reason: 'the camera does not report its position' };
    if (!known && chain?.place && turnBetween(chain.place.pan, from.pan) > WRONG_WAY) this.#panTurns = false;
    const by = known ? (rate * (nowMs - known.atMs)) / 1000 : 0;
    const place = ahead(from, known?.velocity ?? velocity, by, this.#panTurns);
    const goal = ahead(place, velocity, (rate * leadMs) / 1000, this.#panTurns);
    if (this.#isPushing(goal.pan, velocity)) {
      const refusal = await this.#onward(chain, velocity, leadMs, nowMs, signal);
      if (refusal === null) return null;
    }
    const to = moving(goal, velocity, known?.velocity ?? velocity);
    const refusal = await calls.absolute(to, speed, signal);
    this.#chain = { atMs: nowMs, anchorMs: known?.anchorMs ?? nowMs, velocity, place };
    return refusal;
  }

  /**
   * At the end of a range that may begin anew there, which nothing tells but a move over it: one by an offset, which
   * goes no other way round where the range does end.
   */
  #isPushing(goalPan: number, { pan }: Velocity): boolean {
    const isCut = !this.#panTurns && ((goalPan === 1 && pan > 0) || (goalPan === 0 && pan < 0));
    this.#pushes = isCut ? this.#pushes + 1 : 0;
    return isCut && this.#pushes <= MAX_PUSHES && this.#options.calls.canTranslate;
  }

  /** Shares a second: those of the velocity, or by which the camera is there in time, wherever it is now. */
  #shareS(velocity: Velocity, leadMs: number, nowMs: number) {
    this.#sent = [...this.#sent.filter(({ atMs }) => nowMs - atMs <= LATE_MS), { atMs: nowMs, velocity }];
    const of = (axis: 'pan' | 'tilt') => {
      const fastest = Math.max(...this.#sent.map((sent) => Math.abs(sent.velocity[axis])));
      const own = Math.abs(velocity[axis]);
      return this.#options.rate * (own + ((fastest - own) * LAG_MS) / Math.max(leadMs, LAG_MS));
    };
    return { pan: of('pan'), tilt: of('tilt') };
  }

  /** The way that the velocity covers until about the next command. */
  async #onward(chain: Chain | null, velocity: Velocity, leadMs: number, nowMs: number, signal?: AbortSignal) {
    const { rung, calls, rate, panSharePerTranslation } = this.#options;
    const forS = Math.min(leadMs, chain ? nowMs - chain.atMs : STEP_MS) / 1000;
    const by = rung === 'relative-fov' ? FOV_RATE * forS : (rate * forS) / panSharePerTranslation;
    const offset: Shares = { pan: velocity.pan * by, tilt: velocity.tilt * by, zoom: velocity.zoom * rate * forS };
    this.#chain = { atMs: nowMs, anchorMs: nowMs, velocity, place: null };
    return await calls.relative(rung === 'relative-fov' ? 'fov' : 'generic', offset, signal);
  }

  async #place(signal?: AbortSignal): Promise<Chain['place']> {
    const status = await this.#options.calls.status(signal);
    if ('subcodes' in status || status.pan === null || status.tilt === null) return null;
    return { pan: status.pan, tilt: status.tilt, zoom: status.zoom };
  }
}

/** Too old, or about to lead back: from where the chain has led, the way back would begin in the wrong place. */
function isStale({ anchorMs, velocity: last }: Chain, velocity: Velocity, nowMs: number): boolean {
  const turnsBack = (axis: 'pan' | 'tilt') => last[axis] * velocity[axis] < 0;
  return nowMs - anchorMs > ANCHOR_MS || turnsBack('pan') || turnsBack('tilt');
}

function ahead(from: Place, velocity: Velocity, by: number, panTurns: boolean): Place {
  const on = (share: number, speed: number) => Math.min(1, Math.max(0, share + speed * by));
  const pan = from.pan + velocity.pan * by;
  return {
    pan: panTurns ? pan - Math.floor(pan) : on(from.pan, velocity.pan),
    tilt: on(from.tilt, velocity.tilt),
    zoom: from.zoom === null ? null : on(from.zoom, velocity.zoom),
  };
}

/** Shares of a turn between two places, the shorter way. */
function turnBetween(one: number, other: number): number {
  return Math.abs(one - other - Math.round(one - other));
}

/** Of a place, the axes that move, or have just moved; an unknown zoom stays as it is. */
function moving({ pan, tilt, zoom }: Place, ...velocities: Velocity[]): Shares {
  const turns = velocities.some((velocity) => velocity.pan !== 0 || velocity.tilt !== 0);
  const zooms = velocities.some((velocity) => velocity.zoom !== 0);
  return { ...(turns ? { pan, tilt } : {}), ...(zooms && zoom !== null ? { zoom } : {}) };
}
