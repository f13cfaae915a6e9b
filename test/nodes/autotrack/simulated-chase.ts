/**
 * The autotrack node with a camera over real HTTP, in simulated time: the virtual camera with its quirks, the driver and the
 * node run on a clock that stands still until every request on its way is answered. Detections are the truth.
 */
import { Value } from '@sinclair/typebox/value';
import { GlobalMotion } from '../../../motion/index.ts';
import type { FollowContext } from '../../../nodes/autotrack/follower.ts';
import autotrack, { type AutotrackParams, follow } from '../../../nodes/autotrack/index.ts';
import { ByteTrack } from '../../../nodes/track/byte-track.ts';
import { EgoMotion } from '../../../nodes/track/ego-motion.ts';
import { trackOptions } from '../../../nodes/track/options.ts';
import type { MotionListener, PtzDriver } from '../../../ptz/index.ts';
import type { Detection, FrameMeta } from '../../../runtime/data.ts';
import { MemoryStore } from '../../../runtime/engine/store.ts';
import type { BoardTopic, CameraNews, MotionNews } from '../../../runtime/node.ts';
import { CameraServer } from '../../../sim/camera/server.ts';
import { VirtualCamera } from '../../../sim/camera/virtual-camera.ts';
import type { SceneFile } from '../../../sim/scene/scene-file.ts';
import { type NodeRun, openNode } from '../../node-runner.ts';
import { ManualTime, PASSWORD, USER } from '../../ptz/rig.ts';
import { Requests } from './requests.ts';

const SIZE = { width: 640, height: 360 };
const EYE = { w: 160, h: 90 };
const STEP_MS = 20;
const FRAME_MS = 130;
/** From a picture to its tracks. */
const DETECT_MS = 60;

/** Waits end when `advance` passes them, and let no time pass of themselves. */
class SteppedTime extends ManualTime {
  override async wait(ms: number, signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const callOff = this.after(ms, resolve);
      signal?.addEventListener('abort', () => {
        callOff();
        resolve();
      });
    });
  }

  every(ms: number, run: () => void): void {
    this.after(ms, () => {
      run();
      this.every(ms, run);
    });
  }
}

export interface SimulatedOptions {
  readonly quirks?: readonly string[];
  /** Every so many-th request gets lost on its way to the camera. */
  readonly loseEvery?: number;
  readonly scene: SceneFile;
  /** What is known of the motors before, and for which rung; absent: nothing. */
  readonly known?: { readonly rung: string; readonly plant: unknown };
  /** The motion of the picture is measured, as decode does. */
  readonly hasEyes?: boolean;
  /** How old pictures are when they come; they are stamped as they arrive. */
  readonly pictureAgeMs?: number;
  readonly params?: Partial<AutotrackParams>;
  readonly driver: (server: CameraServer, parts: { time: ManualTime; listener: MotionListener }) => PtzDriver;
}

export class SimulatedChase implements AsyncDisposable {
  readonly camera: VirtualCamera;
  readonly #time: SteppedTime;
  readonly #server: CameraServer;
  readonly #requests: Requests;
  readonly #tracker = new ByteTrack(Value.Create(trackOptions));
  readonly #ego = new EgoMotion();
  #run: NodeRun | undefined;
  #ids: readonly number[] = [];
  #index = 0;
  #nextFrameMs = 0;
  readonly #eye: GlobalMotion | null;
  readonly #pictureAgeMs: number;
  #seenMs = 0;
  #motionUntilMs = 0;
  #tellMotion: (news: MotionNews) => void = () => undefined;
  /** States that the node published, the newest of each topic. */
  readonly states = new Map<string, unknown>();

  private constructor(
    time: SteppedTime,
    camera: VirtualCamera,
    server: CameraServer,
    requests: Requests,
    { hasEyes, pictureAgeMs }: { readonly hasEyes: boolean; readonly pictureAgeMs: number },
  ) {
    this.#pictureAgeMs = pictureAgeMs;
    this.#eye = hasEyes ? new GlobalMotion(EYE) : null;
    this.#time = time;
    this.camera = camera;
    this.#server = server;
    this.#requests = requests;
  }

  /** Everything is wired; the camera is not reached yet. */
  static async start(options: SimulatedOptions): Promise<SimulatedChase> {
    const { quirks = [], loseEvery = 0, scene, known, params, driver, hasEyes = false, pictureAgeMs = 0 } = options;
    const time = new SteppedTime();
    const camera = new VirtualCamera({ clock: time.clock, scene });
    const requests = new Requests(loseEvery);
    const server = await CameraServer.start({
      ...{ clock: time.clock, camera, quirks, version: '0.0.1', host: '127.0.0.1', port: 0 },
      credentials: { user: USER, password: PASSWORD },
      wait: (ms) => requests.holds(time.wait(ms)),
    });
    const chase = new SimulatedChase(time, camera, server, requests, { hasEyes, pictureAgeMs });
    const store = new MemoryStore();
    if (known) store.save({ version: 1, ...known, repeatability: 1, atUnixMs: time.clock.unixMs() });
    const contract: typeof autotrack = {
      ...autotrack,
      open: (context) => {
        const watch = ({ name }: BoardTopic, listener: (news: MotionNews) => void) => {
          if (name === 'motion') chase.#tellMotion = listener;
        };
        const board = { ...context.board, post: chase.#post, watch };
        const every = (ms: number, tick: () => void) => time.every(ms, tick);
        return follow({ ...context, board, every } as unknown as FollowContext, {
          controlMode: 'onvif',
          driver: (listener) => driver(server, { time, listener }),
          time,
        });
      },
    };
    chase.#run = await openNode(contract, {
      ...{ clock: time.clock, pace: 'realtime', stores: { node: store }, inputs: { tracks: [] } },
      params: { calibrate: false, search_s: 0, ...params },
    });
    return chase;
  }

  /** Counters and gauges of the node. */
  get stats() {
    return this.#node.stats;
  }

  /** Lets time pass in small steps, and looks after each. */
  async run(seconds: number, look: () => void = () => undefined): Promise<void> {
    const { clock } = this.#time;
    for (const endMs = clock.monoMs() + seconds * 1000; clock.monoMs() < endMs; ) {
      this.#time.advance(STEP_MS);
      if (clock.monoMs() >= this.#nextFrameMs) this.#expose();
      await this.#requests.settle();
      look();
    }
  }

  /** Lets time pass until it holds. */
  async until(what: string, holds: () => boolean, withinS: number): Promise<void> {
    const endMs = this.#time.clock.monoMs() + withinS * 1000;
    while (!holds()) {
      if (this.#time.clock.monoMs() > endMs) throw new Error(`not within ${withinS} s: ${what}`);
      await this.run(STEP_MS / 1000);
    }
  }

  /** Selects the only thing in sight. */
  async select(): Promise<void> {
    await this.until('a track', () => this.#ids.length > 0, 5);
    await this.#node.request('set_target_id', { target_id: this.#ids[0] });
  }

  /** The operator lets the camera move, or not. */
  async switch(enabled: boolean): Promise<void> {
    await this.#node.request('set_autotrack', { enabled });
  }

  /** Gives the node other values of its live options. */
  async update(params: Partial<AutotrackParams>): Promise<void> {
    const now = this.#run?.graph.nodes.find(({ id }) => id === 'node')?.params;
    await this.#node.update({ ...now, ...params });
  }

  get isReady(): boolean {
    return this.stats.link === 'ready';
  }

  /** Distance of the target from the centre of the picture, share of the picture's width; out of sight: 1. */
  offCentre(): number {
    const box = this.camera.truth(this.camera.nowS(), SIZE)[0]?.box;
    if (!box) return 1;
    return Math.hypot(box.x + box.w / 2 - SIZE.width / 2, box.y + box.h / 2 - SIZE.height / 2) / SIZE.width;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    let isClosed = false;
    const closing = this.#node.close().finally(() => {
      isClosed = true;
    });
    while (!isClosed) await this.run(STEP_MS / 1000);
    await closing;
    this.#requests[Symbol.dispose]();
    await this.#server.stop();
  }

  get #node() {
    const node = this.#run?.nodes.get('node');
    if (!node) throw new Error('not started');
    return node;
  }

  /** The tracker hears of the camera what the board tells it. */
  readonly #post = ({ name }: BoardTopic, value: unknown): void => {
    if (name === 'camera') this.#ego.add(value as CameraNews);
    if (name === 'motion-wanted') this.#motionUntilMs = this.#time.clock.monoMs() + (value as { forMs: number }).forMs;
  };

  #expose(): void {
    const { clock } = this.#time;
    const nowMs = clock.monoMs();
    this.#nextFrameMs = nowMs + FRAME_MS;
    const truth = this.camera.truth(this.camera.nowS(), SIZE);
    const detections = truth.flatMap(({ box, label }): Detection[] =>
      box && box.w > 3 ? [{ bboxPx: box, label, confidence: 0.85 }] : [],
    );
    this.#look(nowMs);
    const size = { w: SIZE.width, h: SIZE.height };
    const arrivesMs = nowMs + this.#pictureAgeMs;
    const times = { captureMonoMs: arrivesMs, captureUnixMs: clock.unixMs(), decodedMonoMs: arrivesMs };
    const frame: FrameMeta = {
      index: this.#index++,
      mediaTimeS: nowMs / 1000,
      ...times,
      size,
      captureClock: 'arrival',
    };
    this.#time.after(this.#pictureAgeMs + DETECT_MS, () => this.#detected(frame, detections));
  }

  /** As decode does: only while it is wanted. */
  #look(nowMs: number): void {
    if (!this.#eye) return;
    const fromMs = this.#seenMs;
    this.#seenMs = nowMs;
    if (nowMs > this.#motionUntilMs) {
      this.#eye.reset();
      return;
    }
    const { data } = this.camera.luma(this.camera.nowS(), { width: EYE.w, height: EYE.h });
    const moved = this.#eye.step(data);
    const age = this.#pictureAgeMs;
    this.#time.after(age, () => this.#tellMotion({ fromMs: fromMs + age, atMs: nowMs + age, moved }));
  }

  #detected(frame: FrameMeta, detections: Detection[]): void {
    const motion = this.#ego.step(frame.captureMonoMs, frame.size);
    const { tracks } = this.#tracker.step(frame.mediaTimeS, detections, { widthPx: frame.size.w, motion });
    this.#ids = tracks.map(({ id }) => id);
    void this.#node.deliver('tracks', { frame, tracks });
  }
}
