/** What travels between real workers: frames in several forms at once, messages in order, drops that add up. */
import { describe, expect, test } from 'bun:test';
import { chain, graphText, sky, testNode } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { TestSession } from '../support/sessions.ts';

const FRAMES = testNode('frames');

describe('frames', () => {
  test(
    'two consumers of one decoder each get every frame in the form that they ask for',
    async () => {
      const graph = graphText({
        source: sky({ pace: 'asap' }),
        decode: '{ use: decode, from: source }',
        bytes: `{ use: ${FRAMES}, from: decode, with: { width: 96, height: 96, format: rgb24, fit: letterbox } }`,
        floats: `{ use: ${FRAMES}, from: decode, with: { width: 64, height: 36, format: rgbf32, counts: false } }`,
      });
      await using session = await TestSession.start(graph);
      await session.state('ended');
      const [bytes, floats] = [session.node('bytes'), session.node('floats')];
      expect(bytes).toMatchObject({ frames: 300, closed: 1 });
      expect(floats).toMatchObject({ frames: 300, closed: 1 });
      expect(bytes.saw).toStartWith(`96×96 rgb24 ${96 * 96 * 3} bytes, content 96×54,`);
      expect(floats.saw).toStartWith(`64×36 rgbf32 ${64 * 36 * 12} bytes, content 64×36,`);
      // The letterbox is black around a sky: the same picture is darker on average by its share of the slot.
      const mean = (saw: unknown) => Number(/mean ([\d.]+)/.exec(String(saw))?.[1]);
      expect(mean(floats.saw)).toBeGreaterThan(0.2);
      expect(mean(bytes.saw) / mean(floats.saw)).toBeCloseTo(54 / 96, 1);
    },
    TEST_LIMIT_MS,
  );

  test(
    'consumers that share a ring, in one worker and in several, all get every frame',
    async () => {
      const graph = graphText({
        source: sky({ pace: 'asap' }),
        decode: '{ use: decode, from: source }',
        one: `{ use: ${FRAMES}, from: decode, worker: shared }`,
        two: `{ use: ${FRAMES}, from: decode, worker: shared, with: { counts: false } }`,
        three: `{ use: ${FRAMES}, from: decode, with: { counts: false, block_ms: 1 } }`,
      });
      await using session = await TestSession.start(graph);
      await session.state('ended');
      for (const id of ['one', 'two', 'three']) {
        expect(session.node(id)).toMatchObject({ frames: 300, closed: 1 });
        expect(session.node(id)).not.toHaveProperty('out_of_order');
      }
    },
    TEST_LIMIT_MS,
  );

  test(
    'a consumer in the worker of its decoder',
    async () => {
      const graph = graphText({
        source: sky({ pace: 'asap', worker: 'all' }),
        decode: '{ use: decode, from: source, worker: all }',
        frames: `{ use: ${FRAMES}, from: decode, worker: all }`,
      });
      await using session = await TestSession.start(graph);
      const { frames } = await session.state('ended');
      expect(frames).toEqual({ decoded: 300, processed: 300, dropped: 0, in_flight: 0 });
      expect(session.node('frames')).toMatchObject({ frames: 300 });
    },
    TEST_LIMIT_MS,
  );

  test(
    'realtime: a slow consumer skips, and what it skips is what the session counts as dropped',
    async () => {
      const slow = `{ use: ${testNode('slow-detect')}, from: decode, with: { block_ms: 100 } }`;
      const text = graphText(
        chain('realtime', { detect: slow, decode: '{ use: decode, from: source, with: { fps: 20 } }' }),
      );
      await using session = await TestSession.start(text);
      await session.state('running');
      await session.until('some drops', ({ frames }) => {
        expect(frames.decoded).toBe(frames.processed + frames.dropped);
        return frames.processed > 15 && frames.dropped > 15;
      });
      const { frames } = await session.stop();
      const limited = Number(session.node('decode').rate_limited);
      const skipped = Number(session.node('detect').skipped);
      expect(limited).toBeGreaterThan(0);
      expect(skipped).toBeGreaterThan(0);
      expect(frames.dropped).toBe(limited + skipped);
      expect(frames.decoded).toBe(Number(session.node('decode').decoded));
      expect(frames.decoded).toBe(frames.processed + frames.dropped);
      expect(frames.in_flight).toBe(0);
    },
    TEST_LIMIT_MS,
  );
});

describe('messages', () => {
  const numbers = (pace: string, count: number) =>
    `{ use: ${testNode('numbers')}, worker: a, with: { pace: ${pace}, count: ${count} } }`;

  test(
    'asap: none is lost or out of order on the way through three workers and two branches',
    async () => {
      const graph = graphText({
        numbers: numbers('asap', 3000),
        relay: `{ use: ${testNode('relay')}, from: numbers, worker: b }`,
        far: `{ use: ${testNode('order')}, from: relay, worker: c }`,
        near: `{ use: ${testNode('order')}, from: numbers, worker: b, with: { block_ms: 1 } }`,
      });
      await using session = await TestSession.start(graph);
      const { frames } = await session.state('ended');
      expect(frames).toEqual({ decoded: 3000, processed: 3000, dropped: 0, in_flight: 0 });
      for (const id of ['far', 'near']) {
        expect(session.node(id)).toEqual({ processed: 3000, settled: 3000, ended_after: 3000 });
      }
      expect(session.node('numbers')).not.toHaveProperty('dropped_messages');
    },
    TEST_LIMIT_MS,
  );

  test(
    'realtime: a receiver that is behind loses messages, never their order, and every loss is counted',
    async () => {
      const graph = graphText({
        numbers: numbers('realtime', 3000),
        order: `{ use: ${testNode('order')}, from: numbers, worker: b, with: { block_ms: 5 } }`,
      });
      await using session = await TestSession.start(graph);
      const { frames } = await session.state('ended');
      const lost = Number(session.node('numbers').dropped_messages);
      expect(lost).toBeGreaterThan(0);
      expect(session.node('order')).not.toHaveProperty('backwards');
      expect(frames).toEqual({ decoded: 3000, processed: 3000 - lost, dropped: lost, in_flight: 0 });
    },
    TEST_LIMIT_MS,
  );
});
