/**
 * How far the drawn boxes are from the markers of the test pattern, by the pixels of the screen alone: one picture of the
 * screen without boxes shows where the markers are, one with boxes where the lines are. Nothing is taken from the geometry
 * that is being tested. Pure.
 */

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, alpha. */
  readonly data: Uint8ClampedArray;
}

/** In pixels of the screen. */
export interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const BRIGHT = 140;
/** Of a marker, and of the ground around it. */
const WHITE_LEVEL = 255;
/** The digit in a marker, also when it is shown very small. */
const DIGIT = 215;
/** Lines have colour, the pattern has none. */
const COLOURED = 60;
/** Smaller ones have no edges to speak of. */
const LEAST_PIXELS = 5;

/** White rectangles that are wholly within the region, with edges to a fraction of a pixel. */
export function findMarkers(pixels: Pixels, region: Edges): Edges[] {
  const [left, top] = [Math.ceil(region.left), Math.ceil(region.top)];
  const [w, h] = [Math.floor(region.right) - left, Math.floor(region.bottom) - top];
  if (w <= 0 || h <= 0) return [];
  const isSeen = new Uint8Array(w * h);
  const isBright = (x: number, y: number) => luma(pixels, left + x, top + y) > BRIGHT;
  const found: Edges[] = [];
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      if (isSeen[y * w + x] || !isBright(x, y)) continue;
      const spot = flood(x, y, w, h, isSeen, isBright);
      const isCut = spot.left < 2 || spot.top < 2 || spot.right > w - 3 || spot.bottom > h - 3;
      const isSmall = spot.right - spot.left < LEAST_PIXELS || spot.bottom - spot.top < LEAST_PIXELS;
      const whole = {
        left: left + spot.left,
        top: top + spot.top,
        right: left + spot.right,
        bottom: top + spot.bottom,
      };
      if (!isCut && !isSmall && hasDigit(pixels, whole)) found.push(refined(pixels, whole));
    }
  }
  return found;
}

/**
 * The middles of the lines of a box drawn around a marker; null: there is none.
 * @param reach how far from the marker's edges lines are looked for
 */
export function findBox(pixels: Pixels, marker: Edges, reach: number): Edges | null {
  const from = { x: Math.max(0, Math.round(marker.left - reach)), y: Math.max(0, Math.round(marker.top - reach)) };
  const to = {
    x: Math.min(pixels.width, Math.round(marker.right + reach)),
    y: Math.min(pixels.height, Math.round(marker.bottom + reach)),
  };
  let [left, top, right, bottom] = [to.x, to.y, -1, -1];
  for (let y = from.y; y < to.y; y++) {
    for (let x = from.x; x < to.x; x++) {
      if (!isColoured(pixels, x, y)) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  if (right < 0) return null;
  // The corner of a box or bracket is as wide as its lines, a little below its upper line. A captured picture has colours
  // for two pixels at once, which make that line thicker.
  let thick = 1;
  const below = Math.round(top + Math.max(5, (bottom - top) * 0.12));
  while (thick < right - left && isColoured(pixels, left + thick, below)) thick += 1;
  const half = thick / 2;
  return { left: left + half, top: top + half, right: right - half, bottom: bottom - half };
}

/** Number of the frame that a strip of cells states; null: it can't be read. @param cellAt place of the middle of a cell */
export function readStrip(pixels: Pixels, cells: number, cellAt: (cell: number) => readonly [x: number, y: number]) {
  let [value, whites] = [0, 0];
  for (let cell = 0; cell < cells; cell++) {
    const [x, y] = cellAt(cell);
    const isWhite = luma(pixels, Math.round(x), Math.round(y)) > BRIGHT;
    if (cell === cells - 1) return isWhite === (whites % 2 === 0) ? value : null;
    value = value * 2 + Number(isWhite);
    whites += Number(isWhite);
  }
  return null;
}

/** Bounds of the bright spot around a point; its last pixels included. */
function flood(
  x: number,
  y: number,
  w: number,
  h: number,
  isSeen: Uint8Array,
  isBright: (x: number, y: number) => boolean,
) {
  const open = [[x, y] as const];
  isSeen[y * w + x] = 1;
  const spot = { left: x, top: y, right: x, bottom: y };
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [atX, atY] = next;
    spot.left = Math.min(spot.left, atX);
    spot.right = Math.max(spot.right, atX);
    spot.top = Math.min(spot.top, atY);
    spot.bottom = Math.max(spot.bottom, atY);
    for (const [toX, toY] of [
      [atX - 1, atY],
      [atX + 1, atY],
      [atX, atY - 1],
      [atX, atY + 1],
    ] as const) {
      if (toX < 0 || toY < 0 || toX >= w || toY >= h || isSeen[toY * w + toX] || !isBright(toX, toY)) continue;
      isSeen[toY * w + toX] = 1;
      open.push([toX, toY]);
    }
  }
  return spot;
}

/** Cells of the strip have none. */
function hasDigit(pixels: Pixels, { left, top, right, bottom }: Edges): boolean {
  const [w, h] = [right - left, bottom - top];
  for (let y = Math.round(top + h * 0.3); y <= bottom - h * 0.3; y++) {
    for (let x = Math.round(left + w * 0.3); x <= right - w * 0.3; x++) if (luma(pixels, x, y) < DIGIT) return true;
  }
  return false;
}

/** Edges by how bright the pixels across them are. The digit in the middle is avoided. */
function refined(pixels: Pixels, { left, top, right, bottom }: Edges): Edges {
  const row = Math.round(top + (bottom - top) * 0.2);
  const column = Math.round(left + (right - left) * 0.2);
  const along = (at: number) => luma(pixels, at, row);
  const down = (at: number) => luma(pixels, column, at);
  return {
    left: edge(along, left, -1),
    right: edge(along, right, 1),
    top: edge(down, top, -1),
    bottom: edge(down, bottom, 1),
  };
}

/** @param last bright pixel @param outwards direction of the dark ones */
function edge(level: (at: number) => number, last: number, outwards: -1 | 1): number {
  const inside = last - 3 * outwards;
  const ground = level(last + 4 * outwards);
  let bright = 0;
  for (let step = 0; step <= 6; step++) {
    bright += Math.max(0, Math.min(1, (level(inside + step * outwards) - ground) / (WHITE_LEVEL - ground)));
  }
  return outwards > 0 ? inside + bright : inside + 1 - bright;
}

function luma({ data, width, height }: Pixels, x: number, y: number): number {
  if (x < 0 || y < 0 || x >= width || y >= height) return 0;
  const at = (y * width + x) * 4;
  return ((data[at] ?? 0) + (data[at + 1] ?? 0) + (data[at + 2] ?? 0)) / 3;
}

function isColoured({ data, width }: Pixels, x: number, y: number): boolean {
  const at = (y * width + x) * 4;
  const [r, g, b] = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
  return Math.max(r, g, b) - Math.min(r, g, b) > COLOURED;
}
