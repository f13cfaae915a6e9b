/**
 * A pursuit in simulated time: the virtual camera's head and scene, its true boxes as detections (late, as a model's are),
 * the tracker with its ego motion, and the steering. Nothing is rendered, no process is started, and no time passes.
 */
import { Value } from '@sinclair/typebox/value';
import { controlOptions } from '../../../nodes/autotrack/control/options.ts';
import type { Plant, Velocity } from '../../../nodes/autotrack/control/types.ts';
import type { Selection } from '../../../nodes/autotrack/selector.ts';
import { type Decision, Steering, type SteeringOptions } from '../../../nodes/autotrack/steering.ts';
import { ByteTrack } from '../../../nodes/track/byte-track.ts';
import { EgoMotion } from '../../../nodes/track/ego-motion.ts';
import { trackOptions } from '../../../nodes/track/options.ts';
import type { Detection, FrameMeta, Track, TrackingPhase } from '../../../runtime/data.ts';
import { VirtualCamera } from '../../../sim/camera/virtual-camera.ts';
import { defaultScene, type SceneFile } from '../../../sim/scene/scene-file.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const PICTURE = { width: 640, height: 360 };
const SIZE = { w: 640, h: 360 };
const STEP_MS = 20;
const FRAME_MS = 80;
/** From a picture to its tracks. */
const DETECT_MS = 100;
const LEASE_S = 1;

/** What the virtual camera's motors are like. */
export const TRUE_PLANT: Plant = {
  pan: { gainPerS: 90, rampS: 0.3, delayMs: 80 },
  tilt: { gainPerS: 60, rampS: 0.25, delayMs: 80 },
  zoom: { gainPerS: 3, rampS: 0.25, delayMs: 80 },
};

const OPTIONS: SteeringOptions = {
  ...Value.Create(controlOptions),
  auto: false,
  required_zones: [],
  labels: [],
  min_confidence: 0.5,
  min_age_s: 1,
  grace_s: 2,
  hold_s: 2,
  search_s: 10,
  return_after_s: 20,
  stationary_release_s: 0,
  hasHome: false,
};

export interface Look {
  readonly timeS: number;
  readonly phase: TrackingPhase;
  readonly selection: Selection | null;
  readonly tracks: readonly Track[];
  readonly state: Decision['mission']['state'];
  readonly order: Decision['mission']['order'];
  /** True distance of the (one) target from the picture's centre, share of the frame width; null: out of the picture. */
  readonly off: number | null;
}

/** One target on this path. */
export function sceneOf(path: [number, number, number, number][], more: Partial<SceneFile> = {}): SceneFile {
  const target = { id: 1, label: 'drone', path, repeats: false };
  return { ...defaultScene(), ...more, targets: [target] };
}

export class Pursuit {
  readonly clock = new ManualClock(1000);
  readonly camera: VirtualCamera;
  readonly steering: Steering;
  readonly looks: Look[] = [];
  /** Hides the target from the detector. */
  isBlind = false;
  isAway = false;
  canMove = true;
  /** Velocities that went out, stops included. */
  readonly sent: { readonly timeS: number; readonly command: Velocity }[] = [];
  readonly #tracker = new ByteTrack(Value.Create(trackOptions));
  readonly #ego = new EgoMotion();
  readonly #late: { readonly dueMs: number; readonly frame: FrameMeta; readonly detections: Detection[] }[] = [];
  #index = 0;
  #nextFrameMs = 0;

  constructor(scene: SceneFile, options: Partial<SteeringOptions> = {}, plant: Plant = TRUE_PLANT) {
    this.camera = new VirtualCamera({ clock: this.clock, scene });
    this.steering = new Steering({ ...OPTIONS, ...options }, null);
    this.steering.plant = plant;
  }

  /** Lets time pass. */
  run(seconds: number): this {
    const endMs = this.clock.monoMs() + seconds * 1000;
    while (this.clock.monoMs() < endMs) {
      this.clock.advance(STEP_MS);
      const nowMs = this.clock.monoMs();
      if (nowMs >= this.#nextFrameMs) {
        this.#nextFrameMs = nowMs + FRAME_MS;
        this.#expose(nowMs);
      }
      while ((this.#late[0]?.dueMs ?? Number.POSITIVE_INFINITY) <= nowMs) this.#detected(nowMs);
      this.#act(nowMs);
    }
    return this;
  }

  select(id: number | null): this {
    this.steering.operate(id, this.clock.monoMs());
    return this;
  }

  get last(): Look {
    const last = this.looks.at(-1);
    if (!last) throw new Error('nothing was seen yet');
    return last;
  }

  /** Looks since a time, in seconds on the camera's clock. */
  since(timeS: number): readonly Look[] {
    return this.looks.filter((look) => look.timeS >= timeS);
  }

  #expose(nowMs: number): void {
    const truth = this.isBlind ? [] : this.camera.truth(this.camera.nowS(), PICTURE);
    const detections = truth.flatMap(({ box, label }): Detection[] =>
      box && box.w > 3 ? [{ bboxPx: box, label, confidence: 0.85 }] : [],
    );
    const times = { captureMonoMs: nowMs, captureUnixMs: this.clock.unixMs(), decodedMonoMs: nowMs };
    const frame = { index: this.#index++, mediaTimeS: nowMs / 1000, ...times, size: SIZE };
    this.#late.push({ dueMs: nowMs + DETECT_MS, frame, detections });
  }

  #detected(nowMs: number): void {
    const late = this.#late.shift();
    if (!late) return;
    const motion = this.#ego.step(late.frame.captureMonoMs, SIZE);
    const { tracks } = this.#tracker.step(late.frame.mediaTimeS, late.detections, { widthPx: SIZE.w, motion });
    const phase = this.steering.see(late.frame, tracks, nowMs, this.canMove);
    const { mission } = this.#decide(nowMs);
    const [target] = this.camera.truth(this.camera.nowS(), PICTURE);
    const box = target?.box ?? null;
    this.looks.push({
      timeS: this.camera.nowS(),
      phase,
      tracks,
      selection: this.steering.selection,
      state: mission.state,
      order: mission.order,
      off: box && Math.hypot(box.x + box.w / 2 - 320, box.y + box.h / 2 - 180) / 640,
    });
  }

  #act(nowMs: number): void {
    this.#decide(nowMs);
    const fieldDeg = this.steering.view(nowMs)?.fieldDeg;
    if (fieldDeg === undefined) return;
    const { panDeg, tiltDeg } = this.steering.turned(nowMs);
    const reckoned = { panDeg, tiltDeg, hfovDeg: fieldDeg, origin: 0 };
    this.#ego.add({ atMs: nowMs, moving: true, panDeg: null, tiltDeg: null, hfovDeg: null, preset: null, reckoned });
  }

  #decide(nowMs: number): Decision {
    const { pan, tilt } = this.camera.state();
    const status = { atMs: nowMs, panDeg: pan.position, tiltDeg: tilt.position };
    const side = { canMove: this.canMove, isAway: this.isAway, isHome: false };
    const decision = this.steering.decide(nowMs, side, status);
    if (decision.command) this.#send(nowMs, decision.command);
    return decision;
  }

  #send(nowMs: number, command: Velocity): void {
    const { spec } = this.camera;
    const rates = { pan: command.pan * spec.pan.maxRate, tilt: command.tilt * spec.tilt.maxRate };
    this.camera.command({ kind: 'rate', rates: { ...rates, zoom: command.zoom * spec.zoom.maxRate }, forS: LEASE_S });
    this.steering.sent(command, nowMs);
    this.sent.push({ timeS: this.camera.nowS(), command });
  }
}
