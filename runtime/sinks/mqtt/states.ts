/** Retained topics: what each should hold, and which of them the broker has not been told yet. Pure. */

/** Topics of all cameras together; more are left out. */
const MOST_TOPICS = 20_000;

export class States {
  /** Topics that were left out. */
  leftOut = 0;
  readonly #wanted = new Map<string, string>();
  readonly #due = new Set<string>();

  get(topic: string): string | undefined {
    return this.#wanted.get(topic);
  }

  /** How many the broker is to be told. */
  get due(): number {
    return this.#due.size;
  }

  set(topic: string, payload: string): void {
    const before = this.#wanted.get(topic);
    if (before === payload) return;
    if (before === undefined && this.#wanted.size >= MOST_TOPICS) {
      this.leftOut += 1;
      return;
    }
    this.#wanted.set(topic, payload);
    this.#due.add(topic);
  }

  /** A broker that has come back may have forgotten, or remember what is no longer so. */
  tellAll(): void {
    for (const topic of this.#wanted.keys()) this.#due.add(topic);
  }

  /** The next one to tell. */
  next(): { readonly topic: string; readonly payload: string } | undefined {
    for (const topic of this.#due) {
      this.#due.delete(topic);
      return { topic, payload: this.#wanted.get(topic) ?? '' };
    }
    return undefined;
  }
}
