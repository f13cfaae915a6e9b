/** Draws strokes into 8-bit planes with soft edges, exact to fractions of a pixel. */

export interface Plane {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A stroke in pixels, y down. */
export interface PixelStroke {
  readonly x0: number;
  readonly y0: number;
  readonly r0: number;
  readonly x1: number;
  readonly y1: number;
  readonly r1: number;
  readonly opacity: number;
}

/**
 * Blends a stroke over a plane. A pixel's coverage is that of a one pixel wide window across the stroke, so that a
 * stroke thinner than a pixel gets fainter instead of vanishing or staying one pixel wide.
 */
export function drawStroke(plane: Plane, stroke: PixelStroke, value: number): void {
  const { x0, y0, r0, x1, y1, r1, opacity } = stroke;
  const { data, width, height } = plane;
  const dx = x1 - x0;
  const dy = y1 - y0;
  const inverseLength2 = 1 / Math.max(1e-9, dx * dx + dy * dy);
  const left = Math.max(0, Math.floor(Math.min(x0 - r0, x1 - r1) - 0.5));
  const right = Math.min(width - 1, Math.ceil(Math.max(x0 + r0, x1 + r1) + 0.5));
  const top = Math.max(0, Math.floor(Math.min(y0 - r0, y1 - r1) - 0.5));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(y0 + r0, y1 + r1) + 0.5));
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const px = column + 0.5 - x0;
      const py = row + 0.5 - y0;
      const along = Math.min(1, Math.max(0, (px * dx + py * dy) * inverseLength2));
      const radius = r0 + (r1 - r0) * along;
      const away = Math.hypot(px - dx * along, py - dy * along);
      const coverage = Math.min(away + 0.5, radius) - Math.max(away - 0.5, -radius);
      if (coverage <= 0) continue;
      const at = row * width + column;
      const old = data[at] ?? 0;
      data[at] = Math.round(old + (value - old) * Math.min(1, coverage) * opacity);
    }
  }
}
