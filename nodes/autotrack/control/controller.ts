/**
 * Keeps a PTZ camera on its target: sightings in, velocity commands out. A pure stepper: time is an argument, equal
 * inputs give equal outputs.
 *
 * A sighting is turned into a direction with the pose that the camera had in that picture (own-motion.ts), filtered
 * (target-filter.ts) and predicted to the moment at which the next command will act; there it is compared with the pose
 * that the camera will have by then. So the delay of the loop is in the prediction, not in the feedback (Smith 1957).
 */
import type { Direction } from '../../../runtime/node.ts';
import { CAUTIOUS_HORIZON_S, cautious } from './caution.ts';
import { DeadReckoning } from './dead-reckoning.ts';
import { DeadZone, type Following } from './dead-zone.ts';
import { cosOf, fieldOfViewDeg, type Lens, toAngleDeg, toDirection, type View } from './lens.ts';
import { CommandGate } from './limits.ts';
import { turnTowards } from './look-around.ts';
import { asOptionsSay, MotorWatch } from './motor-watch.ts';
import type { ControlOptions } from './options.ts';
import { type Correction, corrected, type TurnAxis } from './plant-watch.ts';
import { type AxisMeeting, PAN, TargetEstimate, TILT } from './target-estimate.ts';
import {
  type AngularVelocity,
  type AxisPlant,
  type MovedPicture,
  NO_VELOCITY,
  type Plant,
  type ReportedPose,
  type TargetBox,
  type Velocity,
} from './types.ts';
import { meetingCommand, stoppingDeg } from './velocity-law.ts';
import { ZoomLaw } from './zoom-law.ts';

/** A target that is seen seldom may be unseen for so many times the time between two sightings. */
const COAST_GAPS = 2.5;
/** Changes of speed below this many fields of view per second are not worth a command. */
const LEAST_CHANGE = 0.002;
/** The same for zoom, of full speed. */
const LEAST_ZOOM_CHANGE = 0.02;
/** The same for looking around, of full speed. */
const LEAST_LOOK = 0.01;

export interface ControlInput {
  /** The target in a new picture; absent when there is none. */
  readonly sighting?: TargetBox | undefined;
  readonly status?: ReportedPose | undefined;
}

export interface ControlOutput {
  /** What to send now; null: nothing new, the last command goes on until its lease ends. */
  readonly command: Velocity | null;
  /** `idle`: no target yet. `blind`: unseen for too long, stopped. */
  readonly state: Following | 'idle' | 'blind';
  /** Distance of the target from the centre when a command of now acts, share of the frame width; null: not known. */
  readonly errorShare: number | null;
}

export class Controller {
  readonly #options: ControlOptions;
  readonly #lens: Lens;
  readonly #pose: DeadReckoning;
  readonly #target = new TargetEstimate();
  readonly #zone: DeadZone;
  readonly #zoom: ZoomLaw;
  readonly #gate: CommandGate;
  /** Whether the motors are as they are assumed to be. */
  readonly watch: MotorWatch;
  #sighting: TargetBox | null = null;

  /** @param aspect width over height of the picture @param plant what has been learned about the camera */
  constructor(options: ControlOptions, aspect: number, plant: Plant) {
    this.#options = options;
    this.#lens = { hfovDeg: options.hfov_deg, aspect };
    this.#pose = new DeadReckoning(this.#lens, asOptionsSay(plant, options), options.max_zoom);
    this.#zone = new DeadZone(options);
    this.#zoom = new ZoomLaw(options, this.#lens);
    this.#gate = new CommandGate(options);
    this.watch = new MotorWatch(plant.isGuess ?? false);
  }

  /** The assumed motors of the camera. */
  get plant(): Plant {
    return this.#pose.plant;
  }

  set plant(plant: Plant) {
    this.#pose.plant = asOptionsSay(plant, this.#options);
    this.watch.begin(plant.isGuess ?? false);
  }

  /** Forgets the target: another one will be followed, or none. The camera's own motion is kept. */
  forget(): void {
    this.watch.reset();
    this.#lose();
  }

  #lose(): void {
    this.#target.reset();
    this.#zone.reset();
    this.#zoom.reset();
  }

  /** Must be called for every sent command, with its time. */
  sent(command: Velocity, atMs: number): void {
    this.#gate.sent(command, atMs);
    this.#pose.sent(command, atMs);
  }

  /** Must be called for every picture, with or without the target, and at least every 50 ms. Times must not go back. */
  step(nowMs: number, { sighting, status }: ControlInput = {}): ControlOutput {
    if (status !== undefined) this.#align(status);
    if (sighting !== undefined) this.#see(sighting);
    if (!this.#target.started) return this.#halt(nowMs, 'idle');
    if (nowMs - this.#target.seenMs > this.#coastMs) return this.#halt(nowMs, 'blind');
    return this.#follow(nowMs);
  }

  /** False: the pan has ends, and reported pans do not begin anew after a turn. */
  set panTurns(panTurns: boolean) {
    this.#pose.panTurns = panTurns;
  }

  /** How long a command holds: it is renewed the sooner, the shorter that is. */
  set leaseMs(leaseMs: number) {
    this.#gate.leaseMs = leaseMs;
  }

  /** Must be called for every picture of which it is known how it moved, in order. */
  moved(picture: MovedPicture): void {
    this.#correct(picture.atMs, this.watch.picture(picture, this.#pose));
  }

  /** An axis has stood since then, although it was told to move: it is at its end. */
  stands(axis: TurnAxis, sinceMs: number, nowMs: number): void {
    this.#pose[axis].stand(sinceMs);
    this.watch.reset();
    this.#seeAnew(nowMs);
  }

  /** The computed pose of a picture of that time. */
  view(tMs: number): View {
    return this.#pose.view(tMs);
  }

  /** A picture of that time shows the camera turning, or a command for that is on its way. */
  isTurning(tMs: number): boolean {
    return this.#pose.isTurning(tMs);
  }

  /** Horizontal field of view of a picture of that time, degrees. */
  fieldDeg(tMs: number): number {
    return this.#pose.fieldDeg(tMs);
  }

  /** The direction and the width that a box has in the world. */
  directionOf(sighting: TargetBox): Direction & { readonly widthDeg: number } {
    return this.#pose.directionOf(sighting);
  }

  /** How the target moves, at its newest sighting; zeros before there is one. */
  targetVelocity(): AngularVelocity {
    return this.#target.velocity();
  }

  /** Stops what moves. @returns what to send now; null: nothing new */
  halt(nowMs: number): Velocity | null {
    return this.#halt(nowMs, 'blind').command;
  }

  /** Turns to a direction without a target, at the widest picture. @returns what to send now; null: nothing new */
  lookAt(nowMs: number, { panDeg, tiltDeg }: Direction): Velocity | null {
    const canZoom = this.#options.max_zoom > 1;
    const wanted = turnTowards({ panDeg, tiltDeg }, this.#pose, nowMs, this.fieldDeg(nowMs), canZoom);
    const command = this.#gate.offer(nowMs, wanted, { pan: LEAST_LOOK, tilt: LEAST_LOOK, zoom: LEAST_ZOOM_CHANGE });
    return command;
  }

  #halt(nowMs: number, state: 'idle' | 'blind'): ControlOutput {
    if (state === 'blind') this.#zone.reset();
    const command = this.#gate.offer(nowMs, NO_VELOCITY, NO_VELOCITY);
    return { command, state, errorShare: null };
  }

  /** For how long an unseen target is followed: longer where pictures are rare. */
  get #coastMs(): number {
    return Math.max(this.#options.coast_s, COAST_GAPS * this.#target.gapS) * 1000;
  }

  #see(sighting: TargetBox): void {
    const {
      atMs,
      bbox: { x, y, w, h },
    } = sighting;
    if (![atMs, x, y, w, h].every(Number.isFinite) || !(w > 0) || !(h > 0)) return;
    const view = this.#pose.view(atMs);
    const { panDeg, tiltDeg } = toDirection(this.#lens, view, x + w / 2, y + h / 2);
    const widthDeg = toAngleDeg(this.#lens, view.zoomX, w);
    if (this.#target.started && atMs - this.#target.seenMs > this.#coastMs) this.forget();
    const fieldDeg = fieldOfViewDeg(this.#lens, view.zoomX);
    const direction = [panDeg, tiltDeg];
    const noiseVar = this.#target.see({ atMs, panDeg, tiltDeg, widthDeg, fieldDeg }, this.#pose);
    this.#sighting = sighting;
    const room = [1 - Math.abs(2 * x + w - 1), 1 - Math.abs(2 * y + h - 1)];
    this.#correct(atMs, this.watch.target({ atMs, direction, noiseVar, room, fieldDeg }, this.#pose));
    const { filter } = this.#target;
    const [pan, tilt] = [filter.at(atMs, PAN), filter.at(atMs, TILT)];
    this.#zone.add(atMs, { panDeg: pan.position, tiltDeg: tilt.position });
    this.#zoom.seen(atMs, toAngleDeg(this.#lens, view.zoomX, Math.max(w, h)));
  }

  /** Corrects the assumed motors; the target stays where it was seen. */
  #correct(atMs: number, correction: Correction | null): void {
    if (correction === null) return;
    const before = this.#pose.view(atMs);
    this.#pose.plant = corrected(this.plant, correction);
    if (Math.min(correction.pan, correction.tilt) < 0) {
      this.#seeAnew(atMs);
      return;
    }
    const after = this.#pose.view(atMs);
    this.#shift(after.panDeg - before.panDeg, after.tiltDeg - before.tiltDeg);
  }

  /** How the target seemed to move was the camera's own motion. */
  #seeAnew(nowMs: number): void {
    const last = this.#sighting;
    this.#lose();
    if (last && nowMs - last.atMs < this.#coastMs) this.#see(last);
  }

  /** Moves the target's estimate along with the computed pose. */
  #shift(panDeg: number, tiltDeg: number): void {
    this.#target.shift(panDeg, tiltDeg);
    this.#zone.shift(panDeg, tiltDeg);
  }

  #follow(nowMs: number): ControlOutput {
    const pan = this.#target.meeting(nowMs, PAN, this.#pose.pan);
    const tilt = this.#target.meeting(nowMs, TILT, this.#pose.tilt);
    const zoomX = this.#pose.zoom.at(nowMs + this.#pose.zoom.plant.delayMs).position;
    const fieldDeg = fieldOfViewDeg(this.#lens, zoomX);
    const cos = cosOf(tilt.target.position);
    const offDeg = Math.hypot(pan.errorDeg * cos, tilt.errorDeg);
    const state = this.#following(nowMs, pan, tilt, cos, fieldDeg);
    const targetHorizonS = this.#target.horizonS(this.#options.commands_per_s);
    const horizonS = Math.max(targetHorizonS, this.watch.isSure ? 0 : CAUTIOUS_HORIZON_S);
    const { pan: panMotion, tilt: tiltMotion, zoom: zoomMotion } = this.#pose;
    const { aim } = this.#zone;
    const remainingS = Math.max(0.5 / this.#options.commands_per_s, this.#zone.remainingS(nowMs));
    const law = (axis: AxisMeeting, plant: AxisPlant, aimDeg: number) => {
      if (state === 'track') return meetingCommand(axis, plant, horizonS);
      if (state === 'rest' || plant.gainPerS === 0) return 0;
      return (aimDeg - axis.axisDeg - stoppingDeg(axis.axisDegPerS, plant)) / remainingS / plant.gainPerS;
    };
    // How far the target would get from the centre if it turned round now, before a command could answer.
    const answerS = Math.max(panMotion.plant.delayMs, tiltMotion.plant.delayMs) / 1000 + targetHorizonS;
    const straysDeg = Math.max(offDeg, Math.hypot(pan.target.velocity * cos, tilt.target.velocity) * answerS);
    const stdDeg = Math.sqrt(Math.max(pan.target.positionVar * cos ** 2, tilt.target.positionVar));
    const wanted = {
      pan: law(pan, panMotion.plant, aim.panDeg),
      tilt: law(tilt, tiltMotion.plant, aim.tiltDeg),
      zoom: this.#zoom.command({ zoomX, straysDeg, stdDeg }, zoomMotion.plant),
    };
    const bounded = this.watch.isSure
      ? wanted
      : cautious(wanted, this.#gate.last, this.#gate.sinceS(nowMs), this.plant, fieldDeg);
    const least = LEAST_CHANGE * fieldDeg;
    const command = this.#gate.offer(nowMs, this.watch.held(bounded, nowMs), {
      pan: least / Math.abs(panMotion.plant.gainPerS || 1),
      tilt: least / Math.abs(tiltMotion.plant.gainPerS || 1),
      zoom: LEAST_ZOOM_CHANGE,
    });
    return { command, state, errorShare: offDeg / fieldDeg };
  }

  /** Whether the camera must follow the target, centre the region in which it hovers, or rest. */
  #following(nowMs: number, pan: AxisMeeting, tilt: AxisMeeting, cos: number, fieldDeg: number): Following {
    const { filter, seenMs } = this.#target;
    const [panSeen, tiltSeen] = [filter.at(seenMs, PAN), filter.at(seenMs, TILT)];
    return this.#zone.step({
      nowMs,
      axis: { panDeg: pan.axisDeg, tiltDeg: tilt.axisDeg },
      seen: { panDeg: panSeen.position, tiltDeg: tiltSeen.position },
      ahead: { panDeg: pan.sureDeg, tiltDeg: tilt.sureDeg },
      cos,
      fieldDeg,
      stdDeg: Math.sqrt(Math.max(panSeen.positionVar, tiltSeen.positionVar)),
      moving: this.#gate.isTurning || this.#pose.isUnderWay(nowMs),
      moveS: (aim) => this.#pose.moveS({ panDeg: pan.axisDeg, tiltDeg: tilt.axisDeg }, aim),
    });
  }

  #align(status: ReportedPose): void {
    const { panDeg, tiltDeg } = this.#pose.align(status);
    if (panDeg === 0 && tiltDeg === 0) return;
    this.watch.reset();
    this.#shift(panDeg, tiltDeg);
  }
}
