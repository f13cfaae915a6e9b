/** What the calibration makes of pixels. */
import { expect, test } from 'bun:test';
import { findBox, type Pixels } from '../../web/calibrate/measure.ts';

const [WIDTH, HEIGHT, LINE] = [80, 60, 2];
const MARKER = { left: 20, top: 15, right: 60, bottom: 30 };

test.each([
  ['of every pixel', 0, 0.01],
  ['of two pixels at once, as a captured tab has them', 1, 1],
])('the lines of a box are found in colours %s', (_what, bleed, within) => {
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 4).fill(30);
  const { left, top, right, bottom } = MARKER;
  const paint = (fromX: number, fromY: number, toX: number, toY: number) => {
    for (let y = fromY - bleed; y < toY + bleed; y++) {
      for (let x = fromX - bleed; x < toX + bleed; x++) data.set([62, 198, 255], (y * WIDTH + x) * 4);
    }
  };
  paint(left - LINE, top - LINE, right + LINE, top);
  paint(left - LINE, bottom, right + LINE, bottom + LINE);
  paint(left - LINE, top, left, bottom);
  paint(right, top, right + LINE, bottom);
  const pixels: Pixels = { width: WIDTH, height: HEIGHT, data };
  const found = findBox(pixels, MARKER, 6);
  const expected = { left: left - 1, top: top - 1, right: right + 1, bottom: bottom + 1 };
  for (const side of ['left', 'top', 'right', 'bottom'] as const) {
    expect(Math.abs((found?.[side] ?? Number.NaN) - expected[side])).toBeLessThanOrEqual(within);
  }
});
