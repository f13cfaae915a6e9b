/** Worker of ring.test.ts: writes or reads a ring under random stalls and checks every frame it gets. */
import { RingReader, RingWriter } from '../../runtime/engine/ring.ts';
import type { RingDescription } from '../../runtime/engine/ring-layout.ts';

export interface StressJob {
  readonly ring: RingDescription;
  readonly role: 'writer' | 'reader';
  readonly reader: number;
  readonly frames: number;
  readonly seed: number;
}

export interface StressResult {
  readonly role: 'writer' | 'reader';
  readonly frames: number;
  readonly skipped: number;
  readonly last: number;
  readonly problems: readonly string[];
}

const META_SIZE = { w: 64, h: 16 };

declare const self: Worker;
self.onmessage = async (event: MessageEvent<StressJob>) => {
  const job = event.data;
  self.postMessage(job.role === 'writer' ? await write(job) : await read(job));
};

async function write({ ring, frames, seed }: StressJob): Promise<StressResult> {
  const writer = new RingWriter(ring);
  const random = lcg(seed);
  for (let n = 1; n <= frames; n++) {
    let slot = writer.acquire();
    while (slot === undefined) {
      await writer.waitForSpace(100);
      slot = writer.acquire();
    }
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
  return { role: 'writer', frames, skipped: 0, last: frames, problems: [] };
}

async function read({ ring, reader: number, seed }: StressJob): Promise<StressResult> {
  const reader = new RingReader(ring, number);
  const random = lcg(seed);
  const problems: string[] = [];
  let frames = 0;
  let last = 0;
  while (true) {
    const slot = reader.take();
    if (slot === undefined) {
      if (reader.ended) break;
      await reader.wait(100);
      continue;
    }
    const payload = new Uint32Array(ring.buffer, reader.byteOffset(slot), 256);
    const before = checksum(payload);
    await maybeStall(random);
    const meta = reader.metaOf(slot);
    const mapping = reader.mappingOf(slot);
    if (payload[payload.length - 1] !== before || checksum(payload) !== before)
      problems.push(`frame ${meta.index} torn`);
    if (payload[0] !== (meta.index * 31) >>> 0) problems.push(`frame ${meta.index} holds another's payload`);
    if (mapping.contentPx.h !== meta.index) problems.push(`frame ${meta.index} has another's mapping`);
    if (meta.index <= last) problems.push(`frame ${meta.index} after ${last}`);
    if (ring.pace === 'asap' && meta.index !== last + 1) problems.push(`frame ${last + 1} missing`);
    last = meta.index;
    frames += 1;
    reader.release(slot);
    if (problems.length > 5) break;
  }
  return { role: 'reader', frames, skipped: reader.skipped, last, problems };
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
