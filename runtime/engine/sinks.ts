/**
 * Where an output's values go: a node of the same worker (called directly), a ring (frames), or another worker (a
 * MessagePort). And the other ends: pumps that feed a node from a ring or a port.
 *
 * Every one of them is bounded. In `asap` pace the sender waits; in `realtime` it drops the new value and counts it.
 */
import type { FrameView, Pace } from '../data.ts';
import { frameBytes } from '../data.ts';
import type { FrameSource, SharedSlot } from '../node.ts';
import { TurnBudget } from '../sleep.ts';
import type { PortMessage } from './messages.ts';
import { RingReader, RingWriter } from './ring.ts';
import type { RingDescription } from './ring-layout.ts';

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
const WAIT_MS = 250;
/** Messages between two workers that may be under way. */
const PORT_CREDITS = 16;

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

/** Converts each frame straight into a slot of the ring. */
export class RingSink implements Sink {
  readonly #writer: RingWriter;
  readonly #ring: RingDescription;
  readonly #slots: { -readonly [K in keyof SharedSlot]: SharedSlot[K] }[];

  constructor(ring: RingDescription) {
    this.#ring = ring;
    this.#writer = new RingWriter(ring);
    this.#slots = Array.from({ length: ring.slots }, (_, key) => ({
      buffer: ring.buffer,
      byteOffset: this.#writer.byteOffset(key),
      byteLength: frameBytes(ring.request),
      key,
      fresh: true,
    }));
  }

  deliver(value: unknown): void | Promise<void> {
    const source = value as FrameSource;
    const slot = this.#writer.acquire();
    if (slot !== undefined) return this.#fill(slot, source);
    if (this.#ring.pace === 'asap') return this.#waitAndFill(source);
  }

  end(): void {
    this.#writer.end();
  }

  async #waitAndFill(source: FrameSource): Promise<void> {
    // A reader that never comes back holds this up until the session's process is stopped by force, seconds later.
    while (true) {
      await this.#writer.waitForSpace(WAIT_MS);
      const slot = this.#writer.acquire();
      if (slot !== undefined) return this.#fill(slot, source);
    }
  }

  #fill(index: number, source: FrameSource): void {
    const slot = this.#slots[index];
    if (slot === undefined) throw new RangeError(`no slot ${index}`);
    slot.fresh = this.#writer.isFresh(index);
    try {
      this.#writer.publish(index, source.meta, source.writeInto(this.#ring.request, slot));
    } catch (error) {
      this.#writer.abandon(index);
      throw error;
    }
  }
}

/** Feeds a node with the frames of a ring; each stays pinned until the node is done with it. */
export class RingPump {
  readonly #reader: RingReader;
  readonly #views: (Uint8Array | Float32Array)[];
  readonly #receiver: Receiver;
  readonly #input: string;

  constructor(ring: RingDescription, reader: number, receiver: Receiver, input: string) {
    this.#reader = new RingReader(ring, reader);
    this.#receiver = receiver;
    this.#input = input;
    this.#views = Array.from({ length: ring.slots }, (_, slot) => slotView(ring, this.#reader.byteOffset(slot)));
  }

  /** Runs until the ring has ended and everything in it was handled. */
  async run(): Promise<void> {
    const budget = new TurnBudget();
    let skipped = this.#reader.skipped;
    while (true) {
      const slot = this.#reader.take();
      if (slot === undefined) {
        if (this.#reader.ended) break;
        await this.#reader.wait(WAIT_MS);
        continue;
      }
      try {
        await this.#receiver.deliver(this.#input, this.#view(slot));
      } finally {
        this.#reader.release(slot);
      }
      if (this.#reader.skipped > skipped) this.#receiver.count('skipped', this.#reader.skipped - skipped);
      skipped = this.#reader.skipped;
      await budget.spend();
    }
    await this.#receiver.inputEnded(this.#input);
  }

  #view(slot: number): FrameView {
    const data = this.#views[slot];
    if (data === undefined) throw new RangeError(`no slot ${slot}`);
    const { request } = this.#reader.ring;
    return { meta: this.#reader.metaOf(slot), mapping: this.#reader.mappingOf(slot), request, data };
  }
}

/** Sends values to a node of another worker. */
export class PortSink implements Sink {
  readonly #port: MessagePort;
  readonly #credits: Int32Array;
  readonly #pace: Pace;
  readonly #dropped: () => void;

  /** @param dropped called for each value that `realtime` pace throws away because the receiver is behind */
  constructor(port: MessagePort, credits: SharedArrayBuffer, pace: Pace, dropped: () => void) {
    this.#port = port;
    this.#credits = new Int32Array(credits);
    this.#pace = pace;
    this.#dropped = dropped;
  }

  deliver(value: unknown): void | Promise<void> {
    if (Atomics.load(this.#credits, 0) < PORT_CREDITS) return this.#post({ value });
    if (this.#pace === 'asap') return this.#waitAndPost(value);
    this.#dropped();
  }

  end(): void {
    this.#post({ end: true });
  }

  async #waitAndPost(value: unknown): Promise<void> {
    await untilBelow(this.#credits, PORT_CREDITS);
    this.#post({ value });
  }

  #post(message: PortMessage): void {
    Atomics.add(this.#credits, 0, 1);
    this.#port.postMessage(message);
  }
}

/** Feeds a node with the values of a port. */
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

function slotView(ring: RingDescription, byteOffset: number): Uint8Array | Float32Array {
  const bytes = frameBytes(ring.request);
  const floats = ring.request.format === 'rgbf32' || ring.request.format === 'bgrf32';
  return floats ? new Float32Array(ring.buffer, byteOffset, bytes / 4) : new Uint8Array(ring.buffer, byteOffset, bytes);
}
