/** Where the picture lies in its element, and where labels go: what must hold for any size. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type ObjectFit, overlaps, parsePosition, pictureRect, placed } from '../../web/client/geometry.ts';
import { LabelPlacer } from '../../web/client/labels.ts';
import type { Rect } from '../../web/client/shapes.ts';

const length = fc.double({ min: 1, max: 4000, noNaN: true });
// Without the zero of the other sign.
const left = fc.double({ min: -50, max: 50, noNaN: true }).map((x) => x + 0);
const box = fc.record({ x: left, y: fc.constant(3), w: length, h: length });
const picture = fc.record({ w: fc.integer({ min: 1, max: 8000 }), h: fc.integer({ min: 1, max: 8000 }) });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const MIDDLE = { share: 0.5, px: 0 };

describe('the picture in its box', () => {
  const close = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));

  test('fill is the box; contain touches two sides from inside, cover from outside; both keep the aspect', () => {
    fc.assert(
      fc.property(box, picture, share, (box, picture, share) => {
        const at = (fit: ObjectFit) => pictureRect(box, picture, fit, [{ share, px: 0 }, MIDDLE]);
        expect(at('fill')).toEqual(box);
        for (const fit of ['contain', 'cover', 'none'] as const) {
          const { w, h } = at(fit);
          expect(close(w * picture.h, h * picture.w)).toBe(true);
        }
        const [contain, cover] = [at('contain'), at('cover')];
        expect(close(contain.w, box.w) || close(contain.h, box.h)).toBe(true);
        expect(close(cover.w, box.w) || close(cover.h, box.h)).toBe(true);
        expect(contain.w <= box.w + 1e-6 && contain.h <= box.h + 1e-6).toBe(true);
        expect(cover.w >= box.w - 1e-6 && cover.h >= box.h - 1e-6).toBe(true);
        const down = at('scale-down');
        expect(down.w).toBe(Math.min(contain.w, at('none').w));
      }),
    );
  });

  test('a position is a share of the room left over, so that the same share of the picture is there', () => {
    fc.assert(
      fc.property(box, picture, share, share, (box, picture, across, down) => {
        for (const fit of ['contain', 'cover', 'none'] as const) {
          const rect = pictureRect(box, picture, fit, [
            { share: across, px: 0 },
            { share: down, px: 0 },
          ]);
          expect(close(rect.x + across * rect.w, box.x + across * box.w)).toBe(true);
          expect(close(rect.y + down * rect.h, box.y + down * box.h)).toBe(true);
        }
      }),
    );
  });

  test.each([
    ['50% 50%', MIDDLE, MIDDLE],
    ['0px 100%', { share: 0, px: 0 }, { share: 1, px: 0 }],
    ['-12.5px 25%', { share: 0, px: -12.5 }, { share: 0.25, px: 0 }],
    ['calc(100% - 7px) calc(50% + 3px)', { share: 1, px: -7 }, { share: 0.5, px: 3 }],
    ['calc(-3px + 40%) 1e2px', { share: 0.4, px: -3 }, { share: 0, px: 100 }],
    ['', MIDDLE, MIDDLE],
  ])('object-position %s', (text, across, down) => {
    expect(parsePosition(text)).toEqual([across, down]);
  });

  test('a part of the picture is where its share of it is', () => {
    expect(placed({ x: 10, y: 20, w: 200, h: 100 }, { x: 0.25, y: 0.5, w: 0.1, h: 0.2 })).toEqual({
      x: 60,
      y: 70,
      w: 20,
      h: 20,
    });
  });
});

describe('labels', () => {
  const within: Rect = { x: 0, y: 0, w: 800, h: 500 };
  const boxes = fc.array(
    fc.record({
      x: fc.integer({ min: -20, max: 790 }),
      y: fc.integer({ min: -20, max: 490 }),
      w: fc.integer({ min: 1, max: 120 }),
      h: fc.integer({ min: 1, max: 120 }),
    }),
    { maxLength: 60 },
  );

  test('cover neither boxes nor each other, are wholly seen, and a leader begins at their box', () => {
    fc.assert(
      fc.property(boxes, (rects) => {
        const labels = rects.map((box, id) => ({ id, box, size: { w: 90, h: 16 }, isFirst: id === 3 }));
        const placed = new LabelPlacer().place(labels, within);
        for (const [at, label] of placed.entries()) {
          expect(label.x >= 0 && label.y >= 0 && label.x + label.w <= 800 && label.y + label.h <= 500).toBe(true);
          expect(rects.some((rect) => overlaps(label, rect))).toBe(false);
          expect(placed.slice(at + 1).some((other) => overlaps(label, other))).toBe(false);
          const { x, y } = label.leader?.[0] ?? { x: 0, y: 0 };
          const own = rects[label.id] as Rect;
          if (label.leader) expect(x >= own.x && x <= own.x + own.w && y >= own.y && y <= own.y + own.h).toBe(true);
        }
      }),
    );
  });

  test('one box far from all has its label; it keeps its side while the box moves', () => {
    const placer = new LabelPlacer();
    const label = (x: number) => ({ id: 1, box: { x, y: 8, w: 30, h: 30 }, size: { w: 90, h: 16 }, isFirst: false });
    const [below] = placer.place([label(300)], within);
    expect(below?.y).toBeGreaterThan(38);
    const moved = { ...label(320), box: { x: 320, y: 200, w: 30, h: 30 } };
    expect(placer.place([moved], within)[0]?.y).toBeGreaterThan(230);
  });
});
