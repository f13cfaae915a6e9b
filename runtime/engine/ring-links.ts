/** Both ends of a link that carries frames: into a ring, and from a ring to a node. */
import { type FramePart, type FrameView, frameBytes } from '../data.ts';
import type { FrameSource, SharedSlot } from '../node.ts';
import { TurnBudget } from '../sleep.ts';
import { RingReader, RingWriter } from './ring.ts';
import type { RingDescription } from './ring-layout.ts';
import { type Gate, HELD_LOOK_MS, type Receiver, type Sink, WAIT_MS } from './sinks.ts';

type Slot = { -readonly [K in keyof SharedSlot]: SharedSlot[K] };
type Samples = FramePart['data'];

/** Converts each frame straight into a slot of the ring. */
export class RingSink implements Sink {
  #gate: Gate = 'open';
  #writer: RingWriter;
  /** Of each slot: the places of its pictures. */
  #slots: Slot[][];

  constructor(ring: RingDescription) {
    this.#writer = new RingWriter(ring);
    this.#slots = slotsOf(this.#writer);
  }

  /** Lets frames through again, into this ring. */
  connect(ring: RingDescription): void {
    if (ring.buffer !== this.#writer.ring.buffer) {
      this.#writer = new RingWriter(ring);
      this.#slots = slotsOf(this.#writer);
    }
    this.#gate = 'open';
  }

  shut(gate: 'held' | 'closed'): void {
    this.#gate = gate;
  }

  deliver(value: unknown): void | Promise<void> {
    const source = value as FrameSource;
    const slot = this.#acquire();
    if (slot !== undefined) return this.#fill(slot, source);
    if (this.#writer.ring.pace === 'asap') return this.#waitAndFill(source);
  }

  async end(): Promise<void> {
    while (this.#gate === 'held') await Bun.sleep(HELD_LOOK_MS);
    this.#writer.end();
  }

  #acquire(): number | undefined {
    return this.#gate === 'open' ? this.#writer.acquire() : undefined;
  }

  async #waitAndFill(source: FrameSource): Promise<void> {
    // A reader that never comes back holds this up until the session's process is stopped by force, seconds later.
    while (this.#gate !== 'closed') {
      await (this.#gate === 'held' ? Bun.sleep(HELD_LOOK_MS) : this.#writer.waitForSpace(WAIT_MS));
      const slot = this.#acquire();
      if (slot !== undefined) return this.#fill(slot, source);
    }
  }

  #fill(index: number, source: FrameSource): void {
    const slots = this.#slots[index];
    if (slots === undefined) throw new RangeError(`no slot ${index}`);
    for (const slot of slots) slot.fresh = this.#writer.isFresh(index);
    const { request } = this.#writer.ring;
    try {
      const wanted = this.#writer.wantedRegions;
      const mappings = slots.slice(0, wanted.length).map((slot, i) => source.writeInto(request, slot, wanted[i]));
      this.#writer.publish(index, source.meta, ...mappings);
    } catch (error) {
      this.#writer.abandon(index);
      throw error;
    }
  }
}

/** Feeds a node with the frames of a ring; each stays pinned until the node is done with it. */
export class RingPump {
  readonly #receiver: Receiver;
  readonly #input: string;
  #reader: RingReader;
  #next: RingReader | undefined;
  /** When to stop: at once, or when nothing is left to read. */
  #stop: 'at once' | 'when empty' | undefined;
  #stopped: Promise<void> = Promise.resolve();

  constructor(ring: RingDescription, reader: number, receiver: Receiver, input: string) {
    this.#reader = new RingReader(ring, reader);
    this.#receiver = receiver;
    this.#input = input;
  }

  /** Runs until the ring has ended and everything in it was handled. */
  run(): Promise<void> {
    this.#stopped = this.#read();
    return this.#stopped.then(() => (this.#stop ? undefined : this.#receiver.inputEnded(this.#input)));
  }

  /** Goes on with this ring, which may be another one, when nothing is left to read in the one before. */
  connect(ring: RingDescription, reader: number): void {
    if (ring.buffer === this.#reader.ring.buffer) return;
    this.#next = new RingReader(ring, reader);
    this.#reader.interrupt();
  }

  /** Stops, if the ring is one of these when it is read to its end. Resolves when no frame is in hand; the input does not end. */
  stop(givenUp: readonly string[]): Promise<void> {
    this.#stop = givenUp.includes(this.#reader.ring.id) ? 'when empty' : 'at once';
    this.#reader.interrupt();
    return this.#stopped;
  }

  async #read(): Promise<void> {
    const budget = new TurnBudget();
    let views = viewsOf(this.#reader);
    let { skipped } = this.#reader;
    while (this.#stop !== 'at once') {
      const slot = this.#reader.take();
      if (slot === undefined) {
        if (this.#reader.hasMore) continue;
        if (this.#next) {
          this.#reader = this.#next;
          this.#next = undefined;
          views = viewsOf(this.#reader);
          skipped = this.#reader.skipped;
        } else if (this.#stop || this.#reader.ended) return;
        else await this.#reader.wait(WAIT_MS);
        continue;
      }
      try {
        await this.#receiver.deliver(this.#input, viewOf(this.#reader, slot, views));
      } finally {
        this.#reader.release(slot);
      }
      if (this.#reader.skipped > skipped) this.#receiver.count('skipped', this.#reader.skipped - skipped);
      skipped = this.#reader.skipped;
      await budget.spend();
    }
  }
}

function slotsOf(writer: RingWriter): Slot[][] {
  const { buffer, request } = writer.ring;
  const byteLength = frameBytes(request);
  return eachPicture(writer.ring, (slot, picture, key) => {
    return { buffer, byteOffset: writer.byteOffset(slot, picture), byteLength, key, fresh: true };
  });
}

function viewsOf(reader: RingReader): Samples[][] {
  const { ring } = reader;
  return eachPicture(ring, (slot, picture) => slotView(ring, reader.byteOffset(slot, picture)));
}

function eachPicture<T>(ring: RingDescription, make: (slot: number, picture: number, key: number) => T): T[][] {
  const pictures = ring.request.regions ?? 1;
  return Array.from({ length: ring.slots }, (_, slot) =>
    Array.from({ length: pictures }, (_, picture) => make(slot, picture, slot * pictures + picture)),
  );
}

function viewOf(reader: RingReader, slot: number, views: readonly Samples[][]): FrameView {
  const data = views[slot] ?? [];
  const parts = reader
    .mappingsOf(slot)
    .flatMap((mapping, i): FramePart[] => (data[i] ? [{ mapping, data: data[i] }] : []));
  const [first] = parts;
  if (first === undefined) throw new RangeError(`no slot ${slot}`);
  const { request } = reader.ring;
  const view = { meta: reader.metaOf(slot), request, ...first };
  if (!request.regions) return view;
  return { ...view, parts, lookNext: (regionsNorm) => reader.lookNext(regionsNorm) };
}

function slotView(ring: RingDescription, byteOffset: number): Samples {
  const bytes = frameBytes(ring.request);
  const floats = ring.request.format === 'rgbf32' || ring.request.format === 'bgrf32';
  return floats ? new Float32Array(ring.buffer, byteOffset, bytes / 4) : new Uint8Array(ring.buffer, byteOffset, bytes);
}
