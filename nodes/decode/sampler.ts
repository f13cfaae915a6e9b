/**
 * Scales a picture by the nearest source samples alone, as OpenCV's INTER_LINEAR and INTER_NEAREST do: nothing is averaged
 * over what lies between them. libswscale has no such filter, so it converts the colours at full size, and this does the
 * rest.
 */
import type { Box, FrameRequest, Size } from '../../runtime/node.ts';

/** For each sample along one side: where the two source samples beside it lie, and the share of the second one. */
interface Steps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly share: Float64Array;
}

/** Where a channel goes: every `step`-th sample of `to`. */
interface Channel {
  readonly to: Uint8Array | Float32Array;
  readonly from: number;
  readonly step: number;
}

export class Sampler {
  /** The source picture, interleaved bytes; filled by the caller. */
  readonly picture: Buffer;
  readonly stride: number;
  readonly #across: Steps;
  readonly #down: Steps;
  readonly #content: Box;
  readonly #width: number;
  readonly #channels: number;

  constructor(source: Size, content: Box, { width, filter, format }: FrameRequest) {
    this.#channels = format === 'gray8' ? 1 : 3;
    // swscale writes in blocks: rows are a little longer than the picture is wide.
    this.stride = (source.w + SPILL_PIXELS) * this.#channels;
    this.picture = Buffer.alloc(this.stride * (source.h + 1));
    const steps = filter === 'nearest-cv' ? nearest : linear;
    this.#across = steps(source.w, content.w, this.#channels);
    this.#down = steps(source.h, content.h, 1);
    this.#content = content;
    this.#width = width;
  }

  /** @param samples interleaved bytes, or planes of floats that hold channel `order[i]` of the picture each */
  write(samples: readonly (Uint8Array | Float32Array)[], order: readonly number[] | undefined, white: number): void {
    const [only] = samples;
    if (order === undefined && only !== undefined) {
      for (let from = 0; from < this.#channels; from++)
        this.#writeChannel({ to: only.subarray(from), from, step: this.#channels }, 1);
      return;
    }
    for (const [i, to] of samples.entries()) this.#writeChannel({ to, from: order?.[i] ?? 0, step: 1 }, white / 255);
  }

  #writeChannel({ to, from, step }: Channel, unit: number): void {
    const { picture, stride } = this;
    const { x, y, w, h } = this.#content;
    const { first, second, share } = this.#across;
    for (let row = 0; row < h; row++) {
      const upper = (this.#down.first[row] ?? 0) * stride + from;
      const lower = (this.#down.second[row] ?? 0) * stride + from;
      const down = this.#down.share[row] ?? 0;
      let at = ((y + row) * this.#width + x) * step;
      for (let column = 0; column < w; column++, at += step) {
        const left = first[column] ?? 0;
        const right = second[column] ?? 0;
        const across = share[column] ?? 0;
        const a = picture[upper + left] ?? 0;
        const b = picture[lower + left] ?? 0;
        const above = a + ((picture[upper + right] ?? 0) - a) * across;
        const below = b + ((picture[lower + right] ?? 0) - b) * across;
        // OpenCV gives bytes, which models were trained on.
        to[at] = ((above + (below - above) * down + 0.5) | 0) * unit;
      }
    }
  }
}

const SPILL_PIXELS = 16;

/** Centres of samples are mapped to each other. */
function linear(from: number, to: number, unit: number): Steps {
  const first = new Int32Array(to);
  const second = new Int32Array(to);
  const share = new Float64Array(to);
  for (let i = 0; i < to; i++) {
    const at = Math.max(0, Math.min(from - 1, ((i + 0.5) * from) / to - 0.5));
    first[i] = Math.floor(at) * unit;
    second[i] = Math.min(from - 1, Math.floor(at) + 1) * unit;
    share[i] = at - Math.floor(at);
  }
  return { first, second, share };
}

/** Edges of samples are. */
function nearest(from: number, to: number, unit: number): Steps {
  const first = Int32Array.from({ length: to }, (_, i) => Math.min(from - 1, Math.floor((i * from) / to)) * unit);
  return { first, second: first, share: new Float64Array(to) };
}
