/**
 * Scales a picture by the nearest source samples alone, as OpenCV's INTER_LINEAR and INTER_NEAREST do: nothing is averaged
 * over what lies between them. libswscale has no such filter, so it converts the colours at full size, and this does the
 * rest.
 */
import type { FrameRequest, PixelFormat, Size } from '../../runtime/node.ts';
import type { Plane } from './placing.ts';

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
  readonly #across: Steps;
  readonly #down: Steps;
  readonly #size: Size;
  /** What was sampled last: interleaved bytes, or planes of floats. */
  readonly #planes: readonly Plane[];
  readonly #channels: readonly Channel[];
  readonly #unit: number;

  /** @param to size of the sampled picture */
  constructor(from: Size, to: Size, { filter, format, white = 1 }: FrameRequest) {
    const count = format === 'gray8' ? 1 : 3;
    const steps = filter === 'nearest-cv' ? nearest : linear;
    this.#across = steps(from.w, to.w, count);
    this.#down = steps(from.h, to.h, 1);
    this.#size = to;
    const area = to.w * to.h;
    const order = PLANAR[format];
    this.#unit = order ? white / 255 : 1;
    if (order) {
      this.#planes = order.map(() => ({ samples: new Float32Array(area), stride: to.w, samplesPerPixel: 1 }));
      this.#channels = this.#planes.map(({ samples }, i) => ({ to: samples, from: order[i] ?? 0, step: 1 }));
    } else {
      const samples = new Uint8Array(area * count);
      this.#planes = [{ samples, stride: to.w * count, samplesPerPixel: count }];
      this.#channels = [0, 1, 2].slice(0, count).map((i) => ({ to: samples.subarray(i), from: i, step: count }));
    }
  }

  /** @param picture the whole source picture, interleaved bytes @returns good until the next call */
  sample(picture: Plane): readonly Plane[] {
    for (const channel of this.#channels) this.#sampleChannel(picture, channel);
    return this.#planes;
  }

  #sampleChannel({ samples: picture, stride }: Plane, { to, from, step }: Channel): void {
    const { first, second, share } = this.#across;
    let at = 0;
    for (let row = 0; row < this.#size.h; row++) {
      const upper = (this.#down.first[row] ?? 0) * stride + from;
      const lower = (this.#down.second[row] ?? 0) * stride + from;
      const down = this.#down.share[row] ?? 0;
      for (let column = 0; column < this.#size.w; column++, at += step) {
        const left = first[column] ?? 0;
        const right = second[column] ?? 0;
        const across = share[column] ?? 0;
        const a = picture[upper + left] ?? 0;
        const b = picture[lower + left] ?? 0;
        const above = a + ((picture[upper + right] ?? 0) - a) * across;
        const below = b + ((picture[lower + right] ?? 0) - b) * across;
        // OpenCV gives bytes, which models were trained on.
        to[at] = ((above + (below - above) * down + 0.5) | 0) * this.#unit;
      }
    }
  }
}

/** Formats of planes: which channel of RGB each holds. */
const PLANAR: Partial<Record<PixelFormat, readonly number[]>> = { rgbf32: [0, 1, 2], bgrf32: [2, 1, 0] };

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
