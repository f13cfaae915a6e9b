/**
 * Tells when the picture of a camera is frozen: it sends the same one again and again. A camera that looks at something
 * still is not taken for it: its noise changes most pixels from one key frame to the next, also after strong compression.
 */
import type { Frame } from 'node-av/lib';
import { type FrameMeta, frameBytes, type Size } from '../../runtime/node.ts';
import { FrameConverter } from './converter.ts';
import { isKeyFrame } from './video-decoder.ts';

const LOOK_EVERY_S = 1;
/** After a longer gap the picture is looked at anew. */
const LONGEST_GAP_S = 10;
/** Share of pixels whose brightness may differ: encoding one picture again changes up to 3.5 %, noise at least 13 %. */
const MOST_CHANGED = 0.05;
/** No pixel of a frozen picture differs by more, in levels of 256: something that moves does. */
const LARGEST_CHANGE = 16;
/** In between, an encoder may repeat a picture that is still to save bits. */
const FEWEST_KEY_FRAMES = 2;

/** Pure stepper. */
export class FrozenPicture {
  readonly #afterS: number;
  /** The picture that those after it were like. */
  #first: { readonly grey: Uint8Array; readonly atS: number; readonly keyFrames: number } | undefined;
  #seenS = 0;

  constructor(afterS: number) {
    this.#afterS = afterS;
  }

  /** @param keyFrames so many so far @returns true when it is frozen */
  see(grey: Uint8Array, atS: number, keyFrames: number): boolean {
    const isNext = this.#first !== undefined && atS - this.#seenS <= LONGEST_GAP_S;
    this.#seenS = atS;
    if (!isNext || !this.#first || !isSame(grey, this.#first.grey))
      this.#first = { grey: grey.slice(), atS, keyFrames };
    return atS - this.#first.atS >= this.#afterS && keyFrames - this.#first.keyFrames >= FEWEST_KEY_FRAMES;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let changed = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] ?? 0) - (b[i] ?? 0));
    if (difference > LARGEST_CHANGE) return false;
    if (difference > 0) changed += 1;
  }
  return changed <= MOST_CHANGED * a.length;
}

/** Looks at decoded frames, once a second. */
export class FrozenWatch {
  readonly #picture: FrozenPicture;
  #eye:
    | { readonly size: Size; readonly converter: FrameConverter; readonly grey: Uint8Array<SharedArrayBuffer> }
    | undefined;
  #keyFrames = 0;
  #lookedS = Number.NEGATIVE_INFINITY;
  #isFrozen = false;

  constructor(afterS: number) {
    this.#picture = new FrozenPicture(afterS);
  }

  /** @returns true when the picture is frozen */
  see(frame: Frame, { mediaTimeS, size }: FrameMeta): boolean {
    if (isKeyFrame(frame)) this.#keyFrames += 1;
    if (mediaTimeS - this.#lookedS < LOOK_EVERY_S) return this.#isFrozen;
    this.#lookedS = mediaTimeS;
    if (this.#eye?.size.w !== size.w || this.#eye.size.h !== size.h) this.#open(size);
    if (!this.#eye) return false;
    const { buffer, byteOffset, byteLength } = this.#eye.grey;
    this.#eye.converter.convert(frame, { buffer, byteOffset, byteLength, key: 0, fresh: false });
    this.#isFrozen = this.#picture.see(this.#eye.grey, mediaTimeS, this.#keyFrames);
    return this.#isFrozen;
  }

  close(): void {
    this.#eye?.converter.close();
    this.#eye = undefined;
  }

  #open(size: Size): void {
    this.close();
    const request = { width: size.w, height: size.h, format: 'gray8', fit: 'stretch' } as const;
    const grey = new Uint8Array(new SharedArrayBuffer(frameBytes(request)));
    this.#eye = { size, converter: new FrameConverter(request), grey };
  }
}
