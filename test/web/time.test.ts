/** Which moment a frame shows, and what held at that moment. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { Backoff } from '../../web/client/backoff.ts';
import { type ClockContext, frameTime, ServerClock } from '../../web/client/frame-clock.ts';
import { TickHistory } from '../../web/client/history.ts';
import type { MetadataTick } from '../../web/client/wire.ts';

const NOW = 1_800_000_000_000;
const CONTEXT: ClockContext = {
  serverUnixMs: NOW,
  aheadMs: 40,
  mediaZeroUnixMs: NOW - 5000,
  tickErrorMs: 4,
  offsetMs: 100,
};
const ALL = {
  rtpTimestamp: 4900 * 90,
  captureUnixMs: NOW - 80 + 40,
  playoutUnixMs: NOW - 70,
  mediaTimeS: 4.88,
  isOfFrame: true,
};

describe('the clock of a frame', () => {
  test.each([
    ['best of all', ALL, CONTEXT, 'rtp', NOW - 100, 1],
    ['no RTP time', { ...ALL, rtpTimestamp: undefined }, CONTEXT, 'capture', NOW - 80, 14],
    ['an RTP time of another zero', { ...ALL, rtpTimestamp: 90 * 3_600_000 }, CONTEXT, 'capture', NOW - 80, 14],
    ['nothing is known of media time', ALL, { ...CONTEXT, mediaZeroUnixMs: null }, 'capture', NOW - 80, 14],
    [
      'the sender states when it took what was played 80 ms later',
      { ...ALL, rtpTimestamp: 0xffff_ffff, playedRtpTimestamp: 80 * 90 - 1, playedCaptureUnixMs: NOW - 60 },
      { ...CONTEXT, mediaZeroUnixMs: null },
      'capture',
      NOW - 140,
      14,
    ],
    [
      'a capture time of a wrong clock',
      { ...ALL, rtpTimestamp: undefined, captureUnixMs: 5 },
      CONTEXT,
      'playout',
      NOW - 70,
      54,
    ],
    ['a file', { mediaTimeS: 4.88, isOfFrame: true }, CONTEXT, 'media', NOW - 120, 1],
    ['a file in an old browser', { mediaTimeS: 4.88, isOfFrame: false }, CONTEXT, 'media', NOW - 120, 25],
    ['nothing', { isOfFrame: false }, CONTEXT, 'manual', NOW - 100, null],
  ] as const)('%s', (_what, reading, context, clock, captureUnixMs, errorMs) => {
    expect(frameTime(reading, context)).toEqual({ clock, captureUnixMs, errorMs });
  });

  test.each(['rtp', 'capture', 'playout', 'media', 'manual'] as const)('%s, when only that counts', (clock) => {
    expect(frameTime(ALL, CONTEXT, clock)?.clock).toBe(clock);
    expect(frameTime({ isOfFrame: false }, { ...CONTEXT, serverUnixMs: null }, clock)).toBeNull();
  });

  test('before the first message nothing is known', () => {
    expect(frameTime(ALL, { ...CONTEXT, serverUnixMs: null, mediaZeroUnixMs: null })).toBeNull();
  });

  test('RTP time that has begun anew any number of times is the same time', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 400 * 86_400_000, noNaN: true }), (ageMs) => {
        const rtpTimestamp = Math.round((ageMs + 900) * 90) % 2 ** 32;
        const time = frameTime({ rtpTimestamp, isOfFrame: true }, { ...CONTEXT, mediaZeroUnixMs: NOW - 1000 - ageMs });
        expect(time?.clock).toBe('rtp');
        expect(Math.abs((time?.captureUnixMs ?? 0) - (NOW - 100))).toBeLessThan(0.1);
      }),
    );
  });

  test("the server's clock is known to the quickest message, whatever the others are late by", () => {
    const delays = fc.array(fc.integer({ min: 3, max: 900 }), { minLength: 2, maxLength: 200 });
    fc.assert(
      fc.property(delays, fc.integer({ min: -1e9, max: 1e9 }), (delays, apartMs) => {
        const clock = new ServerClock();
        delays.forEach((delayMs, i) => {
          clock.observe(NOW + i * 100, NOW + i * 100 + apartMs + delayMs);
        });
        const least = Math.min(...delays);
        expect(clock.aheadMs).toBeGreaterThanOrEqual(apartMs + least - 0.001);
        expect(clock.aheadMs).toBeLessThan(apartMs + least + 3);
      }),
    );
  });
});

describe('what held at a time', () => {
  test('on a tick it is the tick, between two it is between them', () => {
    const history = historyOf([
      [0, 0.1, 0],
      [100, 0.2, 10],
    ]);
    expect(history.at(NOW).boxes[0]?.bboxNorm.x).toBe(0.1);
    expect(history.at(NOW + 25).boxes[0]?.bboxNorm.x).toBeCloseTo(0.125);
    expect(history.at(NOW + 25)).toMatchObject({ frameIndex: 3, boxes: [{ state: 'other', ageMs: 0 }] });
    expect(history.at(NOW + 100).boxes[0]?.bboxNorm.x).toBe(0.2);
    expect(history.at(NOW - 1)).toEqual({ tick: null, frameIndex: null, boxes: [] });
  });

  test('after the last tick a box moves on for 300 ms, stays as predicted, and goes after 1 s', () => {
    const history = historyOf([[0, 0.1, 0]]);
    const at = (ms: number) => history.at(NOW + ms).boxes[0];
    expect(at(200)?.bboxNorm.x).toBeCloseTo(0.1 + 0.5 * 0.2);
    expect(at(300)).toMatchObject({ state: 'other' });
    expect(at(600)).toMatchObject({ state: 'predicted', ageMs: 600 });
    expect(at(600)?.bboxNorm.x).toBeCloseTo(0.1 + 0.5 * 0.3);
    expect(at(1001)).toBeUndefined();
  });

  test('ticks in any order, also told twice, give the same', () => {
    const ticks = Array.from({ length: 12 }, (_, i) => tickAt(i * 100, i / 20, i));
    fc.assert(
      fc.property(fc.shuffledSubarray(ticks, { minLength: 12 }), (shuffled) => {
        const history = new TickHistory();
        for (const tick of [...shuffled, ...shuffled.slice(0, 3)]) history.add(tick);
        expect(history.at(NOW + 450).boxes[0]?.bboxNorm.x).toBeCloseTo(4.5 / 20);
        expect(history.tail(1, NOW + 100, NOW + 300)).toHaveLength(2);
      }),
    );
  });

  test('a target that is looked for is shown where it was seen last', () => {
    const history = historyOf([[0, 0.1, 0]]);
    history.add({ ...tickAt(400, 0, 4), tracks: [], selected_target_id: 1, tracking_phase: 'searching' });
    expect(history.at(NOW + 400).boxes).toMatchObject([{ id: 1, state: 'lost', isTarget: true, ageMs: 400 }]);
  });

  test('another session begins anew', () => {
    const history = historyOf([[0, 0.1, 0]]);
    history.add({ ...tickAt(100, 0.2, 1), session_id: 'next', tracks: [] });
    expect(history.at(NOW + 50)).toMatchObject({ tick: null });
  });
});

test('pauses between tries grow to 8 s and are never the same for all', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (random) => {
      const backoff = new Backoff(() => random);
      const pauses = Array.from({ length: 9 }, () => backoff.nextMs());
      pauses.forEach((pause, i) => {
        const most = Math.min(8000, 250 * 2 ** i);
        expect(pause).toBeGreaterThanOrEqual(most / 2);
        expect(pause).toBeLessThanOrEqual(most);
      });
      backoff.reset();
      expect(backoff.nextMs()).toBeLessThanOrEqual(250);
    }),
  );
});

function historyOf(ticks: readonly (readonly [ms: number, x: number, frame: number])[]): TickHistory {
  const history = new TickHistory();
  for (const [ms, x, frame] of ticks) history.add(tickAt(ms, x, frame));
  return history;
}

function tickAt(ms: number, x: number, frame: number): MetadataTick {
  return {
    schema: 'drone-ptz-metadata/1',
    type: 'metadata_tick',
    session_id: 's',
    camera_id: 'c',
    ts_unix_ms: NOW + ms,
    frame_index: frame,
    space: 'source',
    frame_size: { w: 640, h: 360 },
    selected_target_id: null,
    tracking_phase: 'idle',
    tracks: [{ id: 1, label: 'drone', conf: 0.9, bbox: { x, y: 0.5, w: 0.1, h: 0.1 }, velocity: { x: 0.5, y: 0 } }],
  };
}
