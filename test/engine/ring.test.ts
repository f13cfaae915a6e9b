import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { FrameRequest, Pace } from '../../runtime/data.ts';
import { RingReader, RingWriter } from '../../runtime/engine/ring.ts';
import { createRing } from '../../runtime/engine/ring-layout.ts';
import type { StressJob, StressResult } from './ring-stress-worker.ts';

const request: FrameRequest = { width: 64, height: 16, format: 'gray8', fit: 'stretch' };

function ringOf(pace: Pace, readers: number, slots: number) {
  return createRing({ id: 'test', pace, readers, slots, request });
}

function metaOf(index: number) {
  return { index, mediaTimeS: 0, captureUnixMs: 0, captureMonoMs: 0, decodedMonoMs: 0, size: { w: 1, h: 1 } };
}

const box = { x: 0, y: 0, w: 1, h: 1 };
const mapping = { viewportPx: box, contentPx: box };

describe('a frame ring with real workers', () => {
  for (const pace of ['realtime', 'asap'] as const) {
    test(`${pace}: one writer, three readers, random stalls, 100,000 frames: every frame whole and in order`, async () => {
      const frames = 100_000;
      const ring = ringOf(pace, 3, 6);
      const jobs: StressJob[] = [0, 1, 2].map((reader) => ({ ring, role: 'reader', reader, frames, seed: reader + 1 }));
      jobs.push({ ring, role: 'writer', reader: 0, frames, seed: 99 });
      const results = await Promise.all(jobs.map(runStress));
      for (const result of results) {
        expect(result.problems).toEqual([]);
        expect(result.last).toBe(frames);
        if (result.role === 'reader') expect(result.frames + result.skipped).toBe(frames);
        if (pace === 'asap') expect(result.frames).toBe(frames);
      }
    }, 120_000);
  }
});

function runStress(job: StressJob): Promise<StressResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./ring-stress-worker.ts', import.meta.url).href);
    worker.onmessage = (event: MessageEvent<StressResult>) => {
      worker.terminate();
      resolve(event.data);
    };
    worker.onerror = reject;
    worker.postMessage(job);
  });
}

describe('a realtime ring', () => {
  test('gives a late reader the newest frame and counts what it skipped', () => {
    const ring = ringOf('realtime', 1, 3);
    const [writer, reader] = [new RingWriter(ring), new RingReader(ring, 0)];
    for (let n = 0; n < 5; n++) publish(writer, n);
    const slot = reader.take();
    expect(slot).toBeDefined();
    expect(reader.metaOf(slot ?? 0).index).toBe(4);
    expect(reader.skipped).toBe(4);
  });

  test('never makes the writer wait, whatever is pinned', () => {
    const ring = ringOf('realtime', 2, 4);
    const writer = new RingWriter(ring);
    const readers = [new RingReader(ring, 0), new RingReader(ring, 1)];
    publish(writer, 0);
    readers[0]?.take();
    publish(writer, 1);
    readers[1]?.take();
    for (let n = 2; n < 50; n++) publish(writer, n);
  });
});

describe('an asap ring', () => {
  test('is full when the slowest reader is as many frames behind as it has slots', () => {
    const ring = ringOf('asap', 2, 4);
    const writer = new RingWriter(ring);
    const [fast, slow] = [new RingReader(ring, 0), new RingReader(ring, 1)];
    for (let n = 0; n < 4; n++) publish(writer, n);
    expect(writer.acquire()).toBeUndefined();
    for (let n = 0; n < 4; n++) fast.release(fast.take() ?? -1);
    expect(writer.acquire()).toBeUndefined();
    slow.release(slow.take() ?? -1);
    expect(writer.acquire()).toBeDefined();
  });
});

test('ended: readers get what is left, then see the end', () => {
  const ring = ringOf('asap', 1, 4);
  const [writer, reader] = [new RingWriter(ring), new RingReader(ring, 0)];
  publish(writer, 0);
  writer.end();
  expect(reader.ended).toBe(false);
  reader.release(reader.take() ?? -1);
  expect(reader.ended).toBe(true);
});

test('abandoned: the slot is free again and its old frame is gone', () => {
  const ring = ringOf('realtime', 1, 3);
  const [writer, reader] = [new RingWriter(ring), new RingReader(ring, 0)];
  const slot = writer.acquire() ?? -1;
  writer.abandon(slot);
  expect(reader.take()).toBeUndefined();
  publish(writer, 7);
  expect(reader.metaOf(reader.take() ?? -1).index).toBe(7);
});

test('any interleaving of writer and readers keeps order and loses nothing uncounted', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 4 }), { maxLength: 300 }),
      fc.constantFrom<Pace>('realtime', 'asap'),
      (steps, pace) => {
        const ring = ringOf(pace, 2, 4);
        const writer = new RingWriter(ring);
        const readers = [0, 1].map((n) => ({ ring: new RingReader(ring, n), held: -1, last: -1, taken: 0 }));
        let written = 0;
        for (const step of steps) {
          if (step === 4) {
            const slot = writer.acquire();
            if (slot !== undefined) writer.publish(slot, metaOf(written++), mapping);
            continue;
          }
          const reader = readers[step % 2];
          if (!reader) continue;
          if (step < 2 && reader.held < 0) {
            reader.held = reader.ring.take() ?? -1;
            if (reader.held < 0) continue;
            const { index } = reader.ring.metaOf(reader.held);
            expect(index).toBeGreaterThan(reader.last);
            reader.last = index;
            reader.taken += 1;
            expect(reader.taken + reader.ring.skipped).toBe(index + 1);
          } else if (reader.held >= 0) {
            // Pinned all along: the frame is still the one that was taken.
            expect(reader.ring.metaOf(reader.held).index).toBe(reader.last);
            reader.ring.release(reader.held);
            reader.held = -1;
          }
        }
      },
    ),
  );
});

function publish(writer: RingWriter, index: number): void {
  const slot = writer.acquire();
  if (slot === undefined) throw new Error(`no slot for frame ${index}`);
  writer.publish(slot, metaOf(index), mapping);
}
