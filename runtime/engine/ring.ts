/**
 * The frame ring: one writer, one or more readers, in different workers, over one SharedArrayBuffer. No locks, no
 * copies, Atomics only. How it lies in memory: ring-layout.ts.
 *
 *     slot:  free ──acquire──▶ PINS = WRITING ──publish──▶ free, holds frame SEQ ──take──▶ PINS: a bit for each reader
 *              ▲                                                  │                            │
 *              └──────────────────────────────────────────────────┴───────────release──────────┘
 *
 * A side that dies at any point is replaced by a new one on the same ring: all state is in the shared memory. The new
 * side frees what the dead one held (WRITING, or the reader's bit) and goes on behind the last frame published or
 * taken.
 *
 * Invariants (test/engine/ring.test.ts holds them under stress):
 *  1. A slot that a reader has pinned is never written, and a slot being written is never pinned: both claim it by
 *     compare-and-swap on PINS.
 *  2. SEQ, metadata and payload of a slot change only while PINS = WRITING, so a reader with a pin sees one whole frame.
 *  3. A reader gets frames in rising SEQ, also over a death of either side. `asap`: every one. `realtime`: the newest;
 *     what it skipped is counted. SEEN and SKIPPED are one 64-bit word: no death comes between them.
 *  4. `realtime`: the writer never waits. Each reader pins at most one slot and LATEST is spared, so N ≥ R + 2 slots
 *     leave one free.
 *  5. `asap`: frame n goes into slot (n - 1) mod N, and only when every reader has taken and released frame n - N.
 *
 * Sequence numbers are 32-bit: at 60 frames a second they last for 400 days; a session has to be started again before.
 */
import type { Box, FrameMapping, FrameMeta } from '../data.ts';
import { LATEST, loadMappings, loadMeta, type RingDescription, storeMeta } from './ring-layout.ts';
import { HALF, PUBLISHED, RingSide, STATE, WAKE_READERS, WAKE_WRITER } from './ring-side.ts';

const OPEN = 0;
const ENDED = 1;
/** The highest bit: no reader's. */
const WRITING = -(2 ** 31);
/** In which a free slot is looked for. */
const ROUNDS = 2;

/** The one writer of a ring. `acquire`, fill the slot, `publish`; or `acquire`, `abandon`. */
export class RingWriter extends RingSide {
  readonly #filled: Uint8Array;
  #seq: number;

  constructor(ring: RingDescription) {
    super(ring);
    this.#filled = new Uint8Array(ring.slots);
    this.#seq = Atomics.load(this.words, PUBLISHED);
    this.#takeOver();
  }

  /** Claims a slot, or nothing when the ring is full (`asap`). */
  acquire(): number | undefined {
    return this.ring.pace === 'asap' ? this.#acquireNext() : this.#acquireAny();
  }

  /** True until the slot is published for the first time. */
  isFresh(slot: number): boolean {
    return this.#filled[slot] === 0;
  }

  /** What is wanted of the frame of the slot that was claimed, in [0, 1]; undefined: the whole. */
  get wantedRegions(): readonly (Box | undefined)[] {
    return this.wanted.read();
  }

  /** @param mappings one for each picture in the slot */
  publish(slot: number, meta: FrameMeta, ...mappings: readonly FrameMapping[]): void {
    storeMeta(this.metaAt(slot), meta, mappings);
    this.#filled[slot] = 1;
    this.#seq += 1;
    Atomics.store(this.words, this.seqAt(slot), this.#seq);
    Atomics.store(this.words, this.pinsAt(slot), 0);
    this.#show(slot);
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

  /** Sees to what a writer before this one left undone. */
  #takeOver(): void {
    Atomics.store(this.words, STATE, OPEN);
    for (let slot = 0; slot < this.ring.slots; slot++) {
      if (Atomics.load(this.words, this.pinsAt(slot)) === WRITING) this.abandon(slot);
      else if (Atomics.load(this.words, this.seqAt(slot)) > this.#seq) {
        this.#seq += 1;
        this.#show(slot);
      }
    }
  }

  /** From here on readers see the frame in this slot. */
  #show(slot: number): void {
    Atomics.store(this.words, LATEST, slot);
    Atomics.store(this.words, PUBLISHED, this.#seq);
    this.wake(WAKE_READERS);
  }

  #hasSpace(): boolean {
    if (Atomics.load(this.words, this.pinsAt(this.#nextSlot())) !== 0 || !this.wanted.isStated(this.#seq + 1))
      return false;
    for (let reader = 0; reader < this.ring.readers; reader++) {
      if (this.seenBy(reader) < this.#seq + 1 - this.ring.slots) return false;
    }
    return true;
  }

  #acquireNext(): number | undefined {
    const slot = this.#nextSlot();
    return this.#hasSpace() && this.#claim(slot) ? slot : undefined;
  }

  #nextSlot(): number {
    return this.#seq % this.ring.slots;
  }

  /** The first that is free: while its readers keep up, two slots take turns, and the memory of the others is not touched. */
  #acquireAny(): number | undefined {
    const latest = Atomics.load(this.words, LATEST);
    // A reader that changes over to another slot may be met in both: the one that it left is found free the next time.
    for (let step = 0; step < ROUNDS * this.ring.slots; step++) {
      const slot = step % this.ring.slots;
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
  /** This reader's bit in the PINS of a slot. */
  readonly #bit: number;
  #lastSeq: number;
  #skipped: number;

  /** @param reader this reader's number, from 0 */
  constructor(ring: RingDescription, reader: number) {
    super(ring);
    this.#reader = reader;
    this.#bit = 1 << reader;
    this.#lastSeq = this.seenBy(reader);
    this.#skipped = Number(Atomics.load(this.readers, reader) >> HALF);
    for (let slot = 0; slot < ring.slots; slot++) this.#unpin(slot);
    this.#stateWhole();
  }

  /** Frames that were published but never taken, in the life of the ring; only `realtime` rings skip. */
  get skipped(): number {
    return this.#skipped;
  }

  /** True when the writer has ended and everything was taken. */
  get ended(): boolean {
    return Atomics.load(this.words, STATE) === ENDED && !this.hasMore;
  }

  /** Pins the next frame for this reader, if there is one it has not seen. */
  take(): number | undefined {
    const slot = this.ring.pace === 'asap' ? this.#pinNext() : this.#pinLatest();
    if (slot === undefined) return undefined;
    const seq = Atomics.load(this.words, this.seqAt(slot));
    this.#skipped += seq - this.#lastSeq - 1;
    this.#lastSeq = seq;
    Atomics.store(this.readers, this.#reader, (BigInt(this.#skipped) << HALF) | BigInt(seq));
    return slot;
  }

  release(slot: number): void {
    this.#unpin(slot);
    this.#stateWhole();
  }

  /** Which parts of the frames after the one taken last are wanted. @param regionsNorm in [0, 1]; none: the whole */
  lookNext(regionsNorm: readonly Box[]): void {
    this.wanted.state(regionsNorm, this.#lastSeq + 1);
    this.wake(WAKE_WRITER);
  }

  /** Resolves when there may be something to take, or after the timeout. */
  async wait(timeoutMs: number): Promise<void> {
    const seen = Atomics.load(this.words, WAKE_READERS);
    if (this.ended || this.hasMore) return;
    await this.waitFor(WAKE_READERS, seen, timeoutMs);
  }

  /** True when a frame was published that this reader has not taken. */
  get hasMore(): boolean {
    return Atomics.load(this.words, PUBLISHED) > this.#lastSeq;
  }

  /** Has those that wait look again. */
  interrupt(): void {
    this.wake(WAKE_READERS);
  }

  metaOf(slot: number): FrameMeta {
    return loadMeta(this.metaAt(slot));
  }

  /** Of each picture in the slot. */
  mappingsOf(slot: number): readonly FrameMapping[] {
    return loadMappings(this.metaAt(slot));
  }

  #unpin(slot: number): void {
    Atomics.and(this.words, this.pinsAt(slot), ~this.#bit);
    this.wake(WAKE_WRITER);
  }

  /** Unless something was said about the next frame. */
  #stateWhole(): void {
    if (this.wanted.isAsked && this.wanted.stated <= this.#lastSeq) this.lookNext([]);
  }

  #pinNext(): number | undefined {
    if (!this.hasMore) return undefined;
    const slot = this.#lastSeq % this.ring.slots;
    return this.#pin(slot) ? slot : undefined;
  }

  #pinLatest(): number | undefined {
    while (this.hasMore) {
      const slot = Atomics.load(this.words, LATEST);
      if (!this.#pin(slot)) continue; // the writer took it since: a newer one is about to be LATEST
      if (Atomics.load(this.words, this.seqAt(slot)) > this.#lastSeq) return slot;
      this.#unpin(slot);
    }
    return undefined;
  }

  #pin(slot: number): boolean {
    const at = this.pinsAt(slot);
    const pins = Atomics.load(this.words, at);
    return pins !== WRITING && Atomics.compareExchange(this.words, at, pins, pins | this.#bit) === pins;
  }
}
