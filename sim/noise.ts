/**
 * Seeded value noise on an integer lattice: random values at the lattice points, smooth in between. The lattice repeats
 * in x, so that a panorama closes at 360°.
 */

/** A value in [0, 1) that depends on the three integers alone. Mixing steps: multiply and xor-shift. */
export function hash01(x: number, y: number, seed: number): number {
  let h = Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca77) ^ Math.imul(seed, 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 4294967296;
}

/** Value noise in [0, 1). `periodX` is a whole number of lattice cells. */
export function valueNoise(x: number, y: number, periodX: number, seed: number): number {
  const cellX = Math.floor(x);
  const cellY = Math.floor(y);
  const sx = smooth(x - cellX);
  const sy = smooth(y - cellY);
  const left = modulo(cellX, periodX);
  const right = modulo(cellX + 1, periodX);
  const top = lerp(hash01(left, cellY, seed), hash01(right, cellY, seed), sx);
  const bottom = lerp(hash01(left, cellY + 1, seed), hash01(right, cellY + 1, seed), sx);
  return lerp(top, bottom, sy);
}

/** Fractal noise in [0, 1): octaves of value noise, each at twice the frequency and half the weight of the last. */
export function fractalNoise(x: number, y: number, periodX: number, seed: number, octaves: number): number {
  let sum = 0;
  let weight = 0.5;
  let total = 0;
  let scale = 1;
  for (let octave = 0; octave < octaves; octave++) {
    sum += weight * valueNoise(x * scale, y * scale, periodX * scale, seed + octave);
    total += weight;
    weight /= 2;
    scale *= 2;
  }
  return sum / total;
}

/** 0 below `from`, 1 above `to`, a smooth S in between. */
export function smoothstep(from: number, to: number, value: number): number {
  return smooth(Math.min(1, Math.max(0, (value - from) / (to - from))));
}

export function modulo(value: number, period: number): number {
  return ((value % period) + period) % period;
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

function lerp(from: number, to: number, amount: number): number {
  return from + (to - from) * amount;
}
