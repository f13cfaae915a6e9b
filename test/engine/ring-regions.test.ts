/** The parts of the picture that the reader of a ring asks for. */
import { describe, expect, test } from 'bun:test';
import type { FrameRequest, Pace } from '../../runtime/data.ts';
import { RingReader, RingWriter } from '../../runtime/engine/ring.ts';
import { createRing } from '../../runtime/engine/ring-layout.ts';

const box = { x: 0, y: 0, w: 1, h: 1 };
const mapping = { viewportPx: box, contentPx: box };

function metaOf(index: number) {
  return { index, mediaTimeS: 0, captureUnixMs: 0, captureMonoMs: 0, decodedMonoMs: 0, size: { w: 1, h: 1 } };
}

function publish(writer: RingWriter, index: number): void {
  const slot = writer.acquire();
  if (slot === undefined) throw new Error(`no slot for frame ${index}`);
  writer.publish(slot, metaOf(index), mapping);
}

describe('a ring whose reader says which parts it wants', () => {
  const looking: FrameRequest = { width: 64, height: 16, format: 'gray8', fit: 'stretch', regions: 2 };
  const ringWith = (pace: Pace) => createRing({ id: 'test', pace, readers: 1, slots: 3, request: looking });
  const part = { x: 0.25, y: 0.5, w: 0.125, h: 0.25 };
  const isNear = (box: typeof part | undefined, other: typeof part) =>
    box !== undefined && (['x', 'y', 'w', 'h'] as const).every((side) => Math.abs(box[side] - other[side]) < 1e-5);

  test('whole pictures until it has said something, then those parts', () => {
    for (const pace of ['realtime', 'asap'] as const) {
      const ring = ringWith(pace);
      const [writer, reader] = [new RingWriter(ring), new RingReader(ring, 0)];
      expect(writer.wantedRegions).toEqual([undefined]);
      publish(writer, 0);
      const slot = reader.take() ?? -1;
      reader.lookNext([{ x: 0, y: 0, w: 1, h: 1 }, part]);
      const [first, second] = writer.wantedRegions;
      expect(first).toEqual({ x: 0, y: 0, w: 1, h: 1 });
      expect(isNear(second, part)).toBe(true);
      reader.release(slot);
      // It was said of the next frame, and releasing this one does not take it back.
      expect(writer.wantedRegions.length).toBe(2);
    }
  });

  test('asap: the writer waits until it was said what is wanted of the next frame; whoever says nothing gets it whole', () => {
    const ring = ringWith('asap');
    const [writer, reader] = [new RingWriter(ring), new RingReader(ring, 0)];
    publish(writer, 0);
    expect(writer.acquire()).toBeUndefined();
    const slot = reader.take() ?? -1;
    reader.lookNext([part]);
    publish(writer, 1);
    expect(writer.acquire()).toBeUndefined();
    reader.release(slot);
    reader.release(reader.take() ?? -1);
    expect(writer.wantedRegions).toEqual([undefined]);
    publish(writer, 2);
  });

  test('asap: a reader that dies before it has said so holds nobody up', () => {
    const ring = ringWith('asap');
    const writer = new RingWriter(ring);
    const dead = new RingReader(ring, 0);
    publish(writer, 0);
    dead.take();
    expect(writer.acquire()).toBeUndefined();
    const reader = new RingReader(ring, 0);
    publish(writer, 1);
    expect(reader.metaOf(reader.take() ?? -1).index).toBe(1);
  });

  test('each picture of a slot has its own place and mapping', () => {
    const ring = ringWith('realtime');
    const [writer, reader] = [new RingWriter(ring), new RingReader(ring, 0)];
    const slot = writer.acquire() ?? -1;
    expect(writer.byteOffset(slot, 1) - writer.byteOffset(slot, 0)).toBeGreaterThanOrEqual(64 * 16);
    const other = { viewportPx: { x: 5, y: 6, w: 7, h: 8 }, contentPx: box };
    writer.publish(slot, metaOf(0), mapping, other);
    const taken = reader.take() ?? -1;
    expect(reader.mappingsOf(taken)).toEqual([mapping, other]);
    reader.release(taken);
    publish(writer, 1);
    expect(reader.mappingsOf(reader.take() ?? -1)).toEqual([mapping]);
  });
});
