/**
 * Which parts of the next frames the one reader of a ring wants: a word of shared memory for each part, written by the reader
 * and read by the writer when it converts. A part is one 64-bit word (four 16-bit numbers, in 1/65535 of the picture), so
 * that nobody sees a half-written one; which part a picture really shows stands in the metadata of its slot.
 *
 * `asap`: the word STATED says up to which frame the reader has said what it wants, and the writer waits for it: two runs
 * then look at the same parts of the same frames.
 */
import type { Box } from '../data.ts';
import { Layout, type RingDescription } from './ring-layout.ts';

/** Control word. */
const STATED = 5;
const UNITS = 0xffff;
const BITS = 16n;

export class WantedRegions {
  readonly #ring: RingDescription;
  readonly #words: Int32Array;
  readonly #regions: BigUint64Array;

  constructor(ring: RingDescription) {
    this.#ring = ring;
    this.#words = new Int32Array(ring.buffer);
    const { wantedAt } = new Layout(ring);
    this.#regions = new BigUint64Array(ring.buffer, wantedAt * 8, ring.request.regions ?? 0);
  }

  /** The reader can say it. */
  get isAsked(): boolean {
    return this.#regions.length > 0;
  }

  /** For all frames from `seq` on, until it is said again. @param regionsNorm in [0, 1]; none: the whole */
  state(regionsNorm: readonly Box[], seq: number): void {
    for (let i = 0; i < this.#regions.length; i++) Atomics.store(this.#regions, i, packed(regionsNorm[i]));
    Atomics.store(this.#words, STATED, seq);
  }

  /** Frame `seq` can be made: `asap` only once it was said what is wanted of it. */
  isStated(seq: number): boolean {
    return !this.isAsked || this.#ring.pace !== 'asap' || Atomics.load(this.#words, STATED) >= seq;
  }

  /** The frame from which on the last statement holds. */
  get stated(): number {
    return Atomics.load(this.#words, STATED);
  }

  /** In [0, 1] of the picture; undefined: the whole. */
  read(): readonly (Box | undefined)[] {
    const wanted: Box[] = [];
    for (let i = 0; i < this.#regions.length; i++) {
      const word = Atomics.load(this.#regions, i);
      if (word !== 0n) wanted.push(unpacked(word));
    }
    return wanted.length > 0 ? wanted : WHOLE;
  }
}

const WHOLE = [undefined];

function packed(box: Box | undefined): bigint {
  if (box === undefined) return 0n;
  return [box.x, box.y, box.w, box.h].reduce((word, side) => (word << BITS) | BigInt(units(side)), 0n);
}

function units(side: number): number {
  return Math.round(Math.min(1, Math.max(0, side)) * UNITS);
}

function unpacked(word: bigint): Box {
  const side = (place: bigint) => Number((word >> (place * BITS)) & BigInt(UNITS)) / UNITS;
  return { x: side(3n), y: side(2n), w: side(1n), h: side(0n) };
}
