/**
 * The frame ring: one writer, one or more readers, in different workers, over one SharedArrayBuffer. No locks, no
 * copies, Atomics only. How it lies in memory: ring-layout.ts.
 *
 *     slot:  free ──acquire──▶ written (PINS = -1) ──publish──▶ free, holds frame SEQ ──take──▶ pinned (PINS > 0)
 *              ▲                                                       │                            │
 *              └───────────────────────────────────────────────────────┴──────────release───────────┘
 *
 * Invariants (test/engine/ring.test.ts holds them under stress):
 *  1. A slot that a reader has pinned is never written, and a slot being written is never pinned: both claim it by
 *     compare-and-swap on PINS.
 *  2. SEQ, metadata and payload of a slot change only while PINS = -1, so whoever holds a pin sees one whole frame.
 *  3. A reader gets frames in rising SEQ. `asap`: every one. `realtime`: the newest; what it skipped is counted.
 *  4. `realtime`: the writer never waits. Each reader pins at most one slot and LATEST is spared, so N ≥ R + 2 slots
 *     leave one free.
 *  5. `asap`: frame n goes into slot (n - 1) mod N, and only when every reader has released frame n - N.
 *
 * Sequence numbers are 32-bit: at 60 frames a second they last for 400 days; a session has to be started anew before.
 */
import type { FrameMapping, FrameMeta } from '../data.ts';
import {
  LATEST,
  Layout,
  loadMapping,
  loadMeta,
  META_FLOATS,
  READERS_AT,
  type RingDescription,
  storeMeta,
  WORDS_PER_SLOT,
} from './ring-layout.ts';

const PUBLISHED = 1;
const STATE = 2;
const WAKE_READERS = 3;
const WAKE_WRITER = 4;

/** STATE: 0 = open. */
const ENDED = 1;
const WRITING = -1;

/** What reader and writer have in common. */
class RingSide {
  readonly ring: RingDescription;
  protected readonly words: Int32Array;
  protected readonly meta: Float64Array;
  protected readonly layout: Layout;

  constructor(ring: RingDescription) {
    this.ring = ring;
    this.layout = new Layout(ring);
    this.words = new Int32Array(ring.buffer, 0, this.layout.slotsAt + ring.slots * WORDS_PER_SLOT);
    this.meta = new Float64Array(ring.buffer, this.layout.metaAt, ring.slots * META_FLOATS);
  }

  byteOffset(slot: number): number {
    return this.layout.payloadAt + slot * this.layout.slotBytes;
  }

  protected pinsAt(slot: number): number {
    return this.layout.slotsAt + slot * WORDS_PER_SLOT;
  }

  protected seqAt(slot: number): number {
    return this.pinsAt(slot) + 1;
  }

  protected wake(word: number): void {
    Atomics.add(this.words, word, 1);
    Atomics.notify(this.words, word);
  }

  /** Resolves when `word` is no longer `seen`, or after the timeout: every wait is bounded. */
  protected async waitFor(word: number, seen: number, timeoutMs: number): Promise<void> {
    const wait = Atomics.waitAsync(this.words, word, seen, timeoutMs);
    if (wait.async) await wait.value;
  }
}

/** The one writer of a ring. `acquire`, fill the slot, `publish`; or `acquire`, `abandon`. */
export class RingWriter extends RingSide {
  readonly #filled: Uint8Array;
  #seq = 0;
  #lastSlot = -1;

  constructor(ring: RingDescription) {
    super(ring);
    this.#filled = new Uint8Array(ring.slots);
  }

  /** Claims a slot, or nothing when the ring is full (`asap`). */
  acquire(): number | undefined {
    return this.ring.pace === 'asap' ? this.#acquireNext() : this.#acquireAny();
  }

  /** True until the slot is published for the first time. */
  isFresh(slot: number): boolean {
    return this.#filled[slot] === 0;
  }

  publish(slot: number, meta: FrameMeta, mapping: FrameMapping): void {
    storeMeta(this.meta, slot * META_FLOATS, meta, mapping);
    this.#filled[slot] = 1;
    this.#seq += 1;
    this.#lastSlot = slot;
    Atomics.store(this.words, this.seqAt(slot), this.#seq);
    Atomics.store(this.words, this.pinsAt(slot), 0);
    Atomics.store(this.words, LATEST, slot);
    Atomics.store(this.words, PUBLISHED, this.#seq);
    this.wake(WAKE_READERS);
  }

  /** Gives a claimed slot back unpublished. Its old frame is no longer whole, so it counts as never filled. */
  abandon(slot: number): void {
    this.#filled[slot] = 0;
    Atomics.store(this.words, this.seqAt(slot), 0);
    Atomics.store(this.words, this.pinsAt(slot), 0);
  }

  /** `asap`: resolves when a reader has released a slot, or after the timeout. */
  async waitForSpace(timeoutMs: number): Promise<void> {
    const seen = Atomics.load(this.words, WAKE_WRITER);
    if (this.#hasSpace()) return;
    await this.waitFor(WAKE_WRITER, seen, timeoutMs);
  }

  /** No more frames. Readers get what is left and then see `ended`. */
  end(): void {
    Atomics.store(this.words, STATE, ENDED);
    this.wake(WAKE_READERS);
  }

  #hasSpace(): boolean {
    for (let reader = 0; reader < this.ring.readers; reader++) {
      if (Atomics.load(this.words, READERS_AT + reader) < this.#seq + 1 - this.ring.slots) return false;
    }
    return true;
  }

  #acquireNext(): number | undefined {
    if (!this.#hasSpace()) return undefined;
    const slot = this.#seq % this.ring.slots;
    return this.#claim(slot) ? slot : undefined;
  }

  #acquireAny(): number | undefined {
    const latest = Atomics.load(this.words, LATEST);
    for (let step = 1; step <= this.ring.slots; step++) {
      const slot = (this.#lastSlot + step) % this.ring.slots;
      if (slot !== latest && this.#claim(slot)) return slot;
    }
    return undefined;
  }

  #claim(slot: number): boolean {
    return Atomics.compareExchange(this.words, this.pinsAt(slot), 0, WRITING) === 0;
  }
}

/** One reader of a ring. `take` a slot, use it, `release` it before the next `take`. */
export class RingReader extends RingSide {
  readonly #reader: number;
  #lastSeq = 0;
  #skipped = 0;

  /** @param reader this reader's number, from 0 */
  constructor(ring: RingDescription, reader: number) {
    super(ring);
    this.#reader = reader;
  }

  /** Frames that were published but never taken; only `realtime` rings skip. */
  get skipped(): number {
    return this.#skipped;
  }

  /** True when the writer has ended and everything was taken. */
  get ended(): boolean {
    return Atomics.load(this.words, STATE) === ENDED && Atomics.load(this.words, PUBLISHED) <= this.#lastSeq;
  }

  /** Pins the next frame for this reader, if there is one it has not seen. */
  take(): number | undefined {
    const slot = this.ring.pace === 'asap' ? this.#pinNext() : this.#pinLatest();
    if (slot === undefined) return undefined;
    const seq = Atomics.load(this.words, this.seqAt(slot));
    this.#skipped += seq - this.#lastSeq - 1;
    this.#lastSeq = seq;
    return slot;
  }

  release(slot: number): void {
    Atomics.sub(this.words, this.pinsAt(slot), 1);
    Atomics.store(this.words, READERS_AT + this.#reader, this.#lastSeq);
    this.wake(WAKE_WRITER);
  }

  /** Resolves when there may be something to take, or after the timeout. */
  async wait(timeoutMs: number): Promise<void> {
    const seen = Atomics.load(this.words, WAKE_READERS);
    if (this.ended || Atomics.load(this.words, PUBLISHED) > this.#lastSeq) return;
    await this.waitFor(WAKE_READERS, seen, timeoutMs);
  }

  metaOf(slot: number): FrameMeta {
    return loadMeta(this.meta, slot * META_FLOATS);
  }

  mappingOf(slot: number): FrameMapping {
    return loadMapping(this.meta, slot * META_FLOATS);
  }

  #pinNext(): number | undefined {
    if (Atomics.load(this.words, PUBLISHED) <= this.#lastSeq) return undefined;
    const slot = this.#lastSeq % this.ring.slots;
    return this.#pin(slot) ? slot : undefined;
  }

  #pinLatest(): number | undefined {
    while (Atomics.load(this.words, PUBLISHED) > this.#lastSeq) {
      const slot = Atomics.load(this.words, LATEST);
      if (!this.#pin(slot)) continue; // the writer took it since: a newer one is about to be LATEST
      if (Atomics.load(this.words, this.seqAt(slot)) > this.#lastSeq) return slot;
      Atomics.sub(this.words, this.pinsAt(slot), 1);
    }
    return undefined;
  }

  #pin(slot: number): boolean {
    const at = this.pinsAt(slot);
    const pins = Atomics.load(this.words, at);
    return pins >= 0 && Atomics.compareExchange(this.words, at, pins, pins + 1) === pins;
  }
}
