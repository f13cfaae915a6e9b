/**
 * A virtual PTZ camera as a source: pictures at a steady rate, each with the very time and pose that it was taken with.
 * A camera in this process takes its motor commands from, and tells its pose on, the session's board, where the driver
 * `sim` of autotrack finds it.
 */
import {
  type Emit,
  type NodeContext,
  openVirtualCamera,
  sleep,
  type Timeline,
  WindhoverError,
} from '../../../runtime/node.ts';
import { backoffMs } from '../backoff.ts';
import type { SourceParams } from '../index.ts';
import { DEFAULT_SIZE, readAddress, type VirtualAddress } from './address.ts';
import { RemoteFeed, type VirtualFeed, type VirtualPicture } from './feed.ts';
import { LocalFeed } from './local-feed.ts';
import { RawVideo, TIME_BASE } from './raw-video.ts';

type Outputs = { packets: { kind: 'packet' } };

export class VirtualPlayback {
  readonly #context: NodeContext<SourceParams, Outputs>;
  readonly #emit: Emit<Outputs>;
  readonly #address: VirtualAddress;
  readonly #name: string;
  #video: RawVideo | undefined;
  #timeline: Timeline | undefined;
  #generation = 0;

  constructor(context: NodeContext<SourceParams, Outputs>) {
    this.#context = context;
    this.#emit = context.emit;
    this.#name = context.params.url;
    this.#address = readAddress(context.params.url);
  }

  /** Plays until aborted; what breaks off is tried again for ever. */
  async run(signal: AbortSignal): Promise<void> {
    const feed = await this.#open();
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await this.#play(feed, signal, () => {
          attempt = 0;
        });
      } catch (error) {
        if (signal.aborted) return;
        const code = error instanceof WindhoverError ? error.code : 'source_failed';
        const message = error instanceof Error ? error.message : String(error);
        this.#context.fault({ code, message: `${this.#name}: ${message}` });
        this.#context.count('reconnects');
        await sleep(backoffMs(attempt), signal);
      }
    }
  }

  close(): void {
    this.#video?.free();
  }

  async #open(): Promise<VirtualFeed> {
    const { scene, size, origin } = this.#address;
    const { clock, board, params } = this.#context;
    if (origin !== null) return new RemoteFeed(origin, this.#address, clock, params.open_timeout_s);
    return new LocalFeed(await openVirtualCamera(scene, clock), size ?? DEFAULT_SIZE, clock, board);
  }

  async #play(feed: VirtualFeed, signal: AbortSignal, connected: () => void): Promise<void> {
    const { clock } = this.#context;
    const intervalMs = 1000 / this.#address.fps;
    let dueMs = clock.monoMs();
    for (let first = true; !signal.aborted; first = false) {
      const picture = await feed.picture(signal);
      if (signal.aborted) return;
      if (first) {
        connected();
        this.#begin(picture);
      }
      await this.#emitPicture(picture);
      // A machine that can't keep up skips pictures: a camera does not wait either.
      dueMs = Math.max(dueMs + intervalMs, clock.monoMs() - intervalMs);
      await sleep(dueMs - clock.monoMs(), signal);
    }
  }

  /** Media time goes on where it was. */
  #begin({ monoMs, unixMs }: VirtualPicture): void {
    const before = this.#timeline;
    const mediaS = before ? before.originMediaS + (monoMs - before.originMonoMs) / 1000 : 0;
    const origin = { originPtsS: monoMs / 1000, originMediaS: mediaS, originUnixMs: unixMs, originMonoMs: monoMs };
    this.#timeline = { ...origin, clock: 'camera' };
    this.#generation += 1;
    this.#context.fault(null);
    this.#context.gauge('url', this.#name);
  }

  async #emitPicture({ bytes, size, monoMs }: VirtualPicture): Promise<void> {
    if (this.#video?.size.w !== size.w || this.#video.size.h !== size.h) {
      if (this.#video) this.#generation += 1;
      this.#video?.free();
      this.#video = new RawVideo(size);
    }
    const timeline = this.#timeline;
    if (timeline === undefined) return;
    await this.#emit.packets({
      packet: this.#video.wrap(bytes, monoMs / 1000),
      codec: this.#video.codec,
      timeBase: TIME_BASE,
      frameRate: this.#address.fps,
      generation: this.#generation,
      timeline,
    });
  }
}
