/**
 * Whose turn it is to run a model: at most so many threads at once, over all sessions of a server, so that each run is short in
 * place of many being slow. Fair queueing: who has had less time, by its share, comes first; a camera that waits is overtaken by
 * no one who asks later and has had as much. (Start-time fair queueing, Goyal, Vin and Cheng 1996.)
 */
import type { Clock } from '../clock.ts';

export interface TurnLimits {
  /** Threads that may run models at once. */
  readonly threads: number;
  /** Shares of cameras; 1 for those that are not named. */
  readonly shares: Readonly<Record<string, number>>;
}

/** A turn that was asked for. */
export interface Turn {
  /** The run is over, or not wanted any more. */
  end(): void;
}

interface Asked {
  readonly camera: string;
  readonly threads: number;
  /** When it is due, in milliseconds of a share of 1. */
  readonly dueMs: number;
  readonly go: () => void;
  begunMs: number | undefined;
  /** Its threads count; no longer when others need not wait for it any more. */
  isCounted: boolean;
}

/**
 * A run keeps others waiting for so long at most, and no longer than some of the shortest runs of its camera: then it goes on beside
 * them. So a slow model delays nobody for long, and where other programs take the cores the sessions do not fall behind those.
 */
const LONGEST_TURN_MS = 100;
const SHORTEST_RUNS = 3;
/** So much of its share a camera may make up for: it asks only when its run before is over. */
const CREDIT_MS = 100;
/** By how much the shortest run is forgotten with each run: models change. */
const FORGET = 1.01;

export class TurnTable {
  readonly #limits: TurnLimits;
  readonly #clock: Clock;
  readonly #waiting = new Set<Asked>();
  readonly #running = new Set<Asked>();
  /** By camera: up to when it has used its share. */
  readonly #usedMs = new Map<string, number>();
  /** By camera: its shortest run of late. */
  readonly #shortestMs = new Map<string, number>();
  #nowMs = 0;

  constructor(limits: TurnLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** @param threads of the run @param go called once, when it may begin; perhaps at once */
  ask(camera: string, threads: number, go: () => void): Turn {
    const dueMs = Math.max(this.#nowMs - CREDIT_MS, this.#usedMs.get(camera) ?? 0);
    const needed = Math.min(threads, this.#limits.threads);
    const asked: Asked = { camera, threads: needed, dueMs, go, begunMs: undefined, isCounted: false };
    this.#waiting.add(asked);
    this.#serve();
    return { end: () => this.#end(asked) };
  }

  /** To be called again and again while somebody waits: others no longer wait for runs that take long. */
  look(): void {
    const nowMs = this.#clock.monoMs();
    for (const one of this.#running) {
      const usualMs = SHORTEST_RUNS * (this.#shortestMs.get(one.camera) ?? LONGEST_TURN_MS);
      if (nowMs - (one.begunMs ?? nowMs) > Math.min(usualMs, LONGEST_TURN_MS)) one.isCounted = false;
    }
    this.#serve();
  }

  /** Whether somebody waits. */
  get isFull(): boolean {
    return this.#waiting.size > 0;
  }

  #end(asked: Asked): void {
    this.#waiting.delete(asked);
    if (!this.#running.delete(asked)) return;
    const { camera, threads, dueMs, begunMs = 0 } = asked;
    const tookMs = this.#clock.monoMs() - begunMs;
    this.#shortestMs.set(camera, Math.min(tookMs, (this.#shortestMs.get(camera) ?? tookMs) * FORGET));
    this.#usedMs.set(camera, dueMs + (tookMs * threads) / (this.#limits.shares[camera] ?? 1));
    this.#serve();
  }

  #serve(): void {
    for (let next = this.#next(); next && next.threads <= this.#free; next = this.#next()) {
      this.#waiting.delete(next);
      this.#running.add(next);
      next.begunMs = this.#clock.monoMs();
      next.isCounted = true;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.go();
    }
  }

  /** The first of those that are due first. */
  #next(): Asked | undefined {
    let first: Asked | undefined;
    for (const one of this.#waiting) if (!first || one.dueMs < first.dueMs) first = one;
    return first;
  }

  get #free(): number {
    let free = this.#limits.threads;
    for (const { threads, isCounted } of this.#running) if (isCounted) free -= threads;
    return free;
  }
}
