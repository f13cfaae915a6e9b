/**
 * The project's controller on a simulated camera. All that it gets while following are boxes with the time of their arrival,
 * and the settings that a user gives: field of view, largest magnification, age of the pictures. Delay, speeds and ramps it
 * learns beforehand as the node does: by the small moves of its calibration, from the positions that the camera reports.
 */
import { Value } from '@sinclair/typebox/value';
import { Controller } from '../../nodes/autotrack/control/controller.ts';
import { type ControlOptions, controlOptions } from '../../nodes/autotrack/control/options.ts';
import { type Plant, UNKNOWN_PLANT, type Velocity } from '../../nodes/autotrack/control/types.ts';
import { Tuning } from '../../nodes/autotrack/tuning.ts';
import type { Capabilities, PtzStatus } from '../../ptz/index.ts';
import type { PlantSpec } from './files.ts';
import { type Frame, type Order, SimulatedCamera } from './plant.ts';
import { type Contestant, STEP_MS, TICK_MS } from './run.ts';

/** How often the camera is asked for its position while it is calibrated, and what asking takes. */
const STATUS_MS = 60;
const ROUND_TRIP_MS = 20;
/** A calibration that does not end is given up on. */
const CALIBRATION_MS = 900_000;

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const FORGETFUL = { load: () => null, save: () => undefined };

const CAPABILITIES: Capabilities = {
  positionUnit: 'degrees',
  position: true,
  leaseMs: 1000,
  verdict: {
    rung: 'velocity',
    verified: true,
    stopsByItself: 'yes',
    rejected: [],
    stops: { timeout: 'works', stop: 'stop' },
    notes: [],
    roundTripMs: ROUND_TRIP_MS,
  },
};

export function optionsFor(spec: PlantSpec, zoom: boolean): ControlOptions {
  const max_zoom = zoom ? (spec.zoom?.max_x ?? 1) : 1;
  return { ...Value.Create(controlOptions), hfov_deg: spec.hfov_deg, max_zoom };
}

/** What the camera is like, as the node learns it. */
export function calibrate(spec: PlantSpec, zoom: boolean): Plant {
  const camera = new SimulatedCamera(spec);
  const options = optionsFor(spec, zoom);
  const tuning = new Tuning({ ...options, calibrate: true, frame_delay_ms: spec.frame_delay_ms }, FORGETFUL, SILENT);
  tuning.connected(CAPABILITIES);
  tuning.stampedBy('arrival');
  for (let nowMs = 0; nowMs <= CALIBRATION_MS; nowMs += STEP_MS) {
    camera.advance(nowMs);
    if (nowMs % STATUS_MS === 0) tuning.status(statusOf(camera, nowMs, options.max_zoom));
    if (nowMs % TICK_MS !== 0) continue;
    const { command, isRunning, learned } = tuning.step(nowMs, nowMs, spec.aspect);
    if (command !== null) {
      camera.send(nowMs, { kind: 'velocity', ...command, leaseMs: 1000 });
      tuning.sent(command, nowMs);
    }
    if (learned || (!isRunning && tuning.view().state === 'failed')) return tuning.plant;
  }
  return UNKNOWN_PLANT;
}

function statusOf(
  { pose: { panDeg, tiltDeg, zoomX }, moving }: SimulatedCamera,
  atMs: number,
  maxZoom: number,
): PtzStatus {
  const zoom = maxZoom > 1 ? Math.log(zoomX) / Math.log(maxZoom) : 0;
  const link = { state: 'ready', reason: null, nextTryMs: null } as const;
  const more = { roundTripMs: ROUND_TRIP_MS, velocity: null, leaseMs: 1000, link };
  return { atMs, pan: panDeg, tilt: tiltDeg, zoom, moving, ...more };
}

export class WindhoverContestant implements Contestant {
  readonly #controller: Controller;
  readonly #leaseMs: number;
  readonly #stampMs: (arrivalMs: number) => number;

  /** @param stampMs the capture time that a picture gets, by its arrival */
  constructor(spec: PlantSpec, plant: Plant, zoom: boolean, stampMs = (arrivalMs: number) => arrivalMs) {
    const options = optionsFor(spec, zoom);
    this.#controller = new Controller(options, spec.aspect, plant);
    this.#leaseMs = options.lease_s * 1000;
    this.#stampMs = stampMs;
  }

  frame(nowMs: number, { bbox }: Frame): Order | null {
    const sighting = bbox === null ? undefined : { atMs: this.#stampMs(nowMs), bbox };
    return this.#order(nowMs, this.#controller.step(nowMs, { sighting }).command);
  }

  tick(nowMs: number): Order | null {
    return this.#order(nowMs, this.#controller.step(nowMs).command);
  }

  #order(nowMs: number, command: Velocity | null): Order | null {
    if (command === null) return null;
    this.#controller.sent(command, nowMs);
    return { kind: 'velocity', ...command, leaseMs: this.#leaseMs };
  }
}
