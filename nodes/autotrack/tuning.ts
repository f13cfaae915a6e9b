/**
 * Parameters of the camera's motors: kept from an earlier run, measured now by small
 * moves, or assumed. Also the scale of the camera's positions in degrees.
 */

import type { Capabilities, PtzStatus, Velocity, Verdict } from '../../ptz/index.ts';
import { type CaptureClock, type Logger, type NodeStore, wrapDeg } from '../../runtime/node.ts';
import { QuickCalibration, type QuickResult } from './control/quick-calibration.ts';
import { type AxisPlant, type Plant, type ReportedPose, UNKNOWN_PLANT } from './control/types.ts';
import type { CalibrationView } from './state-messages.ts';

export interface TuningOptions {
  readonly calibrate: boolean;
  readonly max_zoom: number;
  readonly hfov_deg: number;
  readonly frame_delay_ms?: number;
}

export interface TuningStep {
  readonly isRunning: boolean;
  readonly command: Velocity | null;
  /** Something has just been learned: `plant` is new. */
  readonly learned: boolean;
}

interface Learned {
  readonly plant: Plant;
  readonly repeatability: number;
  readonly atUnixMs: number;
}

/** The state on disk. */
interface Kept extends Partial<Learned> {
  readonly version: typeof VERSION;
  /** Capabilities of the camera at the last connection; for people who read the file. */
  readonly verdict?: Verdict;
  /** A plant belongs to the way that the camera is steered. */
  readonly rung: string | null;
  /** What was found out while following, where nothing was calibrated: a start for the next time. */
  readonly guess?: Plant;
}

const VERSION = 1;
const NOT_NOW: TuningStep = { isRunning: false, command: null, learned: false };
/** Assumed range of pan and tilt for a camera whose positions are not degrees. */
const ASSUMED_RANGE_DEG = { pan: 360, tilt: 110 };
/** How old pictures typically are that are stamped as they arrive: exposure, encoding, network. */
const ARRIVAL_DELAY_MS = 200;
/** Pause after an interrupted or failed calibration … */
const AGAIN_MS = 60_000;
/** … and the most attempts. */
const MOST_TRIES = 3;
/** Repeated movements that agree less than this were disturbed: a blocked axis, or a busy machine. */
const TRUSTED = 0.9;

export class Tuning {
  readonly #options: TuningOptions;
  readonly #store: NodeStore;
  readonly #log: Logger;
  #capabilities: Capabilities | null = null;
  #learned: Learned | null = null;
  /** The assumed motors before any measurement. */
  #guess: Plant = UNKNOWN_PLANT;
  #calibration: QuickCalibration | null = null;
  /** The pan that was told last. */
  #panDeg: number | null = null;
  #roundTripMs = 0;
  #notBeforeMs = 0;
  #tries = 0;
  #hasFailed = false;
  /** How old a picture is when it gets its time stamp. */
  #frameDelayMs = 0;

  constructor(options: TuningOptions, store: NodeStore, log: Logger) {
    this.#options = options;
    this.#store = store;
    this.#log = log;
  }

  get plant(): Plant {
    return this.#learned?.plant ?? this.#guess;
  }

  /** The camera is connected and tested: earlier measurements count if it is steered in the same way. */
  connected(capabilities: Capabilities): void {
    this.#capabilities = capabilities;
    const { learned, guess } = readKept(this.#store.load(), capabilities.verdict.rung);
    this.#learned = learned;
    if (guess) this.#guess = { ...guess, isGuess: true };
    this.#keep();
  }

  /** A picture has come, stamped by this clock. */
  stampedBy(clock: CaptureClock | undefined): void {
    this.#frameDelayMs = this.#options.frame_delay_ms ?? (clock === 'arrival' ? ARRIVAL_DELAY_MS : 0);
  }

  /** What a status says in degrees and magnifications; positions of unknown scale are not taken for degrees. */
  inDegrees({ atMs, pan, tilt, zoom }: PtzStatus): ReportedPose {
    const isDegrees = this.#capabilities?.positionUnit === 'degrees';
    return {
      atMs,
      ...(isDegrees && pan !== null ? { panDeg: pan } : {}),
      ...(isDegrees && tilt !== null ? { tiltDeg: tilt } : {}),
      ...(zoom === null ? {} : { zoomX: this.#options.max_zoom ** zoom }),
    };
  }

  /** A status, for the calibration. */
  status(status: PtzStatus): void {
    const { atMs, pan, tilt, roundTripMs } = status;
    this.#roundTripMs = roundTripMs ?? 0;
    if (this.#calibration === null || pan === null || tilt === null) return;
    const isDegrees = this.#capabilities?.positionUnit === 'degrees';
    // Over the end of a range that is a whole turn it goes on.
    const toldDeg = isDegrees ? pan : (pan * ASSUMED_RANGE_DEG.pan) / 2;
    const panDeg = (this.#panDeg ?? toldDeg) + wrapDeg(toldDeg - (this.#panDeg ?? toldDeg));
    this.#panDeg = panDeg;
    const tiltDeg = isDegrees ? tilt : (tilt * ASSUMED_RANGE_DEG.tilt) / 2;
    const { zoomX } = this.inDegrees(status);
    this.#calibration.see({ atMs, panDeg, tiltDeg, ...(zoomX === undefined ? {} : { zoomX }) });
  }

  /** A velocity, or a stop, went out. */
  sent(velocity: Velocity, atMs: number): void {
    this.#calibration?.sent(velocity, atMs);
  }

  /** Takes the motors as measured while following: they count until there is a calibration. */
  noticed(plant: Plant): void {
    if (this.#learned !== null || !this.#guess.isGuess) return;
    this.#guess = plant;
    this.#keep();
    this.#log.info('motor model updated while following', describe(plant));
  }

  /** The next small move of a calibration, if one is due. Must be called only while there is nothing to follow. */
  step(nowMs: number, unixMs: number, aspect: number): TuningStep {
    if (this.#calibration === null && !this.#isWanted(nowMs)) return NOT_NOW;
    this.#calibration ??= this.#begin(aspect);
    const command = this.#calibration.step(nowMs);
    if (!this.#calibration.done) return { isRunning: true, command, learned: false };
    return { isRunning: false, command, learned: this.#finish(nowMs, unixMs) };
  }

  /** There is a target to follow. @returns whether a calibration was interrupted: its results so far count */
  abort(nowMs: number): boolean {
    if (this.#calibration === null) return false;
    const result = this.#calibration.result();
    this.#calibration = null;
    this.#notBeforeMs = nowMs + AGAIN_MS;
    // The result from following is better than that of an interrupted calibration.
    if (this.#guess.isGuess) this.#guess = { ...this.#inPictures(result), isGuess: true };
    return true;
  }

  view(): CalibrationView {
    const { pan, tilt, isGuess } = this.plant;
    const isKnown = this.#learned !== null || !isGuess;
    const state = this.#calibration ? 'running' : isKnown ? 'done' : this.#hasFailed ? 'failed' : 'none';
    return {
      state,
      repeatability: this.#learned?.repeatability ?? null,
      atUnixMs: this.#learned?.atUnixMs ?? null,
      delayMs: isKnown ? pan.delayMs : null,
      panDegPerS: isKnown ? Math.abs(pan.gainPerS) : null,
      tiltDegPerS: isKnown ? Math.abs(tilt.gainPerS) : null,
    };
  }

  #isWanted(nowMs: number): boolean {
    if (!this.#options.calibrate || this.#learned !== null || this.#hasFailed || nowMs < this.#notBeforeMs)
      return false;
    // A motion without a position cannot be measured.
    return this.#capabilities?.position === true && this.#capabilities.verdict.rung !== null;
  }

  #begin(aspect: number): QuickCalibration {
    this.#log.info('calibrating: the camera makes small moves to measure its motors');
    const { hfov_deg: fieldDeg, max_zoom: maxZoom } = this.#options;
    return new QuickCalibration({ fieldDeg, aspect, maxZoom, lateMs: this.#roundTripMs });
  }

  #keep(): void {
    const verdict = this.#capabilities?.verdict;
    const kept: Kept = {
      ...this.#learned,
      version: VERSION,
      rung: verdict?.rung ?? null,
      ...(verdict ? { verdict } : {}),
      ...(this.#guess === UNKNOWN_PLANT ? {} : { guess: this.#guess }),
    };
    this.#store.save(kept);
  }

  /** A picture of a place comes later than the news of it. */
  #inPictures({ plant: { pan, tilt, zoom }, ...seen }: QuickResult): Plant {
    const late = (axis: AxisPlant) => ({ ...axis, delayMs: axis.delayMs + this.#frameDelayMs });
    const isGuess = seen.pan === null || seen.tilt === null;
    return { pan: late(pan), tilt: late(tilt), zoom: late(zoom), isGuess };
  }

  #finish(nowMs: number, unixMs: number): boolean {
    const result = this.#calibration?.result();
    this.#calibration = null;
    this.#notBeforeMs = nowMs + AGAIN_MS;
    if (!result || (!result.pan && !result.tilt)) return this.#failed('the small moves were not seen', true);
    // An axis that was not seen to move stays a guess; what is known of the other one counts.
    const repeatability = Math.min(result.pan?.explained ?? 1, result.tilt?.explained ?? 1);
    if (repeatability < TRUSTED) {
      const agreed = Math.round(repeatability * 1000) / 1000;
      return this.#failed(`repeated moves agreed by ${agreed} only`, ++this.#tries >= MOST_TRIES);
    }
    this.#learned = { plant: this.#inPictures(result), repeatability, atUnixMs: unixMs };
    this.#keep();
    const { plant } = this.#learned;
    this.#log.info('calibrated', { ...describe(plant), repeatability: Math.round(repeatability * 1000) / 1000 });
    return true;
  }

  #failed(why: string, forGood: boolean): boolean {
    this.#hasFailed = forGood;
    this.#log.warn(`calibration failed: ${why}; following starts with slow moves`, {
      code: 'calibration_failed',
      ...(forGood ? {} : { again_s: AGAIN_MS / 1000 }),
    });
    return false;
  }
}

function describe({ pan, tilt }: Plant) {
  return {
    delay_ms: Math.round(pan.delayMs),
    pan_deg_per_s: Math.round(pan.gainPerS * 10) / 10,
    tilt_deg_per_s: Math.round(tilt.gainPerS * 10) / 10,
  };
}

const NOTHING = { learned: null, guess: null };

function readKept(value: unknown, rung: string | null): { learned: Learned | null; guess: Plant | null } {
  if (typeof value !== 'object' || value === null) return NOTHING;
  const kept = value as Partial<Kept>;
  if (kept.version !== VERSION || kept.rung !== rung) return NOTHING;
  const { plant, repeatability = 0, atUnixMs = 0, guess } = kept;
  return {
    learned: isPlant(plant) ? { plant, repeatability, atUnixMs } : null,
    guess: isPlant(guess) ? guess : null,
  };
}

function isPlant(value: unknown): value is Plant {
  if (typeof value !== 'object' || value === null) return false;
  return (['pan', 'tilt', 'zoom'] as const).every((name) => {
    const axis: unknown = (value as Record<string, unknown>)[name];
    if (typeof axis !== 'object' || axis === null) return false;
    const { gainPerS, rampS, delayMs } = axis as Record<string, unknown>;
    return [gainPerS, rampS, delayMs].every((number) => typeof number === 'number' && Number.isFinite(number));
  });
}
