/**
 * Where an output's values go: a node of the same worker (called directly), a ring (frames), or another worker (a
 * MessagePort). And the other ends: pumps that feed a node from a ring or a port.
 *
 * Every one of them is bounded. In `asap` pace the sender waits; in `realtime` it drops the new value and counts it.
 */
import type { Pace } from '../data.ts';
import type { PortMessage } from './messages.ts';

export interface Sink {
  deliver(value: unknown): void | Promise<void>;
  end(): void | Promise<void>;
}

/** What a sink or a pump needs of a node. */
export interface Receiver {
  deliver(input: string, value: unknown): void | Promise<void>;
  inputEnded(input: string): void | Promise<void>;
  count(name: string, by: number): void;
}

/** Longest time that anything sleeps before it looks again; a wake-up normally comes first. */
export const WAIT_MS = 250;
/** Messages between two workers that may be under way. */
const PORT_CREDITS = 16;
/** How often a sender that is held looks whether it may go on. */
export const HELD_LOOK_MS = 5;

export class LocalSink implements Sink {
  readonly #receiver: Receiver;
  readonly #input: string;

  constructor(receiver: Receiver, input: string) {
    this.#receiver = receiver;
    this.#input = input;
  }

  deliver(value: unknown): void | Promise<void> {
    return this.#receiver.deliver(this.#input, value);
  }

  end(): void | Promise<void> {
    return this.#receiver.inputEnded(this.#input);
  }
}

/**
 * How far a sink to another worker lets values through. `held`: while its other end is replaced nothing leaves; `asap`
 * senders wait, `realtime` values are dropped. `closed`: its link is no more, and values go nowhere.
 */
export type Gate = 'open' | 'held' | 'closed';

/** Sends values to a node of another worker. */
export class PortSink implements Sink {
  #gate: Gate = 'open';
  #port: MessagePort;
  #credits: Int32Array;
  readonly #pace: Pace;
  readonly #dropped: () => void;

  /** @param dropped called for each value that `realtime` pace throws away because the receiver is behind */
  constructor(port: MessagePort, credits: SharedArrayBuffer, pace: Pace, dropped: () => void) {
    this.#port = port;
    this.#credits = new Int32Array(credits);
    this.#pace = pace;
    this.#dropped = dropped;
  }

  /** Lets values through again, to the other end of this port. */
  connect(port: MessagePort, credits: SharedArrayBuffer): void {
    this.#port.close();
    this.#port = port;
    this.#credits = new Int32Array(credits);
    this.open();
  }

  open(): void {
    this.#gate = 'open';
  }

  shut(gate: 'held' | 'closed'): void {
    this.#gate = gate;
    if (gate === 'closed') this.#port.close();
  }

  deliver(value: unknown): void | Promise<void> {
    if (this.#hasRoom()) return this.#post({ value });
    if (this.#pace === 'asap') return this.#waitAndPost(value);
    this.#dropped();
  }

  async end(): Promise<void> {
    while (this.#gate === 'held') await Bun.sleep(HELD_LOOK_MS);
    if (this.#gate === 'open') this.#post({ end: true });
  }

  async #waitAndPost(value: unknown): Promise<void> {
    while (!this.#hasRoom()) {
      if (this.#gate === 'closed') return;
      await (this.#gate === 'held' ? Bun.sleep(HELD_LOOK_MS) : untilBelow(this.#credits, PORT_CREDITS));
    }
    this.#post({ value });
  }

  #hasRoom(): boolean {
    return this.#gate === 'open' && Atomics.load(this.#credits, 0) < PORT_CREDITS;
  }

  #post(message: PortMessage): void {
    Atomics.add(this.#credits, 0, 1);
    this.#port.postMessage(message);
  }
}

/** Feeds a node with the values of a port, until that is closed. */
export function pumpPort(port: MessagePort, credits: SharedArrayBuffer, receiver: Receiver, input: string): void {
  const words = new Int32Array(credits);
  const handled = () => {
    Atomics.sub(words, 0, 1);
    Atomics.notify(words, 0);
  };
  port.onmessage = (event) => {
    const message: PortMessage = event.data;
    const work = 'end' in message ? receiver.inputEnded(input) : receiver.deliver(input, message.value);
    if (work instanceof Promise) void work.finally(handled);
    else handled();
  };
}

/** Resolves when the counter `words[0]` is below `bound`. */
export async function untilBelow(words: Int32Array, bound: number): Promise<void> {
  while (true) {
    const now = Atomics.load(words, 0);
    if (now < bound) return;
    const wait = Atomics.waitAsync(words, 0, now, WAIT_MS);
    if (wait.async) await wait.value;
  }
}

/** Hands a value to each sink in turn; a promise only when one of them has to wait. */
export function deliverAll(sinks: readonly Sink[], value: unknown): void | Promise<void> {
  for (let i = 0; i < sinks.length; i++) {
    const work = sinks[i]?.deliver(value);
    if (work instanceof Promise) return work.then(() => deliverAll(sinks.slice(i + 1), value));
  }
}
