/**
 * From tracks to velocities: the target, its position, and the command for the camera. No I/O and no clock: time is an
 * argument, so that whole pursuits can be replayed. One instance a camera.
 */
import { type FrameMeta, TargetPhase, type Track, type TrackingPhase } from '../../runtime/node.ts';
import { Controller } from './control/controller.ts';
import type { FoundMotors } from './control/motor-watch.ts';
import type { ControlOptions } from './control/options.ts';
import type { TurnAxis } from './control/plant-watch.ts';
import {
  type MovedPicture,
  type Plant,
  type ReportedPose,
  type TargetBox,
  UNKNOWN_PLANT,
  type Velocity,
} from './control/types.ts';
import { Mission, type MissionOptions, type MissionOutput } from './mission.ts';
import { type Candidate, knownAgain, type LostTrack } from './reacquire.ts';
import { Search } from './search.ts';
import { type Selection, type SelectionOptions, TargetSelector } from './selector.ts';
import { TotalTurn, type TurnedDeg } from './total-turn.ts';
import { inShares, lookAt, type TrackDirection, TrackHistory } from './track-history.ts';

export interface SteeringOptions extends ControlOptions, SelectionOptions, Omit<MissionOptions, 'hasHome'> {
  readonly grace_s: number;
  readonly hasHome: boolean;
}

export interface CameraSide {
  /** The camera takes commands now. */
  readonly canMove: boolean;
  /** It has been moved since it was home last. */
  readonly isAway: boolean;
  /** The move home that was asked for is over. */
  readonly isHome: boolean;
}

export interface Decision {
  /** What to send now; null: nothing new. */
  readonly command: Velocity | null;
  readonly mission: MissionOutput;
  /** Why a target is not selected any more. */
  readonly released: 'lost' | 'stationary' | null;
  /** Distance of the target from the centre, share of the frame width. */
  readonly errorShare: number | null;
}

/** From then on an unseen target counts as lost, and is looked for among new tracks. */
const LOST_MS = 250;

export class Steering {
  readonly #options: SteeringOptions;
  #plant: Plant = UNKNOWN_PLANT;
  readonly #selector: TargetSelector;
  readonly #phase: TargetPhase;
  readonly #mission: Mission;
  #controller: Controller | null = null;
  #selectedId: number | null = null;
  /** Ids that the target has had since it was selected. */
  #names: number[] = [];
  #sighting: TargetBox | null = null;
  /** When the selected target was in sight last. */
  #seenMs: number | null = null;
  #last: LostTrack | null = null;
  /** Where it was in the picture then. */
  #lastBox: TargetBox | null = null;
  #signs = '';
  #search: Search | null = null;
  #aspect = 16 / 9;
  #leaseMs: number;
  #panTurns = true;
  readonly #turned = new TotalTurn();
  readonly #history = new TrackHistory();

  /** @param selection kept from before a restart */
  constructor(options: SteeringOptions, selection: Selection | null) {
    this.#options = { ...options };
    this.#leaseMs = options.lease_s * 1000;
    this.#selector = new TargetSelector(this.#options, selection);
    this.#phase = new TargetPhase(options.grace_s * 1000, selection?.id ?? null);
    this.#mission = new Mission(this.#options);
    this.#selectedId = selection?.id ?? null;
    this.#names = selection ? [selection.id] : [];
  }

  /** Other values of options that may change while it steers. */
  update(options: SteeringOptions): void {
    // In place: all parts go by it.
    Object.assign(this.#options, options);
    this.#phase.graceMs = options.grace_s * 1000;
  }

  get selection(): Selection | null {
    return this.#selector.selection;
  }

  /** What has been learned about the camera. */
  set plant(plant: Plant) {
    this.#plant = plant;
    if (this.#controller) this.#controller.plant = plant;
  }

  /** What has been found out about the motors while following. */
  get motors(): FoundMotors | null {
    if (this.#controller === null) return null;
    const { plant, watch } = this.#controller;
    return { plant, isSure: watch.isSure, doubted: watch.doubted };
  }

  /** False: the pan has ends, and reported pans do not begin anew after a turn. */
  set panTurns(panTurns: boolean) {
    this.#panTurns = panTurns;
    if (this.#controller) this.#controller.panTurns = panTurns;
  }

  /** How long a velocity holds. */
  set leaseMs(leaseMs: number) {
    this.#leaseMs = leaseMs;
    if (this.#controller) this.#controller.leaseMs = leaseMs;
  }

  /** Where a picture of now is taken; null before the first picture. */
  view(nowMs: number): { readonly panDeg: number; readonly tiltDeg: number; readonly fieldDeg: number } | null {
    const controller = this.#controller;
    return controller && { ...controller.view(nowMs), fieldDeg: controller.fieldDeg(nowMs) };
  }

  /** How far the camera has turned in all up to now, computed from commands. */
  turned(nowMs: number): TurnedDeg {
    return this.#turned.step(this.#controller, nowMs);
  }

  /** A picture of now shows the camera turning, or a command for that is on its way. */
  isTurning(nowMs: number): boolean {
    return this.#controller?.isTurning(nowMs) ?? false;
  }

  /** To be called for every velocity that went out, a stop too. */
  sent(command: Velocity, atMs: number): void {
    this.#controller?.sent(command, atMs);
  }

  /** An axis has stood since then, although it was told to move: it is at its end. */
  stands(axis: TurnAxis, sinceMs: number, nowMs: number): void {
    this.#controller?.stands(axis, sinceMs, nowMs);
    this.#lookAnew();
  }

  /** To be called for every picture of which it is known how it moved, in order. */
  moved(picture: MovedPicture): void {
    this.#controller?.moved(picture);
  }

  get aspect(): number {
    return this.#aspect;
  }

  /** When the selected target was in sight last; null: not since it was selected. */
  get seenMs(): number | null {
    return this.#seenMs;
  }

  /** The operator selects a track, or none. */
  operate(id: number | null, nowMs: number): void {
    this.#selector.operate(id);
    this.#noteSelection(nowMs);
  }

  /** A picture's tracks. @returns the phase of the target in it */
  see(frame: FrameMeta, tracks: readonly Track[], nowMs: number, canMove: boolean): TrackingPhase {
    const controller = this.#controllerFor(frame);
    const looks = tracks.map((track) => lookAt(controller, frame, track));
    this.#history.see(looks, frame.captureMonoMs);
    this.#selector.step(tracks, nowMs, canMove);
    this.#noteSelection(nowMs);
    this.#knowAgain(controller, frame, looks, nowMs);
    const target = tracks.find(({ id }) => id === this.#selectedId);
    if (target) this.#note(controller, frame, target);
    const ids = tracks.map(({ id }) => id);
    return this.#phase.step(ids, nowMs);
  }

  /** What to do now; at every picture and at least every 50 ms. */
  decide(nowMs: number, camera: CameraSide, status: ReportedPose | undefined): Decision {
    const controller = this.#controller;
    const sighting = this.#sighting ?? undefined;
    this.#sighting = null;
    const out = controller?.step(nowMs, { sighting, status });
    if (controller) this.#noteSigns(controller);
    const { selection } = this;
    const mission = this.#mission.step({
      nowMs,
      selection,
      seenMs: this.#seenMs,
      control: out?.state ?? 'idle',
      isAway: camera.isAway,
      isHome: camera.isHome,
    });
    if (mission.release !== null) this.#release(nowMs);
    if (mission.order !== 'search') this.#search = null;
    const errorShare = selection === null ? null : (out?.errorShare ?? null);
    const decision = { mission, released: mission.release, errorShare };
    // On its way home the camera gets no commands.
    if (!controller || !out || !camera.canMove || mission.order === 'home') return { ...decision, command: null };
    return { ...decision, command: mission.order === 'search' ? this.#lookAround(controller, nowMs) : out.command };
  }

  #controllerFor({ size }: FrameMeta): Controller {
    if (this.#controller) return this.#controller;
    this.#aspect = size.w / size.h;
    this.#controller = new Controller(this.#options, this.#aspect, this.#plant);
    this.#controller.leaseMs = this.#leaseMs;
    this.#controller.panTurns = this.#panTurns;
    return this.#controller;
  }

  /** Another target, or none: what was known of the old one does not count for it. */
  #noteSelection(nowMs: number): void {
    const id = this.selection?.id ?? null;
    if (id === this.#selectedId) return;
    this.#selectedId = id;
    this.#names = id === null ? [] : [id];
    this.#phase.select(id, nowMs);
    this.#controller?.forget();
    // The operator chooses from a picture of the past: the track may have ended since, or have another id.
    this.#last = id === null ? null : this.#history.lately(id, nowMs);
    this.#seenMs = this.#last?.atMs ?? null;
    this.#search = null;
  }

  #release(nowMs: number): void {
    this.#selector.release();
    this.#noteSelection(nowMs);
  }

  #note(controller: Controller, frame: FrameMeta, target: Track): void {
    const box = { atMs: frame.captureMonoMs, bbox: inShares(target, frame) };
    this.#sighting = box;
    this.#lastBox = box;
    this.#seenMs = box.atMs;
    const direction = controller.directionOf(box);
    this.#last = { ...direction, ...controller.targetVelocity(), atMs: box.atMs, label: target.label };
  }

  /** An axis turns the other way? */
  #noteSigns(controller: Controller): void {
    const { pan, tilt } = controller.plant;
    const signs = [pan, tilt].map(({ gainPerS }) => Math.sign(gainPerS)).join();
    if (this.#signs !== '' && signs !== this.#signs) this.#lookAnew();
    this.#signs = signs;
  }

  /** The camera has moved otherwise than was computed: what was seen was seen elsewhere. */
  #lookAnew(): void {
    const [controller, last, box] = [this.#controller, this.#last, this.#lastBox];
    if (!controller || !last || !box) return;
    this.#search = null;
    this.#last = { ...last, ...controller.directionOf(box), ...controller.targetVelocity() };
  }

  /** Goes on with the same target when the tracker has given it a new id. */
  #knowAgain(
    controller: Controller,
    { captureMonoMs }: FrameMeta,
    looks: readonly TrackDirection[],
    nowMs: number,
  ): void {
    const lost = this.#last;
    if (!lost || looks.some(({ id }) => id === this.#selectedId) || captureMonoMs - lost.atMs < LOST_MS) return;
    const isOther = (other: number) => this.#names.some((id) => this.#history.wereTogether(id, other));
    const candidates = looks.map((look): Candidate => ({ ...look, isOther: isOther(look.id) }));
    const id = knownAgain(lost, candidates, captureMonoMs, controller.fieldDeg(captureMonoMs));
    if (id === null) return;
    this.#selector.rename(id);
    this.#selectedId = id;
    this.#names.push(id);
    this.#phase.select(id, nowMs);
  }

  #lookAround(controller: Controller, nowMs: number): Velocity | null {
    if (!this.#last) return controller.halt(nowMs);
    const fieldDeg = controller.fieldDeg(nowMs);
    this.#search ??= new Search(this.#last, fieldDeg, this.#aspect);
    const aim = this.#search.step(nowMs, controller.view(nowMs), fieldDeg);
    return controller.lookAt(nowMs, aim);
  }
}
