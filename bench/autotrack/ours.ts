/**
 * The project's controller on a simulated camera. All that it gets are boxes with the time of their arrival, and the
 * settings that a user gives: field of view, largest magnification. Delay, speeds and ramps it learns beforehand, from
 * a target that stands still in the picture, seen with the same noise and as seldom as any other.
 */
import { Value } from '@sinclair/typebox/value';
import { Calibration } from '../../nodes/autotrack/control/calibration.ts';
import { Controller } from '../../nodes/autotrack/control/controller.ts';
import { type ControlOptions, controlOptions } from '../../nodes/autotrack/control/options.ts';
import { type Plant, UNKNOWN_PLANT, type VelocityCommand } from '../../nodes/autotrack/control/types.ts';
import { toDirection } from '../../nodes/autotrack/control/view.ts';
import type { PlantSpec } from './files.ts';
import { type Frame, inPicture, type Order, SimulatedCamera, takePicture } from './plant.ts';
import { Random } from './random.ts';
import { type Contestant, STEP_MS } from './run.ts';

/** Width of what the calibration looks at, share of the frame width. */
const LANDMARK = 0.06;
/** Its noise is not that of the runs. */
const CALIBRATION_SEED = 7919;
/** A calibration that does not end is given up on. */
const CALIBRATION_MS = 900_000;

export function optionsFor(spec: PlantSpec, zoom: boolean): ControlOptions {
  const max_zoom = zoom ? (spec.zoom?.max_x ?? 1) : 1;
  return { ...Value.Create(controlOptions), hfov_deg: spec.hfov_deg, max_zoom };
}

/** What the camera is like, as far as it can be learned by moving it. */
export function calibrate(spec: PlantSpec, zoom: boolean): Plant {
  const camera = new SimulatedCamera(spec);
  const random = new Random(spec.seed + CALIBRATION_SEED);
  const calibration = new Calibration({
    fieldDeg: spec.hfov_deg,
    aspect: spec.aspect,
    zoom: zoom && spec.zoom !== undefined && spec.zoom.max_x > 1,
  });
  const landmark = { panDeg: 0, tiltDeg: 0, widthDeg: LANDMARK * spec.hfov_deg };
  const landmarkShare = inPicture(spec, camera.pose, landmark).width;
  const under: Frame[] = [];
  let pictures = 0;
  for (let nowMs = 0; !calibration.done; nowMs += STEP_MS) {
    if (nowMs > CALIBRATION_MS) return UNKNOWN_PLANT;
    camera.advance(nowMs);
    if (nowMs >= (pictures * 1000) / spec.detect_hz) {
      pictures++;
      under.push(takePicture(spec, camera.pose, landmark, nowMs, random));
    }
    const frame = under[0] !== undefined && under[0].arrivesMs <= nowMs ? under.shift() : undefined;
    const seen = frame && motionFrom(spec, frame, nowMs, landmarkShare);
    const command = calibration.step(nowMs, seen);
    if (command !== null) camera.send(nowMs, { kind: 'velocity', ...command, leaseMs: 1000 });
  }
  return calibration.result().plant;
}

/** The camera's motion from a landmark: it goes the other way. */
function motionFrom(spec: PlantSpec, { bbox }: Frame, atMs: number, landmarkShare: number) {
  if (bbox === null) return undefined;
  const lens = { hfovDeg: spec.hfov_deg, aspect: spec.aspect };
  const still = { panDeg: 0, tiltDeg: 0, zoomX: 1 };
  const { panDeg, tiltDeg } = toDirection(lens, still, bbox.x + bbox.w / 2, bbox.y + bbox.h / 2);
  return { atMs, panDeg: -panDeg, tiltDeg: -tiltDeg, zoomX: bbox.w / landmarkShare };
}

export class WindhoverContestant implements Contestant {
  readonly #controller: Controller;
  readonly #leaseMs: number;

  constructor(spec: PlantSpec, plant: Plant, zoom: boolean) {
    const options = optionsFor(spec, zoom);
    this.#controller = new Controller(options, spec.aspect, plant);
    this.#leaseMs = options.lease_s * 1000;
  }

  frame(nowMs: number, { bbox }: Frame): Order | null {
    const sighting = bbox === null ? undefined : { atMs: nowMs, bbox };
    return this.#order(nowMs, this.#controller.step(nowMs, { sighting }).command);
  }

  tick(nowMs: number): Order | null {
    return this.#order(nowMs, this.#controller.step(nowMs).command);
  }

  #order(nowMs: number, command: VelocityCommand | null): Order | null {
    if (command === null) return null;
    this.#controller.sent(command, nowMs);
    return { kind: 'velocity', ...command, leaseMs: this.#leaseMs };
  }
}
