/**
 * The packets of a live stream, read ahead of the one who takes them, so that when each arrived is known even while
 * another is being decoded or waits for its turn.
 */
import type { CodecParameters, Packet } from 'node-av/lib';
import { type Clock, sleep, type WallTime } from '../../runtime/node.ts';
import type { PacketTimes } from '../../timing/index.ts';
import type { UnstatedFilm } from './film-or-camera.ts';
import type { ReadResult } from './media-input.ts';

/** More is not read ahead; then packets wait at the sender. */
const MOST_PACKETS = 2000;
const MOST_BYTES = 64 * 1024 * 1024;
/** What a server has kept for us comes in one go: it is over when nothing came for that long, or after the longest time. */
const BURST_GAP_MS = 20;
const LONGEST_BURST_MS = 300;
/** Packets in a row that can't be read before the stream counts as broken off. */
const MAX_CORRUPT_READS = 100;

/** What a live stream comes from. */
export interface LiveInput {
  /** The packet that was read last. */
  readonly packet: Packet;
  readonly stream: { readonly codecpar: CodecParameters };
  /** Nominal, 0 when unknown. */
  readonly frameRate: number;
  /** It comes in segments of some seconds, each in one go. */
  readonly isSegmented: boolean;
  /** A packet is read when so many later ones have begun to arrive. */
  readonly heldPackets: number;
  /** Reads the next packet of the video; release it with `packet.unref()`. */
  read(): Promise<ReadResult>;
  /** Of the packet, on the clock of the stream. */
  packetTimeS(): number | undefined;
  /** When its picture was taken by the clock of the camera, if the stream says. */
  absoluteUnixMs(): number | undefined;
  /** Ends the read under way, and all later ones. */
  interrupt(): void;
}

export interface Arrived {
  readonly packet: Packet;
  readonly times: PacketTimes;
}

interface Services {
  readonly clock: Clock;
  readonly wall: WallTime;
  readonly count: (name: string) => void;
  /** What is known of it as a film; undefined: it is none. */
  readonly film: UnstatedFilm | undefined;
  /** Called as each packet arrives. */
  readonly observe: (times: PacketTimes) => void;
}

export class Arrivals {
  readonly #input: LiveInput;
  readonly #services: Services;
  readonly #queue: Arrived[] = [];
  #bytes = 0;
  #arrived = 0;
  /** When the latest packets were read: a picture arrives before FFmpeg can know that it is whole. */
  readonly #readsMs: number[] = [];
  #isOver = false;
  /** It is a film, and that is over. */
  isFilm = false;
  #error: unknown;
  #changed: () => void = () => undefined;

  constructor(input: LiveInput, services: Services) {
    this.#input = input;
    this.#services = services;
  }

  /** Reads until the stream ends or fails, or the signal is aborted. Never throws: `take` does. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#readAll(signal);
    } catch (error) {
      this.#error = error;
    }
    const isEnd = this.#services.film?.ends(this.#arrived, this.#error === undefined) ?? false;
    if (isEnd) [this.isFilm, this.#error] = [true, undefined];
    this.#isOver = true;
    this.#changed();
  }

  /** Resolves when all that the server had kept for us is here. */
  async firstBurst(signal: AbortSignal): Promise<void> {
    while (this.#arrived === 0 && !this.#isOver) await this.#change();
    const endMs = this.#services.clock.monoMs() + LONGEST_BURST_MS;
    for (let seen = 0; seen < this.#arrived && !signal.aborted; ) {
      seen = this.#arrived;
      if (this.#services.clock.monoMs() < endMs) await sleep(BURST_GAP_MS, signal);
    }
  }

  /** The next packet, to be freed by the caller; undefined at the end. @throws what ended the stream */
  async take(): Promise<Arrived | undefined> {
    while (this.#queue.length === 0 && !this.#isOver) await this.#change();
    const next = this.#queue.shift();
    if (next === undefined && this.#error !== undefined) throw this.#error;
    this.#bytes -= next?.packet.size ?? 0;
    this.#changed();
    return next;
  }

  close(): void {
    for (const { packet } of this.#queue) packet.free();
    this.#queue.length = 0;
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    let corrupt = 0;
    while (!signal.aborted) {
      while (this.#queue.length >= MOST_PACKETS || this.#bytes >= MOST_BYTES) await this.#change();
      const result = await this.#input.read();
      if (result === 'end' || corrupt > MAX_CORRUPT_READS) return;
      if (result === 'packet') {
        corrupt = 0;
        if (this.#isSameFilm()) {
          this.isFilm = true;
          return;
        }
        this.#add();
        continue;
      }
      this.#services.count('corrupt_reads');
      corrupt += 1;
    }
  }

  /** Asked of each packet: whether it is the first, of a film that was given to its end before. */
  #isSameFilm(): boolean {
    const { packet, stream } = this.#input;
    if (this.#arrived > 0) return false;
    return this.#services.film?.begins(packet, stream.codecpar.codecId, this.#input.packetTimeS()) ?? false;
  }

  #add(): void {
    const { clock, wall, observe } = this.#services;
    const input = this.#input;
    this.#readsMs.push(clock.monoMs());
    const arrivalMs = (this.#readsMs.length > input.heldPackets ? this.#readsMs.shift() : this.#readsMs.at(-1)) ?? 0;
    const timeS = input.packetTimeS();
    const absoluteMs = input.absoluteUnixMs();
    const times: PacketTimes = {
      timestampMs: timeS === undefined ? undefined : timeS * 1000,
      arrivalMs,
      absoluteMs: absoluteMs === undefined ? undefined : absoluteMs - wall.at(0),
    };
    observe(times);
    const packet = input.packet.clone();
    input.packet.unref();
    if (packet === null) return;
    this.#queue.push({ packet, times });
    this.#bytes += packet.size;
    this.#arrived += 1;
    this.#changed();
  }

  /** Resolves at the next change of the queue. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#changed;
      this.#changed = () => {
        this.#changed = () => undefined;
        before();
        resolve();
      };
    });
  }
}
