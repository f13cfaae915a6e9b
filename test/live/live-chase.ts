/**
 * A virtual camera whose picture is encoded and served by RTSP, late, and followed through that: source, decode, the tracker
 * and autotrack in this process, in real time. What is in a picture is the truth of when it was taken, which it shows; when
 * it was taken autotrack knows from the source alone. For comparison the same without RTSP: as late, with true stamps.
 */

import { Value } from '@sinclair/typebox/value';
import type { FollowContext } from '../../nodes/autotrack/follower.ts';
import autotrack, { follow } from '../../nodes/autotrack/index.ts';
import { ByteTrack } from '../../nodes/track/byte-track.ts';
import { EgoMotion } from '../../nodes/track/ego-motion.ts';
import { trackOptions } from '../../nodes/track/options.ts';
import { type MotionListener, type PtzDriver, realTime } from '../../ptz/index.ts';
import { SimDriver } from '../../ptz/sim.ts';
import { SystemClock } from '../../runtime/clock.ts';
import type { Detection, FrameMeta, FrameView } from '../../runtime/data.ts';
import { MemoryStore } from '../../runtime/engine/store.ts';
import type { BoardTopic, CameraNews } from '../../runtime/node.ts';
import { CameraServer } from '../../sim/camera/server.ts';
import { VirtualCamera } from '../../sim/camera/virtual-camera.ts';
import { defaultScene, type SceneFile } from '../../sim/scene/scene-file.ts';
import { plantOf } from '../e2e/chase-graph.ts';
import { type NodeRun, openGraph, openNode } from '../node-runner.ts';
import { driverFor, headOf, PASSWORD, USER } from '../ptz/rig.ts';
import { RtspServer } from './peers.ts';
import { PICTURE, shownTime } from './shown-time.ts';

const SIZE = { w: PICTURE.width, h: PICTURE.height };
/** It is drawn small, which is fast, and shown larger. */
const ENLARGED = 4;
const SMALL = { width: PICTURE.width / ENLARGED, height: PICTURE.height / ENLARGED };
const FPS = 12;
/** The stream's clock is right: its newest pictures are stamped so well. */
const TIMED = { pictures: 10, withinMs: 40 };
const SAMPLE_MS = 50;
/** The target flies to and fro in so many seconds, at up to 4.8° a second. */
export const LOOP_S = 12;
const SCENE = loopOf([
  [0, -8, 12, 3],
  [2, -6, 12.3, 3],
  [4.5, 6, 14.3, 3],
  [5.5, 8, 14.6, 3],
  [6, 8, 14.6, 3],
  [8, 6, 14.3, 3],
  [10.5, -6, 12.3, 3],
  [LOOP_S, -8, 12, 3],
]);

export interface LiveOptions {
  readonly driver: 'sim' | 'onvif';
  /** From taking a picture to encoding it. */
  readonly delayMs: number;
  /** Not streamed: pictures are as late as those of this one, and stamped with the truth. */
  readonly like?: LiveChase;
}

export class LiveChase implements AsyncDisposable {
  readonly camera: VirtualCamera;
  readonly #clock = new SystemClock();
  readonly #options: LiveOptions;
  readonly #stack = new AsyncDisposableStack();
  readonly #tracker = new ByteTrack(Value.Create(trackOptions));
  readonly #ego = new EgoMotion();
  #run: NodeRun | undefined;
  #ids: readonly number[] = [];
  #index = 0;
  #isTimed = false;
  /** Camera time less Unix time, seconds. */
  readonly #offsetS: number;
  /** From taking the newest picture to its arrival here. */
  lateMs = 0;
  /** Claimed less true capture times. */
  readonly errorsMs: number[] = [];

  private constructor(options: LiveOptions) {
    this.#options = options;
    this.camera = new VirtualCamera({ clock: this.#clock, scene: SCENE });
    this.#offsetS = this.camera.nowS() - this.#clock.unixMs() / 1000;
  }

  /** Everything is running, and tracks come. */
  static async start(options: LiveOptions): Promise<LiveChase> {
    const chase = new LiveChase(options);
    await chase.#open();
    return chase;
  }

  /** The camera is ready, something is in sight now, and it is known when pictures are taken. */
  get isReady(): boolean {
    return this.#ids.length > 0 && this.#node.stats.link === 'ready' && this.#isTimed;
  }

  /** Selects the only thing in sight. */
  async select(): Promise<void> {
    await this.#node.request('set_target_id', { target_id: this.#ids[0] });
  }

  /** Root mean square of the target's distance from the centre over that time, share of the picture's width. */
  async rms(seconds: number): Promise<number> {
    let [sum, count] = [0, 0];
    for (const endMs = this.#clock.monoMs() + 1000 * seconds; this.#clock.monoMs() < endMs; count++) {
      await Bun.sleep(SAMPLE_MS);
      sum += this.#offCentre() ** 2;
    }
    return Math.sqrt(sum / count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  get #node() {
    const node = this.#run?.nodes.get('node');
    if (!node) throw new Error('not started');
    return node;
  }

  async #open(): Promise<void> {
    const driver = await this.#driver();
    const store = new MemoryStore();
    store.save({ version: 1, rung: 'velocity', plant: plantOf('velocity'), repeatability: 1, atUnixMs: 0 });
    const contract: typeof autotrack = {
      ...autotrack,
      open: (context) => {
        const board = { ...context.board, post: this.#post };
        return follow({ ...context, board } as unknown as FollowContext, {
          ...{ controlMode: this.#options.driver, driver, time: realTime(this.#clock) },
        });
      },
    };
    this.#run = await openNode(contract, {
      ...{ clock: this.#clock, pace: 'realtime', stores: { node: store }, inputs: { tracks: [] } },
      params: { calibrate: false, search_s: 0 },
    });
    this.#stack.defer(() => this.#node.close());
    const { like } = this.#options;
    if (like) this.#every(() => this.#takeLate(like.lateMs));
    else await this.#stream();
  }

  async #driver(): Promise<(listener: MotionListener) => PtzDriver> {
    const time = realTime(this.#clock);
    if (this.#options.driver === 'sim') return (listener) => new SimDriver(headOf(this.camera), time, listener);
    const server = await CameraServer.start({
      ...{ clock: this.#clock, camera: this.camera, quirks: [], version: '0.0.1', host: '127.0.0.1', port: 0 },
      credentials: { user: USER, password: PASSWORD },
    });
    this.#stack.defer(() => server.stop());
    return (listener) => driverFor(server, {}, time, { listener });
  }

  /** The camera's picture goes through the encoder and the server, and comes back by source and decode. */
  async #stream(): Promise<void> {
    const { delayMs } = this.#options;
    const server = await RtspServer.start({ given: true, fps: FPS, gop: FPS, delay_ms: delayMs });
    this.#stack.defer(() => server.end());
    this.#every(() => {
      const { planes } = this.camera.render(this.camera.nowS(), SMALL);
      server.show(this.#clock.unixMs(), enlarged(planes.y.data));
    });
    const source = JSON.stringify({ use: 'source', with: { url: server.url } });
    const nodes = `source: ${source}\ndecode: { use: decode, from: source }`;
    const frames = { ...PICTURE, format: 'gray8', fit: 'stretch' } as const;
    const run = await openGraph(nodes, { clock: this.#clock, pace: 'realtime', frames });
    const record = run.record.bind(run);
    run.record = (key, value) => {
      if (key !== 'decode.frames') return record(key, value);
      const { meta, data } = value as FrameView;
      const takenUnixMs = shownTime(data);
      this.lateMs = this.#clock.unixMs() - takenUnixMs;
      this.errorsMs.push(meta.captureUnixMs - takenUnixMs);
      // Its clock is set right over some pictures after the first sender report.
      this.#isTimed = this.errorsMs.slice(-TIMED.pictures).every((ms) => Math.abs(ms) < TIMED.withinMs);
      this.#detected(meta, takenUnixMs);
    };
    run.start();
    this.#stack.defer(async () => {
      run.stop();
      await run.finished;
    });
  }

  /** A picture of now comes after the delay, with its true stamps. */
  #takeLate(lateMs: number): void {
    this.#isTimed = true;
    const [captureMonoMs, captureUnixMs] = [this.#clock.monoMs(), this.#clock.unixMs()];
    const meta = { captureMonoMs, captureUnixMs, decodedMonoMs: captureMonoMs + lateMs, size: SIZE };
    const frame: FrameMeta = { index: this.#index++, mediaTimeS: captureMonoMs / 1000, ...meta };
    setTimeout(() => this.#detected(frame, captureUnixMs), lateMs);
  }

  #every(run: () => void): void {
    const timer = setInterval(run, 1000 / FPS);
    this.#stack.defer(() => clearInterval(timer));
  }

  #detected(frame: FrameMeta, takenUnixMs: number): void {
    const truth = this.camera.truth(takenUnixMs / 1000 + this.#offsetS, PICTURE);
    const detections = truth.flatMap(({ box, label }): Detection[] =>
      box && box.w > 3 ? [{ bboxPx: box, label, confidence: 0.85 }] : [],
    );
    const motion = this.#ego.step(frame.captureMonoMs, frame.size);
    const { tracks } = this.#tracker.step(frame.mediaTimeS, detections, { widthPx: frame.size.w, motion });
    this.#ids = tracks.map(({ id }) => id);
    void this.#node.deliver('tracks', { frame, tracks });
  }

  /** The tracker hears of the camera what the board tells it. */
  readonly #post = ({ name }: BoardTopic, value: unknown): void => {
    if (name === 'camera') this.#ego.add(value as CameraNews);
  };

  /** Distance of the target from the centre of the picture, share of the picture's width; out of sight: 1. */
  #offCentre(): number {
    const box = this.camera.truth(this.camera.nowS(), PICTURE)[0]?.box;
    if (!box) return 1;
    return Math.hypot(box.x + box.w / 2 - SIZE.w / 2, box.y + box.h / 2 - SIZE.h / 2) / SIZE.w;
  }
}

function loopOf(path: [number, number, number, number][]): SceneFile {
  const home = { pan_deg: 0, tilt_deg: 13, zoom: 0 };
  return { ...defaultScene(), home, targets: [{ id: 1, label: 'drone', path, repeats: true }] };
}

function enlarged(luma: Uint8Array): Uint8Array {
  const large = new Uint8Array(PICTURE.width * PICTURE.height);
  for (let y = 0; y < PICTURE.height; y++) {
    const row = Math.floor(y / ENLARGED) * SMALL.width;
    for (let x = 0; x < PICTURE.width; x++) large[y * PICTURE.width + x] = luma[row + Math.floor(x / ENLARGED)] ?? 0;
  }
  return large;
}
