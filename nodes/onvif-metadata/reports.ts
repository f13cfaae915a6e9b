/** Documents of a camera in, detections out: one message for each picture that it describes, at the time of that picture. */
import { readScenes, type Scene, type SceneObject } from '../../ptz/index.ts';
import {
  type CaptureClock,
  type Detection,
  errorCode,
  errorMessage,
  type MetadataMessage,
  type NodeContext,
  type Size,
  WallTime,
  WindhoverError,
} from '../../runtime/node.ts';
import type { MetadataOptions } from './options.ts';
import { SceneClock } from './scene-clock.ts';
import { SceneObjects } from './scene-objects.ts';

export type Context = NodeContext<MetadataOptions, { detections: { kind: 'detections' } }>;

/** A camera that sees nothing may say so once, and then nothing. Silence of so long is a picture without objects. */
const QUIET_MS = 1000;
/** The same where it has just seen something: then it should go on. */
const BROKEN_OFF_MS = 5000;
/** A camera that has described nothing for so long may not have been told to. */
const SILENT_MS = 30_000;
/** Broken documents are logged at the first and then at every so many. */
const LOG_EVERY = 1000;
const DEFAULT_SIZE: Size = { w: 1920, h: 1080 };

/** What a successor goes on with. */
interface Kept {
  readonly index: number;
  readonly captureMonoMs: number;
  readonly originMonoMs: number | null;
}

export class Reports {
  readonly #context: Context;
  readonly #clock: SceneClock;
  readonly #wall: WallTime;
  readonly #objects: SceneObjects;
  readonly #beganMs: number;
  #stream: MetadataMessage;
  #index: number;
  /** Of the last picture. */
  #captureMonoMs: number;
  /** Of media time 0. */
  #originMonoMs: number | null;
  /** When the last picture was told, or the connection was made. */
  #toldMs = 0;
  #broken = 0;
  #hasScenes = false;
  /** The last scene had no object. */
  #isEmpty = true;
  #isSilent = false;
  #hasModules = false;

  constructor(context: Context) {
    this.#context = context;
    this.#clock = new SceneClock(context.clock);
    this.#wall = new WallTime(context.clock);
    this.#objects = new SceneObjects(context.params.module);
    this.#beganMs = context.clock.monoMs();
    const times = { arrivalMonoMs: this.#beganMs, cameraToMonoMs: null, originMonoMs: this.#beganMs };
    this.#stream = { hasTrack: true, ...times, captureClock: 'arrival', size: null, generation: 0 };
    const kept = keptOf(context.kept);
    this.#index = kept?.index ?? 0;
    this.#captureMonoMs = kept?.captureMonoMs ?? Number.NEGATIVE_INFINITY;
    this.#originMonoMs = kept?.originMonoMs ?? null;
  }

  handover(): Kept {
    return { index: this.#index, captureMonoMs: this.#captureMonoMs, originMonoMs: this.#originMonoMs };
  }

  /** Of a source. @throws WindhoverError `metadata_no_track` (permanent) */
  take(message: MetadataMessage): void | Promise<void> {
    const { document, arrivalMonoMs } = message;
    if (!message.hasTrack) {
      throw new WindhoverError('metadata_no_track', 'the stream of the source has no track of metadata', {
        expected: 'an RTSP stream with application/vnd.onvif.metadata',
        hint: 'switch metadata and analytics on in the media profile of the camera; or take its scenes from MQTT: url, topic',
        // A camera that had one before may only be about to start.
        permanent: this.#stream.generation === 0,
      });
    }
    if (message.generation !== this.#stream.generation) this.restart();
    this.#stream = message;
    this.#originMonoMs = message.originMonoMs;
    return document === undefined ? this.beat() : this.document(document, arrivalMonoMs);
  }

  /** The connection is new: what was said before holds no more. */
  restart(): void {
    this.#objects.reset();
    this.#clock.reset();
    this.#toldMs = this.#context.clock.monoMs();
  }

  /** One document. What cannot be read is counted, and left out. */
  async document(text: string, arrivalMonoMs: number): Promise<void> {
    // All are handed on at once, so that they stay in order.
    await Promise.all(this.#scenesOf(text).map((scene) => this.#scene(scene, arrivalMonoMs)));
  }

  /** Called about once a second while the camera may speak. */
  beat(): void | Promise<void> {
    const nowMs = this.#context.clock.monoMs();
    if (!this.#hasScenes && !this.#isSilent && nowMs - this.#beganMs > SILENT_MS) {
      this.#isSilent = true;
      const message = 'the camera has described no scene yet: is its analytics switched on, and part of its metadata?';
      this.#context.fault({ code: 'metadata_silent', message, isWarning: true });
    }
    // Scenes that are on their way may be that late.
    const captureMs = nowMs - QUIET_MS;
    const isQuiet = nowMs - this.#toldMs >= (this.#isEmpty ? QUIET_MS : BROKEN_OFF_MS);
    if (!isQuiet || captureMs <= this.#captureMonoMs) return;
    this.#isEmpty = true;
    return this.#emit(this.#objects.idle, { monoMs: captureMs, clock: this.#stream.captureClock }, nowMs);
  }

  #scenesOf(text: string): Scene[] {
    try {
      return readScenes(text);
    } catch (error) {
      this.#context.count('broken_documents');
      const code = errorCode(error) ?? 'scene_malformed';
      const what = { code, got: errorMessage(error) };
      if (this.#broken++ % LOG_EVERY === 0) this.#context.log.warn('a document of the camera is left out', what);
      return [];
    }
  }

  #scene(scene: Scene, arrivalMonoMs: number): void | Promise<void> {
    this.#context.count('scenes');
    if (this.#isSilent) this.#context.fault(null);
    [this.#hasScenes, this.#isSilent] = [true, false];
    const objects = this.#objects.step(scene);
    this.#tellModules();
    if (objects === undefined) return;
    this.#isEmpty = scene.objects.length === 0;
    const { cameraToMonoMs, captureClock } = this.#stream;
    const capture = this.#clock.captureOf({ utcMs: scene.utcMs, arrivalMonoMs, cameraToMonoMs, captureClock });
    if (capture.monoMs > this.#captureMonoMs) return this.#emit(objects, capture, arrivalMonoMs);
    this.#context.count('late_scenes');
  }

  #emit(
    objects: readonly SceneObject[],
    { monoMs, clock }: { monoMs: number; clock: CaptureClock },
    arrivalMonoMs: number,
  ): void | Promise<void> {
    const { params, count, emit } = this.#context;
    const known = this.#stream.size ?? DEFAULT_SIZE;
    const size = { w: params.width ?? known.w, h: params.height ?? known.h };
    const detections = objects.flatMap((object) => detectionOf(object, size));
    count('without_box', objects.length - detections.length);
    this.#originMonoMs ??= monoMs;
    this.#toldMs = this.#context.clock.monoMs();
    this.#captureMonoMs = monoMs;
    const frame = {
      index: this.#index++,
      mediaTimeS: (monoMs - this.#originMonoMs) / 1000,
      captureUnixMs: Math.max(0, this.#wall.at(monoMs)),
      captureMonoMs: monoMs,
      captureClock: clock,
      decodedMonoMs: arrivalMonoMs,
      size,
    };
    count('decoded');
    return emit.detections({ frame, detections, inferenceMs: 0 });
  }

  #tellModules(): void {
    const { modules, module } = this.#objects;
    if (this.#hasModules || modules.size < 2 || module === undefined || this.#context.params.module !== undefined)
      return;
    this.#hasModules = true;
    const message = 'the camera has several analytics modules, of which one is taken: the option module names another';
    this.#context.log.warn(message, { code: 'metadata_modules', taken: module, modules: [...modules].join(', ') });
  }
}

function detectionOf({ boxNorm, label, likelihood }: SceneObject, { w, h }: Size): Detection[] {
  if (boxNorm === null) return [];
  const bboxPx = { x: boxNorm.x * w, y: boxNorm.y * h, w: boxNorm.w * w, h: boxNorm.h * h };
  return [{ bboxPx, confidence: likelihood, label }];
}

function keptOf(kept: unknown): Kept | undefined {
  return typeof kept === 'object' && kept !== null && 'captureMonoMs' in kept ? (kept as Kept) : undefined;
}
