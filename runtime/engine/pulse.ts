/**
 * What each node of a worker is doing, in memory that the engine reads too: also while the worker's thread hangs.
 *
 *     words[0]       turns of the event loop
 *     words[1 + i]   node i: a count of steps, and in the low bits its phase
 *     last word      values that the nodes have been given and are not done with
 *
 * A phase that lasts without a step for too long is a node that hangs. Time that the node spends in what is not its own
 * code (it waits until another one has taken its value) is no phase.
 */
const PHASES = ['idle', 'run', 'open', 'handler', 'close'] as const;
export type Phase = (typeof PHASES)[number];

const PHASE_BITS = 3;

/** All nodes are to be opened. */
export function createPulses(nodes: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * (nodes + 2))).fill(PHASES.indexOf('open'), 1, -1);
}

/** The worker's thread still turns. */
export function beat(words: Int32Array): void {
  Atomics.add(words, 0, 1);
}

/** One node, in its worker. */
export class Pulse {
  readonly #words: Int32Array;
  readonly #at: number;
  #steps = 0;
  #phase: Phase = 'idle';
  /** Its `run` is at work: it may wait there for as long as it likes. */
  #runs = false;
  #aside = 0;

  /** @param node its number in the worker, from 0 */
  constructor(words: Int32Array, node: number) {
    this.#words = words;
    this.#at = 1 + node;
  }

  enter(phase: Phase): void {
    this.#phase = phase;
    this.#step();
  }

  leave(): void {
    this.enter('idle');
  }

  runs(runs: boolean): void {
    this.#runs = runs;
    this.#step();
  }

  /** The node has been given a value (1), or is done with one (-1). */
  hold(by: 1 | -1): void {
    Atomics.add(this.#words, this.#words.length - 1, by);
  }

  /** Does what is not the node's own code. */
  aside<T>(work: () => T): T {
    this.#aside += 1;
    this.#step();
    const back = () => {
      this.#aside -= 1;
      this.#step();
    };
    try {
      const result = work();
      if (result instanceof Promise) void result.then(back, back);
      else back();
      return result;
    } catch (error) {
      back();
      throw error;
    }
  }

  #step(): void {
    this.#steps += 1;
    const resting = this.#runs ? 'run' : 'idle';
    const phase = this.#aside > 0 || this.#phase === 'idle' ? resting : this.#phase;
    Atomics.store(this.#words, this.#at, (this.#steps << PHASE_BITS) | PHASES.indexOf(phase));
  }
}

/** Where a worker is held up, as far as can be told. */
export interface Stuck {
  /** Number of the node in its worker. */
  readonly node: number;
  /** `idle`: in none of its handlers; a timer of its own, or a promise that it did not wait for. */
  readonly phase: Phase;
}

/** The pulses of one worker, read by the engine. Counts looks and no time: a machine that slept has not hung. */
export class PulseReader {
  readonly #words: Int32Array;
  readonly #last: Int32Array;
  /** Looks since each word has changed. */
  readonly #looks: number[];

  constructor(words: Int32Array) {
    this.#words = words;
    this.#last = Int32Array.from(words);
    this.#looks = Array.from(words, () => 0);
  }

  /** Values that the nodes have in hand. */
  get inHand(): number {
    return Atomics.load(this.#words, this.#words.length - 1);
  }

  look(): void {
    for (let at = 0; at < this.#words.length; at++) {
      const now = Atomics.load(this.#words, at);
      this.#looks[at] = now === this.#last[at] ? (this.#looks[at] ?? 0) + 1 : 0;
      this.#last[at] = now;
    }
  }

  /**
   * The node that has not come back from its own code for so many looks. Of several the last: producers come first, and
   * call their consumers. When the thread hangs in none of them, a node with a `run`, or else the first.
   */
  stuck(leastLooks: (node: number, phase: Phase) => number): Stuck | undefined {
    const last = [...this.#last.subarray(1, -1)];
    const phases = last.map((word, node) => ({ node, phase: PHASES[word & ((1 << PHASE_BITS) - 1)] ?? 'idle' }));
    const isLong = ({ node, phase }: Stuck, looks = 0) => looks >= leastLooks(node, phase);
    const inside = phases.filter(({ phase }) => phase !== 'idle' && phase !== 'run');
    if (inside.length > 0) return inside.findLast((one) => isLong(one, this.#looks[1 + one.node]));
    const running = phases.findLast(({ phase }) => phase === 'run') ?? phases[0];
    // A thread that is held takes no step either.
    return running && isLong(running, Math.min(...this.#looks.slice(0, -1))) ? running : undefined;
  }
}
