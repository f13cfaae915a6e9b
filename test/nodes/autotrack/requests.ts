/** Requests over HTTP as part of a simulated time. */

/** As often as the event loop turns without news, nothing is under way any more. */
const QUIET_TURNS = 6;

/** Knows of every request on its way, by standing between all callers and `fetch`, and loses those that get lost. */
export class Requests implements Disposable {
  readonly #fetch = globalThis.fetch;
  readonly #loseEvery: number;
  #sent = 0;
  #underway = 0;
  /** That wait on simulated time: at the camera, or for an answer that never comes. */
  #held = 0;
  #changed = Promise.withResolvers<void>();

  /** @param loseEvery so many-th request; 0: none */
  constructor(loseEvery: number) {
    this.#loseEvery = loseEvery;
    const send = async (...[input, init]: Parameters<typeof fetch>) => {
      this.#sent++;
      this.#underway++;
      try {
        if (this.#sent % this.#loseEvery === 0) return await this.holds(neverAnswered(init?.signal));
        const answer = await this.#fetch(input, init);
        const { status, headers } = answer;
        return new Response(await answer.arrayBuffer(), { status, headers });
      } finally {
        this.#underway--;
        this.#tell();
      }
    };
    globalThis.fetch = Object.assign(send, { preconnect: this.#fetch.preconnect });
  }

  async holds<T>(wait: Promise<T>): Promise<T> {
    this.#held++;
    this.#tell();
    try {
      return await wait;
    } finally {
      this.#held--;
    }
  }

  /** Waits, in real time, until nothing happens any more before time passes. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#underway <= this.#held) continue;
      quiet = 0;
      await this.#changed.promise;
    }
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  [Symbol.dispose](): void {
    globalThis.fetch = this.#fetch;
  }
}

async function neverAnswered(signal: AbortSignal | null | undefined): Promise<never> {
  return await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
}
