/**
 * Parameters of the camera's motors: kept from an earlier run, measured now by small
 * moves, or assumed. Also the scale of the camera's positions in degrees.
 */

import type { Capabilities, PtzStatus, Velocity } from '../../ptz/index.ts';
import { type CaptureClock, type Logger, type NodeStore, wrapDeg } from '../../runtime/node.ts';
import type { QuickResult } from './control/calibration-record.ts';
import type { FoundMotors } from './control/motor-watch.ts';
import type { TurnAxis } from './control/plant-watch.ts';
import { QuickCalibration } from './control/quick-calibration.ts';
import { type AxisPlant, type MovedPicture, type Plant, type ReportedPose, UNKNOWN_PLANT } from './control/types.ts';
import { KEPT_VERSION, type Kept, type Learned, readKept } from './kept-motors.ts';
import { describe, doubtedText, turnedText } from './motor-texts.ts';
import type { CalibrationView } from './state-messages.ts';

export interface TuningOptions {
  readonly calibrate: boolean;
  readonly max_zoom: number;
  readonly hfov_deg: number;
  readonly frame_delay_ms?: number;
  readonly invert_pan?: boolean;
  readonly invert_tilt?: boolean;
}

export interface TuningStep {
  readonly isRunning: boolean;
  readonly command: Velocity | null;
  /** Something has just been learned: `plant` is new. */
  readonly learned: boolean;
}

const NOT_NOW: TuningStep = { isRunning: false, command: null, learned: false };
/** A picture that told its motion so lately will do so while the camera is moved. */
const SEEN_MS = 1000;
const TURN_AXES = ['pan', 'tilt'] as const;
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
  /** When the picture told its motion last. */
  #movedMs = Number.NEGATIVE_INFINITY;
  /** The pan that was told last. */
  #panDeg: number | null = null;
  #roundTripMs = 0;
  #firstTiltDeg: number | null = null;
  #notBeforeMs = 0;
  #tries = 0;
  #hasFailed = false;
  /** What was found while following, certain or not. */
  #found: Plant | null = null;
  /** Axes that seem to turn the other way, without being certain. */
  #doubted: readonly TurnAxis[] = [];
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
    const { plant } = this;
    const degrees = (axis: TurnAxis, told: number | null) =>
      told !== null && (this.#isDegrees || plant[axis].positionScale !== undefined)
        ? this.#assumedDeg(axis, told)
        : null;
    const [panDeg, toldTiltDeg] = [degrees('pan', pan), degrees('tilt', tilt)];
    // Where the horizon is in a range of another unit is not known: a tilt counts from the first one.
    if (!this.#isDegrees) this.#firstTiltDeg ??= toldTiltDeg;
    const tiltDeg = toldTiltDeg === null ? null : toldTiltDeg - (this.#firstTiltDeg ?? 0);
    return {
      atMs,
      ...(panDeg === null ? {} : { panDeg }),
      ...(tiltDeg === null ? {} : { tiltDeg }),
      ...(zoom === null ? {} : { zoomX: this.#options.max_zoom ** zoom }),
    };
  }

  /** A status, for the calibration. */
  status(status: PtzStatus): void {
    const { atMs, pan, tilt, roundTripMs } = status;
    this.#roundTripMs = roundTripMs ?? 0;
    if (this.#calibration === null || pan === null || tilt === null) return;
    // Over the end of a range that is a whole turn it goes on.
    const toldDeg = this.#assumedDeg('pan', pan);
    const panDeg = (this.#panDeg ?? toldDeg) + wrapDeg(toldDeg - (this.#panDeg ?? toldDeg));
    this.#panDeg = panDeg;
    const tiltDeg = this.#assumedDeg('tilt', tilt);
    const { zoomX } = this.inDegrees(status);
    this.#calibration.record.see({ atMs, panDeg, tiltDeg, ...(zoomX === undefined ? {} : { zoomX }) });
  }

  /** How the picture moved from one frame to the next. */
  moved(picture: MovedPicture): void {
    this.#movedMs = picture.atMs;
    this.#calibration?.record.moved(picture);
  }

  /** It is to be told how the picture moves: nothing was measured yet, or it is being measured. */
  get wantsPicture(): boolean {
    return (
      this.#options.calibrate && this.#learned === null && !this.#hasFailed && this.#capabilities?.verdict.rung != null
    );
  }

  /** A velocity, or a stop, went out. */
  sent(velocity: Velocity, atMs: number): void {
    this.#calibration?.record.sent(velocity, atMs);
  }

  /** Takes the motors as measured while following: they count until there is a calibration. */
  noticed(found: FoundMotors | null): void {
    if (found === null) return;
    const { plant, isSure, doubted } = found;
    for (const axis of doubted.filter((axis) => !this.#doubted.includes(axis)))
      this.#log.warn(doubtedText(axis), { code: 'axis_in_doubt', option: `invert_${axis}` });
    this.#doubted = doubted;
    const turned = this.#turnedAxes(plant).filter(
      (axis) => !this.#turnedAxes(this.#found ?? this.plant).includes(axis),
    );
    for (const axis of turned) this.#log.warn(turnedText(axis), { code: 'axis_turned', option: `invert_${axis}` });
    this.#found = plant;
    if (turned.length > 0 && this.#learned) this.#learned = { ...this.#learned, plant };
    else if (this.#learned !== null || !this.#guess.isGuess || !isSure) return;
    else this.#guess = plant;
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
    const result = this.#calibration.record.result();
    this.#calibration = null;
    this.#notBeforeMs = nowMs + AGAIN_MS;
    // The result from following is better than that of an interrupted calibration.
    if (this.#guess.isGuess) this.#guess = { ...this.#inPictures(result), isGuess: true };
    return true;
  }

  /** What an operator should know about the motors. */
  get notes(): readonly string[] {
    return [...this.#turnedAxes(this.#found ?? this.plant).map(turnedText), ...this.#doubted.map(doubtedText)];
  }

  /** Axes that turn the other way, and not because the options say so. */
  #turnedAxes(plant: Plant): TurnAxis[] {
    const { invert_pan: pan = false, invert_tilt: tilt = false } = this.#options;
    const isInverted = { pan, tilt };
    return TURN_AXES.filter(
      (axis) => (plant[axis].positionScale ?? (isInverted[axis] ? -1 : 1)) < 0 !== isInverted[axis],
    );
  }

  get #isDegrees(): boolean {
    return this.#capabilities?.positionUnit === 'degrees';
  }

  /** A position in degrees, as far as is known without the picture. */
  #assumedDeg(axis: TurnAxis, told: number): number {
    return this.#isDegrees ? told : (told * ASSUMED_RANGE_DEG[axis]) / 2;
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
    // A motion that neither a position nor the picture tells cannot be measured.
    const isSeen = this.#capabilities?.position === true || nowMs - this.#movedMs < SEEN_MS;
    return isSeen && this.#capabilities !== null && this.#capabilities.verdict.rung !== null;
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
      version: KEPT_VERSION,
      rung: verdict?.rung ?? null,
      ...(verdict ? { verdict } : {}),
      ...(this.#guess === UNKNOWN_PLANT ? {} : { guess: this.#guess }),
    };
    this.#store.save(kept);
  }

  /** A picture of a place comes later than the news of it. */
  #inPictures({ plant: { pan, tilt, zoom }, ...seen }: QuickResult): Plant {
    const late = (axis: AxisPlant) =>
      axis.positionScale === undefined ? { ...axis, delayMs: axis.delayMs + this.#frameDelayMs } : axis;
    const isGuess = seen.pan === null || seen.tilt === null;
    return { pan: late(pan), tilt: late(tilt), zoom: late(zoom), isGuess };
  }

  #finish(nowMs: number, unixMs: number): boolean {
    const result = this.#calibration?.record.result();
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
    this.#found = null;
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
