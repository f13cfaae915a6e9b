/** When the guardian must stop the camera. Pure: time is an argument (ms on a clock that does not jump). */
import { GRACE_MS } from './messages.ts';

/** Without a message for this long, the owner counts as gone. */
const SILENCE_MS = 10_000;

export class Watchman {
  /** When the camera must stand; null: it stands, as far as is known. */
  #untilMs: number | null = null;
  #heardMs: number;

  constructor(nowMs: number) {
    this.#heardMs = nowMs;
  }

  /** Something came from the owner. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  moves(forMs: number, nowMs: number): void {
    this.#untilMs = nowMs + forMs + GRACE_MS;
  }

  stands(): void {
    this.#untilMs = null;
  }

  /** How long until a stop is due; 0: now; null: none is. */
  dueInMs(nowMs: number): number | null {
    return this.#untilMs === null ? null : Math.max(0, this.#untilMs - nowMs);
  }

  /** The owner is gone: must the camera be stopped? */
  get mayMove(): boolean {
    return this.#untilMs !== null;
  }

  isForgotten(nowMs: number): boolean {
    return nowMs - this.#heardMs > SILENCE_MS;
  }
}
