/**
 * The test pattern: white markers at known places on a dark ground, one of them moving from frame to frame, and a strip of
 * cells that states the number of the frame. All places are multiples of a twentieth, so that in every clip they lie on
 * whole pixels. Pure.
 */
export const PATTERN_FPS = 25;
/** Then it begins again. */
export const PATTERN_FRAMES = 50;

const GRID = 20;
const MARKER = 2;
/** Left and top of those that stand still, in twentieths; their number is their place here, from 1. */
const STILL: readonly (readonly [x: number, y: number])[] = [
  [1, 1],
  [17, 1],
  [1, 15],
  [17, 15],
  [9, 9],
];
const MOVING = { y: 1, fromX: 6, steps: 6 } as const;
/** Most significant bit first; the last cell is white when the number of white ones before is even. */
export const STRIP = { x: 4, y: 18, cells: 12, bits: 11 } as const;

const DARK = 40;
const WHITE = 235;
const BLACK = 16;

export interface Marker {
  readonly id: number;
  readonly bbox: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

/** The boxes that belong to a frame, as shares of the picture. */
export function markersOf(frame: number): Marker[] {
  const moved: readonly [number, number] = [MOVING.fromX + movingStep(frame), MOVING.y];
  return [...STILL, moved].map(([x, y], index) => ({
    id: index + 1,
    bbox: { x: x / GRID, y: y / GRID, w: MARKER / GRID, h: MARKER / GRID },
  }));
}

/** The frame as yuv420p bytes. @param size multiples of 40 */
export function drawPattern({ w, h }: { readonly w: number; readonly h: number }, frame: number): Uint8Array {
  const bytes = new Uint8Array((w * h * 3) / 2).fill(128);
  const luma = bytes.subarray(0, w * h).fill(DARK);
  const fill = (x: number, y: number, across: number, down: number, value: number) => {
    for (let row = y; row < y + down; row++) luma.fill(value, row * w + x, row * w + x + across);
  };
  const [cellW, cellH] = [w / GRID, h / GRID];
  for (const { id, bbox } of markersOf(frame)) {
    const [x, y] = [Math.round(bbox.x * w), Math.round(bbox.y * h)];
    fill(x, y, MARKER * cellW, MARKER * cellH, WHITE);
    drawDigit(id, x + cellW, y + cellH, Math.max(1, Math.floor(Math.min(cellW, cellH) / 6)), fill);
  }
  stripBits(frame).forEach((isWhite, cell) => {
    fill((STRIP.x + cell) * cellW, STRIP.y * cellH, cellW, cellH, isWhite ? WHITE : BLACK);
  });
  return bytes;
}

function movingStep(frame: number): number {
  const at = frame % (2 * MOVING.steps);
  return at <= MOVING.steps ? at : 2 * MOVING.steps - at;
}

function stripBits(frame: number): boolean[] {
  const bits = Array.from({ length: STRIP.bits }, (_, bit) => ((frame >> (STRIP.bits - 1 - bit)) & 1) === 1);
  return [...bits, bits.filter(Boolean).length % 2 === 0];
}

/** 3 × 5 cells a digit, row by row. */
const DIGITS = [
  '',
  '010110010010111',
  '111001111100111',
  '111001111001111',
  '101101111001001',
  '111100111001111',
  '111100111101111',
];

function drawDigit(
  digit: number,
  middleX: number,
  middleY: number,
  scale: number,
  fill: (x: number, y: number, across: number, down: number, value: number) => void,
): void {
  const [left, top] = [Math.round(middleX - 1.5 * scale), Math.round(middleY - 2.5 * scale)];
  [...(DIGITS[digit] ?? '')].forEach((cell, at) => {
    if (cell === '1') fill(left + (at % 3) * scale, top + Math.floor(at / 3) * scale, scale, scale, BLACK);
  });
}
