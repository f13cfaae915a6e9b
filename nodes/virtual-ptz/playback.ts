/** virtual-ptz at work: pictures at a steady rate, in order; what breaks off is tried again. */
import { type NodeContext, sleep, type topics, WallTime } from '../../runtime/node.ts';
import { loadScene, VirtualCamera } from '../../sim/index.ts';
import { LocalFeed } from './local-feed.ts';
import type { VirtualPtzOptions } from './options.ts';
import { RawVideo } from './raw-video.ts';
import { RemoteFeed, type VirtualFeed, type VirtualPicture } from './remote-feed.ts';

const DEFAULT_SIZE = [640, 360] as const;

const REPORT_EVERY_MS = 1000;

type Outputs = { packets: { kind: 'packet' } };
type Context = NodeContext<VirtualPtzOptions, Outputs, { clock: typeof topics.clock }>;

export class VirtualPlayback {
  readonly #context: Context;
  readonly #wall: WallTime;
  /** What is shown of it: the address of a camera that runs by itself, or the scene of one in this process. */
  readonly #name: string;
  #video: RawVideo | undefined;
  /** Capture time of the first picture of all. */
  #originMonoMs: number | undefined;
  #generation = 0;
  #reportedMs = Number.NEGATIVE_INFINITY;

  constructor(context: Context) {
    this.#context = context;
    this.#wall = new WallTime(context.clock);
    const { url, scene } = context.params;
    this.#name = url ?? scene ?? 'default scene';
  }

  /** Plays until aborted; what breaks off is tried again for ever. */
  async run(signal: AbortSignal): Promise<void> {
    const feed = this.#open();
    await this.#context.retry(this.#name, signal, (connected) => this.#play(feed, signal, connected));
  }

  close(): void {
    this.#video?.free();
  }

  #open(): VirtualFeed {
    const { clock, board, params } = this.#context;
    if (params.url !== undefined) return new RemoteFeed(params.url, params, clock);
    const scene = params.scene === undefined ? {} : { scene: loadScene(params.scene) };
    return new LocalFeed(new VirtualCamera({ clock, ...scene }), params.size ?? DEFAULT_SIZE, clock, board);
  }

  async #play(feed: VirtualFeed, signal: AbortSignal, connected: () => void): Promise<void> {
    const { clock, params } = this.#context;
    const intervalMs = 1000 / params.fps;
    let dueMs = clock.monoMs();
    for (let first = true; !signal.aborted; first = false) {
      const picture = await feed.picture(signal);
      if (signal.aborted) return;
      if (first) {
        connected();
        this.#generation += 1;
        this.#context.gauge('camera', this.#name);
      }
      await this.#emitPicture(picture);
      // A machine that can't keep up skips pictures: a camera does not wait either.
      dueMs = Math.max(dueMs + intervalMs, clock.monoMs() - intervalMs);
      await sleep(dueMs - clock.monoMs(), signal);
    }
  }

  async #emitPicture({ bytes, size, monoMs }: VirtualPicture): Promise<void> {
    if (this.#video?.size.w !== size.w || this.#video.size.h !== size.h) {
      if (this.#video) this.#generation += 1;
      this.#video?.free();
      this.#video = new RawVideo(size);
    }
    this.#originMonoMs ??= monoMs;
    await this.#context.emit.packets({
      packet: this.#video.wrap(bytes, (monoMs - this.#originMonoMs) / 1000),
      codec: this.#video.codec,
      frameRate: this.#context.params.fps,
      generation: this.#generation,
      originMonoMs: this.#originMonoMs,
      captureClock: 'camera',
    });
    if (monoMs - this.#reportedMs >= REPORT_EVERY_MS) await this.#report(monoMs, this.#originMonoMs);
  }

  async #report(monoMs: number, originMonoMs: number): Promise<void> {
    this.#reportedMs = monoMs;
    const { publish, sessionId, graph, clock } = this.#context;
    await publish('clock', {
      schema: 'drone-ptz-clock/1',
      type: 'clock_state',
      session_id: sessionId,
      camera_id: graph.camera,
      ts_unix_ms: Math.round(clock.unixMs()),
      basis: 'absolute',
      error_ms: 0,
      skew_ppm: 0,
      media_zero_unix_ms: this.#wall.at(originMonoMs),
    });
  }
}
