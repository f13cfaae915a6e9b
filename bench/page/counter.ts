/** The pattern of the calibration as a clip that lasts, and boxes whose place says which frame they belong to. Pure. */
import { STRIP } from '../../runtime/cli/calibrate/pattern.ts';
import { readStrip } from '../../web/calibrate/measure.ts';

export const COUNTER_FPS = 25;
/** One minute; the strip can count to 2047. */
export const COUNTER_FRAMES = 1500;
export const FRAME_SIZE = { width: 640, height: 360 } as const;

/** Where the number stands, as shares of the picture. */
export const STRIP_GRID = {
  grid: 20,
  y: STRIP.y,
  cells: STRIP.cells,
  cellAt: (cell: number) => (STRIP.x + cell + 0.5) / 20,
} as const;

const [FROM_X, SPAN] = [0.1, 0.7];
const ROWS = 10;

/** @param luma of a frame, `FRAME_SIZE` large */
export function readCounter(luma: Uint8Array | Float32Array): number | null {
  const { width, height } = FRAME_SIZE;
  const { grid, y, cells, cellAt } = STRIP_GRID;
  const row = Math.round(((y + 0.5) * height) / grid);
  const data = new Uint8ClampedArray(width * 4);
  for (let x = 0; x < width; x++) data.fill(luma[row * width + x] ?? 0, x * 4, x * 4 + 3);
  return readStrip({ width, height: 1, data }, cells, (cell) => [cellAt(cell) * width, 0]);
}

/** As shares of the picture. */
export function boxOfFrame(frame: number, track: number) {
  const [row, column] = [track % ROWS, Math.floor(track / ROWS)];
  const x = FROM_X + (SPAN * frame) / COUNTER_FRAMES;
  return { x: column === 0 ? x : (x + column * 0.15) % 0.95, y: 0.02 + (0.85 * row) / ROWS, w: 0.05, h: 0.06 };
}

/** The frame that the box of the first track belongs to; between two, a fraction. @param x left edge, as a share */
export function frameOfBox(x: number): number {
  return ((x - FROM_X) / SPAN) * COUNTER_FRAMES;
}
