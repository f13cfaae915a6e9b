/** Small grey pictures of rendered ones, as a decoder's scaler makes them, with the noise of a camera. */
interface Sides {
  readonly width: number;
  readonly height: number;
}

/** Means of squares. */
export function smallGrey(
  luma: Uint8Array,
  { width }: Sides,
  { w, h }: { readonly w: number; readonly h: number },
  noise: () => number = () => 0,
): Uint8Array {
  const by = width / w;
  const small = new Uint8Array(w * h);
  const sums = new Float64Array(w);
  for (let row = 0; row < h; row++) {
    sums.fill(0);
    for (let y = row * by; y < (row + 1) * by; y++) addLine(sums, luma, y * width, by);
    for (let column = 0; column < w; column++) {
      const mean = (sums[column] ?? 0) / by / by;
      small[row * w + column] = Math.max(0, Math.min(255, Math.round(mean + noise())));
    }
  }
  return small;
}

/** Adds to each sum the next `by` values. */
function addLine(sums: Float64Array, luma: Uint8Array, from: number, by: number): void {
  let at = from;
  for (let column = 0; column < sums.length; column++) {
    let sum = 0;
    for (const end = at + by; at < end; at++) sum += luma[at] ?? 0;
    sums[column] = (sums[column] ?? 0) + sum;
  }
}

/** Evenly spread, of this standard deviation; the same on every run (mulberry32, public domain). */
export function noiseOf(std: number): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 - 0.5) * std * Math.sqrt(12);
  };
}
