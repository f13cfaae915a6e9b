/** Events on their way to the broker: in order, kept until it has confirmed them, bounded. Pure. */

export interface QueuedEvent {
  readonly payload: string;
}

/** Events that may be sent and not yet confirmed. */
const WINDOW = 64;

export class EventQueue {
  /** Oldest events that were left out because too many waited. */
  dropped = 0;
  readonly #most: number;
  #waiting: QueuedEvent[] = [];
  #underWay: QueuedEvent[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get length(): number {
    return this.#waiting.length + this.#underWay.length;
  }

  add(payload: string): void {
    this.#waiting.push({ payload });
    if (this.length <= this.#most) return;
    this.#waiting.shift();
    this.dropped += 1;
  }

  /** The next to be sent, while the window is open. */
  next(): QueuedEvent | undefined {
    if (this.#underWay.length >= WINDOW) return undefined;
    const event = this.#waiting.shift();
    if (event) this.#underWay.push(event);
    return event;
  }

  confirmed(event: QueuedEvent): void {
    this.#underWay = this.#underWay.filter((other) => other !== event);
  }

  /** The connection is gone: what it did not confirm is sent again, before what came later. */
  disconnected(): void {
    this.#waiting = [...this.#underWay, ...this.#waiting];
    this.#underWay = [];
  }
}
