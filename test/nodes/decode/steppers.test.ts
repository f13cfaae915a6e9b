import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { fitFrame } from '../../../nodes/decode/fit.ts';
import { FrameRateLimit } from '../../../nodes/decode/rate-limit.ts';
import { type Box, type Fit, toSourcePx } from '../../../runtime/data.ts';

/** Milliseconds of the frames that pass. */
function passing(fps: number | undefined, timesMs: readonly number[]): number[] {
  const limit = new FrameRateLimit(fps);
  return timesMs.filter((ms) => limit.passes(ms / 1000));
}

const every = (stepMs: number, count: number) => Array.from({ length: count }, (_, i) => i * stepMs);

describe('the rate limit', () => {
  test.each([
    { why: 'no limit', fps: undefined, timesMs: [0, 1, 2], passes: [0, 1, 2] },
    { why: 'half the rate', fps: 12.5, timesMs: every(40, 6), passes: [0, 80, 160] },
    {
      why: '25 → 10: an uneven ratio keeps the beat of 100 ms',
      fps: 10,
      timesMs: every(40, 13),
      passes: [0, 120, 200, 320, 400],
    },
    {
      why: 'the same rate lets all pass, though times are rounded',
      fps: 30,
      timesMs: [0, 33, 67, 100, 133, 167],
      passes: [0, 33, 67, 100, 133, 167],
    },
    { why: 'a higher limit than the rate', fps: 60, timesMs: every(40, 4), passes: every(40, 4) },
    {
      why: 'uneven rates: by time, not by counting',
      fps: 10,
      timesMs: [0, 10, 20, 30, 110, 120, 250, 260, 300],
      passes: [0, 110, 250, 300],
    },
    {
      why: 'after a gap there is a new beat and no burst',
      fps: 10,
      timesMs: [0, 5000, 5040, 5080, 5120],
      passes: [0, 5000, 5120],
    },
    {
      why: 'one frame in ten seconds',
      fps: 0.1,
      timesMs: [0, 5000, 9999, 10_000, 15_000],
      passes: [0, 10_000],
    },
    { why: 'a time far back is a new beginning', fps: 10, timesMs: [100_000, 0, 40, 120], passes: [100_000, 0, 120] },
  ])('$why', ({ fps, timesMs, passes }) => {
    expect(passing(fps, timesMs)).toEqual([...passes]);
  });

  test('never lets more pass than the rate allows, and as many where the source has them', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 60, noNaN: true }),
        fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 400 }),
        (fps, gapsMs) => {
          let now = 0;
          const times = [0, ...gapsMs.map((gap) => (now += gap))];
          const passed = passing(fps, times);
          const spanS = now / 1000;
          // The slack of half a millisecond may add up.
          expect(passed.length).toBeLessThanOrEqual(spanS * fps * (1 + 0.0005 * fps) + 2);
          const longestGapMs = Math.max(...gapsMs);
          passed.forEach((ms, i) => {
            if (i > 0) expect(ms - (passed[i - 1] ?? 0)).toBeLessThanOrEqual(1000 / fps + longestGapMs);
          });
        },
      ),
    );
  });
});

describe('the place of a frame in a slot', () => {
  const rows: {
    why: string;
    source: [number, number];
    slot: [number, number];
    fit: Fit;
    content: [number, number, number, number];
  }[] = [
    {
      why: 'landscape into a square: bars above and below',
      source: [1280, 720],
      slot: [416, 416],
      fit: 'letterbox',
      content: [0, 91, 416, 234],
    },
    {
      why: 'portrait into landscape: bars left and right',
      source: [720, 1280],
      slot: [640, 360],
      fit: 'letterbox',
      content: [219, 0, 202, 360],
    },
    {
      why: 'the same shape: all of it',
      source: [1920, 1080],
      slot: [640, 360],
      fit: 'letterbox',
      content: [0, 0, 640, 360],
    },
    {
      why: 'small pictures are made larger',
      source: [160, 120],
      slot: [640, 640],
      fit: 'letterbox',
      content: [0, 80, 640, 480],
    },
    {
      why: 'an odd bar: the larger half below',
      source: [640, 361],
      slot: [640, 640],
      fit: 'letterbox',
      content: [0, 139, 640, 361],
    },
    {
      why: 'an odd bar: the larger half at the right',
      source: [361, 640],
      slot: [640, 640],
      fit: 'letterbox',
      content: [139, 0, 361, 640],
    },
    {
      why: 'against the corner',
      source: [1280, 720],
      slot: [416, 416],
      fit: 'letterbox-topleft',
      content: [0, 0, 416, 234],
    },
    {
      why: 'against the corner, portrait',
      source: [720, 1280],
      slot: [416, 416],
      fit: 'letterbox-topleft',
      content: [0, 0, 234, 416],
    },
    { why: 'stretched', source: [1280, 720], slot: [416, 416], fit: 'stretch', content: [0, 0, 416, 416] },
    {
      why: 'a sliver keeps a pixel',
      source: [10_000, 1],
      slot: [416, 416],
      fit: 'letterbox',
      content: [0, 207, 416, 1],
    },
  ];
  test.each(rows)('$why', ({ source: [w, h], slot: [width, height], fit, content }) => {
    const mapping = fitFrame({ w, h }, { width, height, fit });
    const { contentPx: box } = mapping;
    expect([box.x, box.y, box.w, box.h]).toEqual(content);
    expect(mapping.viewportPx).toEqual({ x: 0, y: 0, w, h });
  });

  const side = fc.integer({ min: 1, max: 4096 });

  test('letterbox is the rule of the YOLO exporters, whatever the sizes', () => {
    fc.assert(
      fc.property(side, side, side, side, (w, h, width, height) => {
        const { contentPx } = fitFrame({ w, h }, { width, height, fit: 'letterbox' });
        expect(contentPx).toEqual(exporterLetterbox(w, h, width, height));
      }),
      { numRuns: 2000 },
    );
  });

  test('the content lies in the slot, and boxes come back to where they were', () => {
    const fit = fc.constantFrom<Fit>('letterbox', 'letterbox-topleft', 'stretch');
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(side, side, side, side, fit, share, share, (w, h, width, height, fit, fx, fy) => {
        const mapping = fitFrame({ w, h }, { width, height, fit });
        const { contentPx: c } = mapping;
        expect(c.x >= 0 && c.y >= 0 && c.w >= 1 && c.h >= 1).toBe(true);
        expect(c.x + c.w <= width && c.y + c.h <= height).toBe(true);
        const wanted: Box = { x: fx * w, y: fy * h, w: (1 - fx) * w, h: (1 - fy) * h };
        const [sx, sy] = [c.w / w, c.h / h];
        const inSlot = { x: c.x + wanted.x * sx, y: c.y + wanted.y * sy, w: wanted.w * sx, h: wanted.h * sy };
        const back = toSourcePx(mapping, inSlot);
        for (const key of ['x', 'y', 'w', 'h'] as const) expect(Math.abs(back[key] - wanted[key])).toBeLessThan(1e-6);
      }),
    );
  });
});

/** Letterbox of the usual YOLO tools (auto=False, scaleup=True), with their rounding: half to even, ±0.1 for the bars. */
function exporterLetterbox(w: number, h: number, width: number, height: number): Box {
  const r = Math.min(height / h, width / w);
  const [newW, newH] = [Math.max(1, roundHalfEven(w * r)), Math.max(1, roundHalfEven(h * r))];
  const bar = (spare: number) => roundHalfEven(spare / 2 - 0.1) + 0;
  return { x: bar(width - newW), y: bar(height - newH), w: newW, h: newH };
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
