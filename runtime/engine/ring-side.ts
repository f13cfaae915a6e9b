/** What reader and writer of a ring have in common: its parts in memory, and waiting. The protocol is in ring.ts. */
import { Layout, READERS_AT, type RingDescription, WORDS_PER_SLOT } from './ring-layout.ts';
import { WantedRegions } from './wanted-regions.ts';

// Control words; LATEST is in ring-layout.ts, one more in wanted-regions.ts.
export const PUBLISHED = 1;
export const STATE = 2;
export const WAKE_READERS = 3;
export const WAKE_WRITER = 4;

/** Bits. */
export const HALF = 32n;
const LOW_HALF = 2n ** HALF - 1n;

export class RingSide {
  readonly ring: RingDescription;
  protected readonly words: Int32Array;
  /** SEEN (low half) and SKIPPED (high half) of each reader. */
  protected readonly readers: BigUint64Array;
  /** Of each slot. */
  protected readonly meta: readonly Float64Array[];
  protected readonly layout: Layout;
  protected readonly wanted: WantedRegions;

  constructor(ring: RingDescription) {
    this.ring = ring;
    this.layout = new Layout(ring);
    this.words = new Int32Array(ring.buffer, 0, this.layout.slotsAt + ring.slots * WORDS_PER_SLOT);
    this.readers = new BigUint64Array(ring.buffer, READERS_AT * 4, ring.readers);
    const { metaAt, metaFloats } = this.layout;
    this.meta = Array.from(
      { length: ring.slots },
      (_, slot) => new Float64Array(ring.buffer, metaAt + slot * metaFloats * 8, metaFloats),
    );
    this.wanted = new WantedRegions(ring);
  }

  byteOffset(slot: number, picture = 0): number {
    return this.layout.payloadAt + slot * this.layout.slotBytes + picture * this.layout.pictureBytes;
  }

  protected metaAt(slot: number): Float64Array {
    const meta = this.meta[slot];
    if (meta === undefined) throw new RangeError(`no slot ${slot}`);
    return meta;
  }

  protected pinsAt(slot: number): number {
    return this.layout.slotsAt + slot * WORDS_PER_SLOT;
  }

  protected seqAt(slot: number): number {
    return this.pinsAt(slot) + 1;
  }

  protected seenBy(reader: number): number {
    return Number(Atomics.load(this.readers, reader) & LOW_HALF);
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
