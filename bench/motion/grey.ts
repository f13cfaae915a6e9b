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
  return Uint8Array.from({ length: w * h }, (_, k) => {
    const [left, top] = [(k % w) * by, Math.floor(k / w) * by];
    let sum = 0;
    for (let y = top; y < top + by; y++) for (let x = left; x < left + by; x++) sum += luma[y * width + x] ?? 0;
    return Math.max(0, Math.min(255, Math.round(sum / by / by + noise())));
  });
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
