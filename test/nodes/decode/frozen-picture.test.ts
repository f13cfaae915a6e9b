import { expect, test } from 'bun:test';
import { randomNumbers } from '../../../bench/random-numbers.ts';
import { FrozenPicture } from '../../../nodes/decode/frozen-picture.ts';

const [WIDTH, HEIGHT] = [160, 90];
const AFTER_S = 20;
const random = randomNumbers(1);

type Draw = (grey: Uint8Array, atS: number) => void;

const changed =
  (share: number, most: number): Draw =>
  (grey) => {
    for (let i = 0; i < grey.length; i++) {
      if (random() < share) grey[i] = (grey[i] ?? 0) + 1 + Math.floor(random() * most);
    }
  };
/** A dot of four pixels that goes its way. */
const moving: Draw = (grey, atS) => {
  const at = Math.floor(HEIGHT / 2) * WIDTH + ((2 * atS) % (WIDTH - 4));
  grey.fill(20, at, at + 4);
};
const nothing: Draw = () => undefined;

/** When the picture is first taken for frozen; undefined: never. A picture a second. */
function frozenAtS(draw: Draw, { keyEveryS = 2, seconds = 120, gapAtS = Number.NaN } = {}): number | undefined {
  const picture = new FrozenPicture(AFTER_S);
  for (let s = 0; s < seconds; s++) {
    const grey = new Uint8Array(WIDTH * HEIGHT).fill(100);
    draw(grey, s);
    if (picture.see(grey, s >= gapAtS ? s + 60 : s, 1 + Math.floor(s / keyEveryS))) return s;
  }
  return undefined;
}

test.each([
  { what: 'the same picture', draw: nothing, frozenS: AFTER_S },
  { what: 'the same picture, encoded anew for every key frame', draw: changed(0.02, 2), frozenS: AFTER_S },
  { what: 'noise after strong compression', draw: changed(0.13, 2), frozenS: undefined },
  { what: 'noise of a camera at night', draw: changed(0.6, 12), frozenS: undefined },
  { what: 'something small that moves', draw: moving, frozenS: undefined },
])('$what: frozen after $frozenS', ({ draw, frozenS }) => {
  expect(frozenAtS(draw)).toBe(frozenS);
});

test('an encoder that repeats a picture between key frames far apart is waited for', () => {
  expect(frozenAtS(nothing, { keyEveryS: 50 })).toBe(100);
});

test('after a gap the time begins anew', () => {
  expect(frozenAtS(nothing, { gapAtS: 15 })).toBe(15 + AFTER_S);
});

test('a picture that changes is not frozen any more', () => {
  const picture = new FrozenPicture(AFTER_S);
  const [still, other] = [100, 130].map((level) => new Uint8Array(WIDTH * HEIGHT).fill(level));
  let isFrozen = false;
  for (let s = 0; s <= AFTER_S; s++) isFrozen = picture.see(still ?? new Uint8Array(), s, s);
  expect(isFrozen).toBe(true);
  expect(picture.see(other ?? new Uint8Array(), AFTER_S + 1, AFTER_S + 1)).toBe(false);
});
