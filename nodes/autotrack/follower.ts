/**
 * The autotracker at work: tracks and commands in; velocities to the camera, news to the other nodes and to clients
 * out. What is decided is decided in steering.ts; here is what touches the world.
 */

import { isZero, NO_VELOCITY, type PtzStatus, type Velocity } from '../../ptz/index.ts';
import {
  boardTopics,
  type FrameMeta,
  type MotionNews,
  type NodeContext,
  type PtzMessage,
  type TracksMessage,
} from '../../runtime/node.ts';
import type { CameraLink } from './camera-link.ts';
import type { ReportedPose } from './control/types.ts';
import { Home } from './home.ts';
import { type AutotrackParams, autoSelects } from './options.ts';
import { Reach } from './reach.ts';
import type { Reporter, StateTopics } from './reporter.ts';
import { keptSelection } from './selector.ts';
import { type Decision, Steering, type SteeringOptions } from './steering.ts';
import type { Tuning } from './tuning.ts';
import { cannotSteer } from './why-not.ts';

export type FollowContext = NodeContext<AutotrackParams, { ptz: { kind: 'ptz' } }, StateTopics>;

/** How often the status is asked for while the camera moves, is calibrated, and otherwise. */
const BUSY_POLL_MS = 200;
const TUNING_POLL_MS = 60;
const IDLE_POLL_MS = 1000;
/** How long the motion of the picture is asked for at a time, and when again. */
const WATCH_MS = { forMs: 3000, againMs: 1000 };
/** A reported motion that is this old says nothing about now. */
const STATUS_AGE_MS = 3000;

export class Follower {
  #params: AutotrackParams;
  readonly #context: FollowContext;
  readonly #link: CameraLink | null;
  readonly #steering: Steering;
  readonly #home: Home;
  readonly #reach = new Reach();
  readonly #tuning: Tuning | null;
  readonly #reporter: Reporter | null;
  readonly #openedMs: number;
  #frame: FrameMeta | undefined;
  /** A status that the controller has not seen yet. */
  #status: ReportedPose | undefined;
  #decision: Decision | null = null;
  /** The camera has been judged. */
  #isKnown = false;
  #isTuning = false;
  #watchedMs = Number.NEGATIVE_INFINITY;

  /** @param camera null: nothing is moved */
  constructor(context: FollowContext, camera: { link: CameraLink; tuning: Tuning; reporter: Reporter } | null) {
    this.#context = context;
    this.#openedMs = context.clock.monoMs();
    this.#params = context.params;
    this.#link = camera?.link ?? null;
    this.#tuning = camera?.tuning ?? null;
    this.#reporter = camera?.reporter ?? null;
    this.#home = new Home(context.params.return_preset, context.log);
    this.#steering = new Steering(this.#steeringOptions(), keptSelection(context.kept));
    context.board.watch(boardTopics.motion, (news) => this.#moved(news));
  }

  /** Other values of options that may change while it follows. */
  update(params: AutotrackParams): void {
    const isOff = this.#params.enabled && !params.enabled;
    this.#params = params;
    this.#steering.update(this.#steeringOptions());
    this.#steering.leaseMs = this.#leaseMs;
    if (isOff) {
      this.#tuning?.abort(this.#nowMs());
      this.#link?.send(NO_VELOCITY, this.#leaseMs);
    }
    this.tick();
  }

  get isEnabled(): boolean {
    return this.#params.enabled;
  }

  #steeringOptions(): SteeringOptions {
    return { ...this.#params, auto: autoSelects(this.#params), hasHome: this.#home.exists };
  }

  /** What is amiss, beside what the driver itself has to say. */
  get notes(): readonly string[] {
    return [...(this.#home.problem === null ? [] : [this.#home.problem]), ...(this.#tuning?.notes ?? [])];
  }

  /** A picture's tracks. */
  tracks({ frame, tracks }: TracksMessage): void | Promise<void> {
    this.#frame = frame;
    this.#tuning?.stampedBy(frame.captureClock);
    const nowMs = this.#nowMs();
    const before = this.#steering.selection;
    const phase = this.#steering.see(frame, tracks, nowMs, this.#canMove && !this.#isTuning);
    this.#act(nowMs);
    if (this.#steering.selection !== before) this.#keep();
    const selectedTargetId = this.#steering.selection?.id ?? null;
    return this.#context.emit.ptz({ frame, selectedTargetId, phase, ...this.#ptz() });
  }

  /** Between pictures, so that a camera is not left alone when none come. */
  tick(): void {
    if (this.#context.graph.pace === 'realtime') this.#act(this.#nowMs());
  }

  /** The operator chooses a target, or none. */
  select(targetId: number | null): void {
    this.#steering.operate(targetId, this.#nowMs());
    this.#keep();
    this.tick();
  }

  /** What went out to the camera. */
  sent(velocity: Velocity, atMs: number): void {
    this.#link?.sent(velocity);
    this.#steering.sent(velocity, atMs);
    this.#reach.sent(velocity, atMs);
    this.#tuning?.sent(velocity, atMs);
    if (!isZero(velocity)) this.#home.leave();
  }

  /** What the camera says. */
  status(status: PtzStatus): void {
    this.#status = this.#tuning?.inDegrees(status);
    this.#home.status(status, this.#nowMs());
    this.#steering.leaseMs = this.#leaseMs;
    const unit = this.#link?.capabilities?.positionUnit ?? 'normalized';
    for (const [axis, sinceMs] of this.#reach.see(status, unit, status.roundTripMs ?? 0)) {
      this.#steering.stands(axis, sinceMs, this.#nowMs());
    }
    this.#tuning?.status(status);
  }

  /** The camera was reached, lost, or is back. */
  linkChanged(): void {
    const link = this.#link;
    if (!link) return;
    const { state, reason } = link.view;
    this.#context.gauge('link', state);
    if (state === 'lost')
      this.#context.log.warn('the connection to the camera is lost', { code: 'camera_lost', reason });
    if (state !== 'ready' || link.capabilities === null || this.#isKnown) return;
    this.#isKnown = true;
    const { verdict } = link.capabilities;
    if (verdict.rung === null) this.#context.fault({ ...cannotSteer(verdict), isWarning: true });
    const { rung, verified, notes } = verdict;
    this.#context.log.info('the camera is ready', { rung, verified, notes });
    this.#tuning?.connected(link.capabilities);
    this.#steering.panTurns = link.capabilities.panTurns ?? true;
    if (this.#tuning) this.#steering.plant = this.#tuning.plant;
  }

  async close(): Promise<void> {
    await this.#link?.close();
    if (this.#decision) this.#tell(this.#nowMs());
  }

  get #canMove(): boolean {
    return this.#link?.isReady === true && this.#link.capabilities?.verdict.rung != null && this.#params.enabled;
  }

  #act(nowMs: number): void {
    const decision = this.#steering.decide(
      nowMs,
      // First it learns how to move, then it goes home.
      { canMove: this.#canMove, isAway: this.#home.isAway && !this.#isTuning, isHome: this.#home.isReached },
      this.#status,
    );
    this.#status = undefined;
    this.#decision = decision;
    if (decision.released !== null) this.#keep();
    this.#isTuning = this.#canMove && this.#tune(nowMs, decision);
    if (this.#isActive || this.#tuning?.wantsPicture) this.#watch(nowMs);
    if (!this.#isTuning) this.#obey(decision);
    this.#link?.poll(this.#isTuning ? TUNING_POLL_MS : this.#isMoving(nowMs) === false ? IDLE_POLL_MS : BUSY_POLL_MS);
    this.#tell(nowMs);
  }

  /** How the picture moves tells whether the camera moves as it is told to. */
  #watch(nowMs: number): void {
    if (nowMs - this.#watchedMs < WATCH_MS.againMs) return;
    this.#watchedMs = nowMs;
    this.#context.board.post(boardTopics.motionWanted, { forMs: WATCH_MS.forMs });
  }

  #moved({ fromMs, atMs, moved }: MotionNews): void {
    if (moved === null) return;
    this.#steering.moved({ fromMs, atMs, ...moved });
    this.#tuning?.moved({ fromMs, atMs, ...moved });
    this.#tuning?.noticed(this.#steering.motors);
  }

  /** Learns what the motors are like, while there is nothing better to do. @returns whether it does */
  #tune(nowMs: number, { mission }: Decision): boolean {
    const tuning = this.#tuning;
    if (!tuning) return false;
    if (this.#steering.selection !== null || mission.order === 'home') {
      tuning.noticed(this.#steering.motors);
      if (tuning.abort(nowMs)) this.#steering.plant = tuning.plant;
      return false;
    }
    const step = tuning.step(nowMs, this.#context.clock.unixMs(), this.#steering.aspect);
    if (step.learned) this.#steering.plant = tuning.plant;
    if (step.command) this.#link?.send(step.command, this.#leaseMs);
    return step.isRunning;
  }

  #obey({ command, mission }: Decision): void {
    const link = this.#link;
    if (!link?.isReady) return;
    if (mission.order === 'home') this.#home.go(link, this.#nowMs());
    else if (command !== null) this.#send(link, command);
  }

  /** Not what pushes an axis against its end. */
  #send(link: CameraLink, command: Velocity): void {
    const within = this.#reach.within(command);
    const isHeldBack = isZero(within) && !isZero(command);
    if (!(isHeldBack && isZero(link.velocity))) link.send(within, this.#leaseMs);
  }

  /** For how long a velocity is to hold: as the options ask for, or what the camera gets now; the driver cuts longer ones. */
  get #leaseMs(): number {
    return Math.min(this.#params.lease_s * 1000, this.#link?.status?.leaseMs ?? Number.POSITIVE_INFINITY);
  }

  /** Commanded to move, moving, or not known to be at rest. Null: unknown. */
  #isMoving(nowMs: number): boolean | null {
    const link = this.#link;
    if (!link) return false;
    if (!isZero(link.velocity) || this.#home.isUnderWay || this.#steering.isTurning(nowMs)) return true;
    const { status } = link;
    if (!link.isReady || !status || nowMs - status.atMs > STATUS_AGE_MS) return null;
    return status.moving;
  }

  #ptz(): Pick<PtzMessage, 'ptz'> {
    const mode = this.#params.driver;
    if (!this.#link || mode === 'none') return {};
    const { pan, tilt, zoom } = this.#link.velocity;
    return { ptz: { control_mode: mode, active: this.#isActive, cmd: { pan, tilt, zoom } } };
  }

  /** It steers the camera after a target, or looks for one. */
  get #isActive(): boolean {
    const order = this.#decision?.mission.order;
    return this.#canMove && (order === 'follow' || order === 'hold' || order === 'search');
  }

  #tell(nowMs: number): void {
    const link = this.#link;
    if (!link || !this.#decision) return;
    const isMoving = this.#isMoving(nowMs);
    const view = this.#steering.view(nowMs);
    const isPlaced = link.capabilities?.positionUnit === 'degrees' && link.capabilities.position;
    const preset = this.#home.presetAt(isMoving);
    this.#context.board.post(boardTopics.camera, {
      atMs: nowMs,
      moving: isMoving !== false,
      panDeg: isPlaced && view ? view.panDeg : null,
      tiltDeg: isPlaced && view ? view.tiltDeg : null,
      hfovDeg: view?.fieldDeg ?? null,
      preset,
      ...(view ? { reckoned: this.#reckoned(nowMs, view.fieldDeg) } : {}),
    });
    this.#reporter?.tell(nowMs, {
      decision: this.#decision,
      isActive: this.#isActive,
      isMoving,
      selection: this.#steering.selection,
      seenMs: this.#steering.seenMs,
      hfovDeg: view?.fieldDeg ?? null,
      preset,
      ends: this.#reach.ends,
    });
  }

  #reckoned(nowMs: number, hfovDeg: number) {
    const { panDeg, tiltDeg } = this.#steering.turned(nowMs);
    return { panDeg, tiltDeg, hfovDeg, origin: this.#openedMs };
  }

  #keep(): void {
    const { selection } = this.#steering;
    this.#context.keep({ targetId: selection?.id ?? null, by: selection?.by ?? null });
  }

  #nowMs(): number {
    const { graph, clock } = this.#context;
    return graph.pace === 'asap' ? (this.#frame?.captureMonoMs ?? 0) : clock.monoMs();
  }
}
