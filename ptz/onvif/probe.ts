/**
 * Small test moves that show what the camera really does: a slow turn of a few degrees and back. Each
 * is judged by the position, or by MoveStatus where there is none.
 */
import type { Velocity } from '../driver.ts';
import {
  chooseRung,
  type Evidence,
  type LadderPolicy,
  RUNGS,
  type Rung,
  type StopEvidence,
  type Verdict,
} from '../ladder.ts';
import type { DriverTime } from '../time.ts';
import { type FullSpeed, NOT_MEASURED } from './full-speed.ts';
import { LOOK_MS, MOVED, ProbeEyes, SETTLE_MS, type Seen } from './probe-eyes.ts';
import type { PtzCalls, RawStatus } from './ptz-calls.ts';
import { type Refusal, refusedError } from './soap-answer.ts';
import type { Mirrored, Spaces } from './spaces.ts';
import type { Stopping } from './stopping.ts';

export interface ProbeContext {
  readonly calls: PtzCalls;
  readonly spaces: Spaces;
  readonly stopping: Stopping;
  /** Until it is confirmed. */
  readonly stop: (signal: AbortSignal) => Promise<void>;
  /** The options say what the positions mean. */
  readonly hasRanges: boolean;
  readonly time: DriverTime;
  readonly roundTripMs: () => number;
  readonly signal: AbortSignal;
}

export interface ProbeResult {
  readonly verdict: Verdict;
  readonly position: boolean;
  /** False: MoveStatus said MOVING while the camera stood still. */
  readonly moveStatusTrusted: boolean;
  /** Axes whose positions ran the other way than their velocities. */
  readonly mirrored: Mirrored;
  /** Share of the pan range that 1 in the generic translation space moves; null: not measured. */
  readonly panSharePerTranslation: number | null;
  readonly fullSpeed: FullSpeed;
}

/** Of full speed. */
const SPEED = 0.1;
/** Of full speed, for a move to a place: slow enough to be looked at on its way. */
const SLOW_SPEED = 0.05;
const SMALL_SHARE = 0.02;
const TIMEOUT_MS = 500;
/** A round trip from which on it shows. */
const SLOW_MS = 400;

export class Probe {
  readonly #context: ProbeContext;
  readonly #eyes: ProbeEyes;
  readonly #notes: string[] = [];
  readonly #rungs: Record<Rung, Evidence['rungs'][Rung]>;
  #stops: StopEvidence = { timeout: 'not-tried', stop: 'not-tried' };
  #start: RawStatus | null = null;
  #moveStatusTrusted = true;
  #panSharePerTranslation: number | null = null;
  #fullSpeed = NOT_MEASURED;
  #mirrored: Mirrored = { pan: false, tilt: false };

  constructor(context: ProbeContext) {
    this.#context = context;
    this.#eyes = new ProbeEyes(context);
    const { velocity, positions, translation, translationFov } = context.spaces;
    const untried = (listed: boolean) => ({ listed, move: 'not-tried' as const, detail: null });
    this.#rungs = {
      velocity: untried(velocity !== null),
      absolute: untried(positions.length > 0),
      relative: untried(translation !== null),
      'relative-fov': untried(translationFov !== null),
    };
  }

  /**
   * Goes down the ladder until a rung holds.
   * @param isMoving false: no test moves; the claims of the camera count
   */
  async run(policy: LadderPolicy, notes: readonly string[], isMoving: boolean): Promise<ProbeResult> {
    this.#notes.push(...notes);
    this.#start = await this.#eyes.begin();
    if (this.#position === 'absent') this.#notes.push('the camera does not report its position: moves are blind');
    // Nothing moves yet: the stop before this has had time.
    if (this.#start?.saysMoving === true && (await this.#eyes.isStill()) === 'yes') {
      this.#moveStatusTrusted = false;
      this.#notes.push('MoveStatus says MOVING while the camera stands still: it is ignored');
    }
    if (!isMoving) this.#notes.push('not verified by test moves: probe is off');
    for (const rung of RUNGS) {
      if (isMoving && this.#rungs[rung].listed && policy.allowed.includes(rung)) await this.#try(rung);
      if (this.#verdict(policy).rung === rung) break;
    }
    if (this.#context.calls.positions.areIgnored) this.#notes.push('positions never change: moves are blind');
    else if (isMoving) await this.#goBack();
    const lateMs = Math.round(this.#context.roundTripMs());
    if (lateMs >= SLOW_MS) this.#notes.push(`slow: commands take effect, and leases end, up to ${lateMs} ms late`);
    return {
      verdict: this.#verdict(policy),
      position: this.#position === 'works',
      moveStatusTrusted: this.#moveStatusTrusted,
      mirrored: this.#mirrored,
      panSharePerTranslation: this.#panSharePerTranslation,
      fullSpeed: this.#fullSpeed,
    };
  }

  get #position(): Evidence['position'] {
    return this.#start?.pan == null || this.#context.calls.positions.areIgnored ? 'absent' : 'works';
  }

  #verdict(policy: LadderPolicy): Verdict {
    const evidence = {
      rungs: this.#rungs,
      stops: this.#stops,
      position: this.#position,
      notes: [...this.#notes, ...this.#context.calls.notes],
    };
    return chooseRung(evidence, policy, Math.round(this.#context.roundTripMs()));
  }

  async #try(rung: Rung): Promise<void> {
    const seen = rung === 'velocity' ? await this.#tryVelocity() : await this.#tryMove(rung);
    if (typeof seen !== 'string') {
      this.#rungs[rung] = { listed: true, move: 'failed', detail: refusedError('the small move', seen).message };
    } else if (seen === 'no') {
      this.#rungs[rung] = { listed: true, move: 'failed', detail: 'accepted, but nothing moved' };
    } else {
      const detail = seen === 'yes' ? null : 'its effect could not be observed';
      this.#rungs[rung] = { listed: true, move: seen === 'yes' ? 'works' : 'unverified', detail };
    }
  }

  /** A velocity that ends by its Timeout, then one back that is stopped. */
  async #tryVelocity(): Promise<Seen | Refusal> {
    const { calls, spaces, signal } = this.#context;
    const timeoutMs = Math.max(TIMEOUT_MS, spaces.timeoutMinMs);
    const before = await this.#eyes.look();
    const withTimeout = await calls.continuous(this.#slow(1), timeoutMs, signal);
    if (withTimeout !== null) {
      this.#stops = { ...this.#stops, timeout: 'refused' };
      const refusal = await calls.continuous(this.#slow(1), null, signal);
      if (refusal !== null) return refusal;
    }
    await this.#eyes.pause(LOOK_MS);
    const during = await this.#eyes.look();
    if (withTimeout === null) await this.#eyes.pause(timeoutMs - LOOK_MS + SETTLE_MS);
    const after = await this.#eyes.look();
    this.#eyes.judgePositions(before, during, after);
    if (withTimeout === null) {
      const timeout = { yes: 'works', no: 'ignored', unknown: 'unverified' } as const;
      this.#stops = { ...this.#stops, timeout: timeout[await this.#eyes.comesToRest(during)] };
    }
    const seen = this.#eyes.hasMoved(before, during, after);
    this.#compareDirections(before, during);
    if (this.#stops.timeout === 'ignored' || this.#stops.timeout === 'refused') {
      // It still turns, which is the time to see how fast.
      this.#fullSpeed = await this.#eyes.measureSpeed(SPEED);
      await this.#halt();
    }
    await this.#tryStop();
    return seen;
  }

  async #tryStop(): Promise<void> {
    const { calls, stopping, stop, signal } = this.#context;
    // Long enough that its end cannot be mistaken for the effect of the stop.
    const timeoutMs = Math.round(3 * (SETTLE_MS + LOOK_MS) + 10 * this.#context.roundTripMs());
    for (let attempt = 0; attempt < 2; attempt++) {
      const before = await this.#eyes.look();
      const isTimed = this.#stops.timeout !== 'refused';
      // The form for later, when a zoom ends: a camera without one may refuse it.
      const refusal = await calls.continuous(this.#slow(-1), isTimed ? timeoutMs : null, signal, true);
      await this.#eyes.pause(SETTLE_MS);
      const during = await this.#eyes.look();
      await stop(signal);
      await this.#eyes.pause(SETTLE_MS / 2);
      // What did not move shows no stop.
      const isMoving = refusal === null && this.#eyes.hasMoved(before, during, during) !== 'no';
      const still = isMoving ? await this.#eyes.comesToRest(during) : 'unknown';
      if (still !== 'no') {
        this.#stops = { ...this.#stops, stop: still === 'yes' ? stopping.means : 'unverified' };
        if (stopping.means === 'zero-velocity')
          this.#notes.push('Stop does not work: a velocity of zero is sent instead');
        return;
      }
      // Taken, and nothing came of it.
      stopping.means = stopping.means === 'stop' ? 'zero-velocity' : 'none';
    }
    this.#stops = { ...this.#stops, stop: 'none' };
    await this.#halt();
  }

  /** A short move on one of the rungs whose moves end by themselves. */
  async #tryMove(rung: Exclude<Rung, 'velocity'>): Promise<Seen | Refusal> {
    if (rung === 'absolute') return await this.#tryPlace();
    const { calls, signal } = this.#context;
    const before = await this.#eyes.look();
    const by = SMALL_SHARE * this.#sign('pan', 1);
    const isGeneric = rung === 'relative';
    const refusal = await calls.relative(isGeneric ? 'generic' : 'fov', { pan: isGeneric ? by : by * 10 }, signal);
    if (refusal !== null) return refusal;
    await this.#eyes.pause(LOOK_MS);
    const during = await this.#eyes.look();
    await this.#eyes.pause(SETTLE_MS);
    const after = await this.#eyes.look();
    if (isGeneric && before?.pan != null && after?.pan != null && Math.abs(after.pan - before.pan) > MOVED) {
      this.#panSharePerTranslation = Math.abs((after.pan - before.pan) / by);
    }
    return this.#eyes.hasMoved(before, during, after);
  }

  /** A move to a place nearby: slowly first, where a speed can be given, to see whether it is obeyed. */
  async #tryPlace(): Promise<Seen | Refusal> {
    const { calls, spaces, signal } = this.#context;
    const isMeasured = this.#fullSpeed !== NOT_MEASURED;
    for (const speed of spaces.speed === null ? [null] : [SLOW_SPEED, null]) {
      const before = await this.#eyes.look();
      if (before?.pan == null || before.tilt === null) return 'unknown';
      const by = (axis: 'pan' | 'tilt') => SMALL_SHARE * this.#sign(axis, speed === null ? -1 : 1);
      const place = { pan: before.pan + by('pan'), tilt: before.tilt + by('tilt') };
      const refusal = await calls.absolute(place, speed === null ? null : { pan: speed, tilt: speed }, signal);
      if (refusal !== null && speed === null) return refusal;
      await this.#eyes.pause(LOOK_MS);
      const during = await this.#eyes.look();
      // Refused with a speed: later none is given either.
      if (refusal !== null) this.#fullSpeed = NOT_MEASURED;
      else if (speed !== null && !isMeasured) this.#fullSpeed = await this.#eyes.measureSpeed(speed, place);
      await this.#eyes.pause(SETTLE_MS);
      const seen = this.#eyes.hasMoved(before, during, await this.#eyes.look());
      if (seen !== 'no' || speed === null) return seen;
    }
    return 'no';
  }

  /** Back to the first position, if possible. */
  async #goBack(): Promise<void> {
    const { pan, tilt, zoom } = this.#start ?? {};
    if (pan == null || tilt == null || !this.#rungs.absolute.listed) return;
    const refusal = await this.#context.calls.absolute(
      { pan, tilt, zoom: zoom ?? undefined },
      null,
      this.#context.signal,
    );
    if (refusal !== null) {
      this.#notes.push(`absolute moves are listed but refused: ${refusal.reason}`);
      this.#rungs.absolute = { listed: true, move: 'failed', detail: refusedError('AbsoluteMove', refusal).message };
      return;
    }
    await this.#eyes.pause(SETTLE_MS);
  }

  async #halt(): Promise<void> {
    await this.#context.stop(this.#context.signal);
    await this.#eyes.pause(SETTLE_MS / 2);
  }

  /**
   * Positions that fall while the velocity is positive: one of the two is wrong, and only the picture could tell which.
   * The positions are turned, so that both agree and what the camera is told stays as it is.
   */
  #compareDirections(before: RawStatus | null, during: RawStatus | null): void {
    const told = this.#slow(1);
    const isAgainst = (axis: 'pan' | 'tilt') => {
      const turned = (during?.[axis] ?? 0) - (before?.[axis] ?? during?.[axis] ?? 0);
      return Math.abs(turned) > MOVED && Math.sign(turned) !== Math.sign(told[axis]);
    };
    const { hasRanges } = this.#context;
    for (const axis of (['pan', 'tilt'] as const).filter(isAgainst)) {
      const what = `${axis} positions have the opposite sign of velocities`;
      if (hasRanges) this.#notes.push(`${what}: ${axis}_range_deg is used as given`);
      else {
        this.#mirrored = { ...this.#mirrored, [axis]: true };
        this.#notes.push(`${what}: they are mirrored`);
      }
    }
  }

  #slow(direction: 1 | -1): Velocity {
    return { pan: SPEED * this.#sign('pan', direction), tilt: SPEED * this.#sign('tilt', direction), zoom: 0 };
  }

  /** Towards the middle of the range first. */
  #sign(axis: 'pan' | 'tilt', direction: 1 | -1): number {
    return (this.#start?.[axis] ?? 0) > 0.5 ? -direction : direction;
  }
}
