/** Does it grow? */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Least-squares slope and its 95 % half width. Neighbouring samples are not independent, so the width is computed from
 * the means of ten blocks.
 */
export function slope(samples: readonly Point[]): { readonly slope: number; readonly noise: number } {
  const blocks = 10;
  const size = Math.max(1, Math.floor(samples.length / blocks));
  const means = Array.from({ length: blocks }, (_, i) => samples.slice(i * size, (i + 1) * size))
    .filter((block) => block.length > 0)
    .map((block) => ({ x: mean(block.map(({ x }) => x)), y: mean(block.map(({ y }) => y)) }));
  const [mx, my] = [mean(means.map(({ x }) => x)), mean(means.map(({ y }) => y))];
  const sxx = means.reduce((sum, { x }) => sum + (x - mx) ** 2, 0);
  const rise = means.reduce((sum, { x, y }) => sum + (x - mx) * (y - my), 0) / sxx;
  const residual = means.reduce((sum, { x, y }) => sum + (y - my - rise * (x - mx)) ** 2, 0);
  const t95 = 2.31; // Student's t, 8 degrees of freedom
  return { slope: rise, noise: t95 * Math.sqrt(residual / Math.max(1, means.length - 2) / sxx) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
