/** Where a place of one picture lies in another: turned and scaled about the centre, then shifted. */

/** Pixels. As complex numbers, from the centre of the picture: z → (1 + a + ib) z + (x + iy). */
export interface Warp {
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
}

export const STILL: Warp = { x: 0, y: 0, a: 0, b: 0 };

/** One warp, and then the other. */
export function then(first: Warp, next: Warp): Warp {
  const [re, im] = [1 + next.a, next.b];
  return {
    x: re * first.x - im * first.y + next.x,
    y: re * first.y + im * first.x + next.y,
    a: re * (1 + first.a) - im * first.b - 1,
    b: re * first.b + im * (1 + first.a),
  };
}

/** The way back. */
export function inverse({ x, y, a, b }: Warp): Warp {
  const size = (1 + a) ** 2 + b ** 2;
  const [re, im] = [(1 + a) / size, -b / size];
  return { x: -(re * x - im * y), y: -(re * y + im * x), a: re - 1, b: im };
}

/** How far it leads away at most in a picture, pixels. */
export function wayPx({ x, y, a, b }: Warp, width: number, height: number): number {
  return Math.hypot(x, y) + (Math.hypot(a, b) * Math.hypot(width, height)) / 2;
}
