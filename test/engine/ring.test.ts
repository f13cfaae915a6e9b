import { describe, expect, spyOn, test } from 'bun:test';
import fc from 'fast-check';
import type { FrameRequest, Pace } from '../../runtime/data.ts';
import { RingReader, RingWriter } from '../../runtime/engine/ring.ts';
import { createRing, Layout, type RingDescription, WORDS_PER_SLOT } from '../../runtime/engine/ring-layout.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
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
    test(
      `${pace}: one writer, three readers, random stalls, 15,000 frames: every frame whole and in order`,
      async () => {
        const run = await stress(pace, 15_000, 0);
        for (const reader of run.readers) {
          expect(reader.problems).toEqual([]);
          expect(reader.last).toBe(15_000);
          expect(reader.taken + reader.skipped).toBe(15_000);
          if (pace === 'asap') expect(reader.skipped).toBe(0);
        }
      },
      TEST_LIMIT_MS,
    );

    test(
      `${pace}: each of them is terminated 8 times in the middle and replaced: nothing twice, nothing uncounted`,
      async () => {
        const run = await stress(pace, 8_000, 8);
        for (const reader of run.readers) {
          expect(reader.problems).toEqual([]);
          expect(reader.last).toBeGreaterThan(8_000 - 8);
          // Each death of the writer may take one frame along that it had begun, and each of the reader one that it had
          // taken and not yet written down.
          expect(reader.taken + reader.skipped).toBeLessThanOrEqual(8_000);
          expect(reader.taken + reader.skipped).toBeGreaterThanOrEqual(8_000 - run.writerDeaths - reader.deaths);
          if (pace === 'asap') expect(reader.skipped).toBe(0);
          expect(reader.deaths).toBeGreaterThan(0);
        }
        expect(run.writerDeaths).toBeGreaterThan(0);
      },
      TEST_LIMIT_MS,
    );
  }
});

/** @param deaths how often each worker is terminated and replaced, each time when the writer is a good bit further */
async function stress(pace: Pace, frames: number, deaths: number) {
  const ring = ringOf(pace, 3, 6);
  const log = new Int32Array(new SharedArrayBuffer(4 * 7));
  const readers = [0, 1, 2].map((reader) =>
    runStress({ ring, role: 'reader', reader, frames, seed: reader + 1, log }, deaths),
  );
  const writer = await runStress({ ring, role: 'writer', reader: 0, frames, seed: 99, log }, deaths);
  const results = await Promise.all(readers);
  return {
    writerDeaths: writer.deaths,
    readers: results.map((result, i) => ({ ...result, last: log[1 + i * 2] ?? 0, taken: log[2 + i * 2] ?? 0 })),
  };
}

async function runStress(job: StressJob, deaths: number): Promise<StressResult & { deaths: number }> {
  for (let life = 0; ; life++) {
    const worker = new Worker(new URL('./ring-stress-worker.ts', import.meta.url).href);
    const result = new Promise<StressResult>((resolve, reject) => {
      worker.onmessage = (event: MessageEvent<StressResult>) => resolve(event.data);
      worker.onerror = reject;
    });
    worker.postMessage({ ...job, seed: job.seed + life * 1000 });
    // Not at a round number of frames: the workers would die together.
    const until = Math.min(job.frames, ((life + 1) * job.frames) / (deaths + 2) + job.seed * 7);
    const outcome = await Promise.race([result, life < deaths ? progress(job.log, until) : result]);
    worker.terminate();
    if (outcome) return { ...outcome, deaths: life };
    await new Promise((resolve) => worker.addEventListener('close', resolve, { once: true }));
  }
}

/** Resolves when writers have begun so many frames. */
async function progress(log: Int32Array, frames: number): Promise<undefined> {
  while (Atomics.load(log, 0) < frames) await new Promise((resolve) => setImmediate(resolve));
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

  test('touches the memory of two slots while its reader keeps up', () => {
    const ring = ringOf('realtime', 1, 3);
    const [writer, reader] = [new RingWriter(ring), new RingReader(ring, 0)];
    const used = Array.from({ length: 10 }, (_, n) => {
      publish(writer, n);
      const slot = reader.take() ?? -1;
      reader.release(slot);
      return slot;
    });
    expect(new Set(used).size).toBe(2);
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

describe('a side that dies', () => {
  // Every Atomics call of a step may be the last one of a worker; the side that follows makes up for it.
  test('the writer, at any step of a frame: what follows is seen, once, and counted', () => {
    for (const pace of ['realtime', 'asap'] as const) {
      for (let calls = 0; calls < 12; calls++) {
        const ring = ringOf(pace, 1, 4);
        const reader = new RingReader(ring, 0);
        let writer = new RingWriter(ring);
        const seen: number[] = [];
        for (let n = 0; n < 20; n++) {
          if (n !== 10) publish(writer, n);
          else if (dies(calls, () => publish(writer, n))) writer = new RingWriter(ring);
          const slot = reader.take();
          if (slot === undefined) continue;
          seen.push(reader.metaOf(slot).index);
          reader.release(slot);
        }
        // Frame 10 was there or it was not; if it was, the reader has it.
        const all = Array.from({ length: 20 }, (_, n) => n);
        expect(seen.filter((n) => n !== 10)).toEqual(all.filter((n) => n !== 10));
        expect(reader.skipped).toBe(0);
        expect(pinned(ring)).toEqual([0, 0, 0, 0]);
      }
    }
  });

  test('the reader, at any step of taking and releasing: no frame twice, all others counted', () => {
    for (const pace of ['realtime', 'asap'] as const) {
      for (let calls = 0; calls < 12; calls++) {
        const ring = ringOf(pace, 2, 5);
        const [writer, other] = [new RingWriter(ring), new RingReader(ring, 1)];
        let reader = new RingReader(ring, 0);
        const seen: number[] = [];
        const read = () => {
          const slot = reader.take();
          if (slot === undefined) return;
          seen.push(reader.metaOf(slot).index);
          reader.release(slot);
        };
        for (let n = 0; n < 20; n++) {
          publish(writer, n);
          const slot = other.take() ?? -1; // pins beside the one that dies
          if (n !== 10) read();
          else if (dies(calls, read)) reader = new RingReader(ring, 0);
          other.release(slot);
          if (pace === 'asap' || n % 3 !== 0) read();
        }
        read();
        expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
        // Frame 10 alone may have been taken and lost by the one that died.
        const lost = seen.includes(10) ? 0 : 1;
        expect(seen.length + reader.skipped).toBe(20 - lost);
        expect(pinned(ring)).toEqual([0, 0, 0, 0, 0]);
      }
    }
  });
});

/** Runs a step and cuts it off before its Atomics call number `calls`. @returns whether it came to that */
function dies(calls: number, step: () => void): boolean {
  const death = new Error('dead');
  let left = calls;
  const names = ['load', 'store', 'compareExchange', 'and', 'add'] as const;
  const spies = names.map((name) => {
    const real = Atomics[name] as (...parts: unknown[]) => unknown;
    return spyOn(Atomics, name).mockImplementation(((...parts: unknown[]) => {
      if (left-- <= 0) throw death;
      return real(...parts);
    }) as never);
  });
  try {
    step();
    return false;
  } catch (error) {
    if (error !== death) throw error;
    return true;
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** PINS of each slot. */
function pinned(ring: RingDescription): number[] {
  const words = new Int32Array(ring.buffer);
  const { slotsAt } = new Layout(ring);
  return Array.from({ length: ring.slots }, (_, slot) => words[slotsAt + slot * WORDS_PER_SLOT] ?? 0);
}

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
