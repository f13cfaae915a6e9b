import { describe, expect, test } from 'bun:test';
import { type FrameRequest, type FrameView, toSourcePx } from '../../../runtime/data.ts';
import { defineNode, Type } from '../../../runtime/node.ts';
import { type NodeRun, openNode, runGraph } from '../../node-runner.ts';
import { frameSourceOf } from '../recorded.ts';

const SOURCE = 'source: { use: source, with: { url: fixtures/sky.mp4, pace: asap } }\n';
const framesOf = (run: NodeRun) => run.output<FrameView>('decode.frames');

describe('asap', () => {
  test('every frame comes out, in order, at its own time', async () => {
    const run = await runGraph(`${SOURCE}decode: { use: decode, from: source }`);
    const frames = framesOf(run);
    expect(frames.map(({ meta }) => meta.index)).toEqual(Array.from({ length: 300 }, (_, i) => i));
    frames.forEach(({ meta }, i) => {
      expect(meta.mediaTimeS).toBeCloseTo(i / 25, 6);
      expect(meta.captureMonoMs).toBeCloseTo(i * 40, 3);
      expect(meta.size).toEqual({ w: 640, h: 360 });
    });
    expect(run.stats('decode')).toEqual({ decoded: 300 });
  });

  test('two runs give the same bytes, with more decoder threads too', async () => {
    const [one, two] = await Promise.all(
      [1, 3].map((threads) =>
        runGraph(`${SOURCE}decode: { use: decode, from: source, with: { threads: ${threads} } }`),
      ),
    );
    if (!one || !two) throw new Error('no run');
    expect(framesOf(two)).toHaveLength(300);
    const same = framesOf(one).map(({ data }, i) =>
      Buffer.compare(Buffer.from(data), Buffer.from(framesOf(two)[i]?.data ?? [])),
    );
    expect(same.every((order) => order === 0)).toBe(true);
  });

  test('fps leaves frames out by time and counts them; indexes are those of the source', async () => {
    const run = await runGraph(`${SOURCE}decode: { use: decode, from: source, with: { fps: 10 } }`);
    const indexes = framesOf(run).map(({ meta }) => meta.index);
    expect(indexes.slice(0, 6)).toEqual([0, 3, 5, 8, 10, 13]);
    expect(indexes).toHaveLength(120);
    expect(run.stats('decode')).toEqual({ decoded: 300, rate_limited: 180 });
  });

  test('boxes in a slot come back to source pixels by the mapping of the slot', async () => {
    const frames: FrameRequest = { width: 416, height: 416, format: 'rgb24', fit: 'letterbox', pad: 114 };
    const run = await runGraph(`${SOURCE}decode: { use: decode, from: source, with: { fps: 1 } }`, { frames });
    const frame = framesOf(run)[0];
    expect(frame?.mapping.contentPx).toEqual({ x: 0, y: 91, w: 416, h: 234 });
    if (!frame) throw new Error('no frame');
    const back = toSourcePx(frame.mapping, { x: 0, y: 91, w: 416, h: 234 });
    expect(back).toEqual({ x: 0, y: 0, w: 640, h: 360 });
    expect([...frame.data.subarray(0, 90 * 416 * 3)].every((byte) => byte === 114)).toBe(true);
  });
});

test('realtime: what a late reader misses is counted, and it finds the newest frame', async () => {
  const seen: number[] = [];
  let go: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const late = defineNode({
    name: 'late',
    doc: 'Is busy with its first frame until it is told to go on.',
    params: Type.Object({}),
    inputs: { frames: { kind: 'frame', request: () => ({ width: 8, height: 8, format: 'gray8', fit: 'stretch' }) } },
    outputs: {},
    open: () => ({
      on: {
        frames: async ({ meta, data }) => {
          seen.push(meta.index);
          await gate;
          // Pinned all the while: still the frame that it was.
          expect(data[0]).toBe(meta.index);
        },
      },
    }),
  });
  const frames = [0, (run: NodeRun) => run.until(() => seen.length === 1), 1, 2, 3, 4, 5, 6, 7, () => go()];
  const feed = frames.map((each) => (typeof each === 'number' ? frameSourceOf(each) : each));
  const run = await openNode(late, { pace: 'realtime', inputs: { frames: feed } });
  run.start();
  await run.finished;
  expect(run.failures).toEqual([]);
  expect(seen).toEqual([0, 7]);
  expect(run.stats('node').skipped).toBe(6);
  expect(run.slotsHeld).toBe(0);
});
