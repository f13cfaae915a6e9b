/**
 * Worker of ring.test.ts: writes or reads a ring under random stalls and checks every frame it gets. It may be
 * terminated at any moment: how far it is stands in `log`, where the next worker of the same role goes on.
 */
import { RingReader, RingWriter } from '../../runtime/engine/ring.ts';
import type { RingDescription } from '../../runtime/engine/ring-layout.ts';

export interface StressJob {
  readonly ring: RingDescription;
  readonly role: 'writer' | 'reader';
  readonly reader: number;
  /** The writer ends when it has begun this many. */
  readonly frames: number;
  readonly seed: number;
  /** `[0]`: frames begun by writers; then for each reader the last frame it took, and how many it took. */
  readonly log: Int32Array;
}

export interface StressResult {
  readonly skipped: number;
  readonly problems: readonly string[];
}

const META_SIZE = { w: 64, h: 16 };

declare const self: Worker;
self.onmessage = async (event: MessageEvent<StressJob>) => {
  const job = event.data;
  self.postMessage(job.role === 'writer' ? await write(job) : await read(job));
};

async function write({ ring, frames, seed, log }: StressJob): Promise<StressResult> {
  const writer = new RingWriter(ring);
  const random = lcg(seed);
  while (Atomics.load(log, 0) < frames) {
    let slot = writer.acquire();
    while (slot === undefined) {
      await writer.waitForSpace(100);
      slot = writer.acquire();
    }
    const n = Atomics.add(log, 0, 1) + 1;
    const payload = new Uint32Array(ring.buffer, writer.byteOffset(slot), 256);
    for (let i = 0; i < payload.length - 1; i++) payload[i] = n * 31 + i;
    payload[payload.length - 1] = checksum(payload);
    await maybeStall(random);
    const meta = { index: n, mediaTimeS: n, captureUnixMs: n, captureMonoMs: n, decodedMonoMs: n, size: META_SIZE };
    const box = { x: n, y: n, w: n, h: n };
    writer.publish(slot, meta, { viewportPx: box, contentPx: box });
    await maybeStall(random);
  }
  writer.end();
  return { skipped: 0, problems: [] };
}

async function read({ ring, reader: number, seed, log }: StressJob): Promise<StressResult> {
  const reader = new RingReader(ring, number);
  const random = lcg(seed);
  const problems: string[] = [];
  const [lastAt, countAt] = [1 + number * 2, 2 + number * 2];
  while (true) {
    const slot = reader.take();
    if (slot === undefined) {
      if (reader.ended) break;
      await reader.wait(100);
      continue;
    }
    const { index } = reader.metaOf(slot);
    const last = Atomics.exchange(log, lastAt, index);
    Atomics.add(log, countAt, 1);
    const payload = new Uint32Array(ring.buffer, reader.byteOffset(slot), 256);
    const before = checksum(payload);
    await maybeStall(random);
    const mapping = reader.mappingsOf(slot)[0]?.contentPx.h;
    if (payload[payload.length - 1] !== before || checksum(payload) !== before) problems.push(`frame ${index} torn`);
    if (payload[0] !== (index * 31) >>> 0) problems.push(`frame ${index} holds another's payload`);
    if (mapping !== index) problems.push(`frame ${index} has another's mapping`);
    if (index <= last) problems.push(`frame ${index} after ${last}`);
    reader.release(slot);
    if (problems.length > 5) break;
  }
  return { skipped: reader.skipped, problems };
}

function checksum(payload: Uint32Array): number {
  let sum = 2166136261;
  for (let i = 0; i < payload.length - 1; i++) sum = Math.imul(sum ^ (payload[i] ?? 0), 16777619) >>> 0;
  return sum;
}

/** Now and then spins, gives way, or sleeps for a millisecond. */
async function maybeStall(random: () => number): Promise<void> {
  const draw = random();
  if (draw < 0.02) for (let i = 0; i < 5000; i++) random();
  else if (draw < 0.03) await new Promise((resolve) => setImmediate(resolve));
  else if (draw < 0.0305) await Bun.sleep(1);
}

function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
