/**
 * Small real moves that show what the camera does rather than what it says: a slow turn of a few degrees and back. Each
 * is judged by the position, or by MoveStatus where there is none.
 */
import type { Velocity } from '../driver.ts';
import { aborted } from '../http.ts';
import {
  chooseRung,
  type Evidence,
  type LadderPolicy,
  RUNGS,
  type Rung,
  type StopEvidence,
  type Verdict,
} from '../ladder.ts';
import { tooSlow } from '../stopping-time.ts';
import type { DriverTime } from '../time.ts';
import type { PtzCalls, RawStatus } from './ptz-calls.ts';
import { type Refusal, refusedError } from './soap-client.ts';
import type { Mirrored, Spaces } from './spaces.ts';
import type { Stopping } from './stopping.ts';

export interface ProbeContext {
  readonly calls: PtzCalls;
  readonly spaces: Spaces;
  readonly stopping: Stopping;
  /** The options say what the positions mean. */
  readonly hasRanges: boolean;
  readonly time: DriverTime;
  readonly roundTripMs: () => number;
  readonly signal: AbortSignal;
}

export interface ProbeResult {
  readonly verdict: Verdict;
  readonly position: boolean;
  /** False: MoveStatus said MOVING of a camera that stood. */
  readonly moveStatusTrusted: boolean;
  /** Axes whose positions ran the other way than their velocities. */
  readonly mirrored: Mirrored;
  /** Share of the pan range that 1 in the generic translation space moves; null: not measured. */
  readonly panSharePerTranslation: number | null;
}

/** Of full speed. */
const SPEED = 0.1;
/** Share of the pan range: a move; and what is no motion within {@link LOOK_MS}. */
const MOVED = 0.001;
const STILL = 0.0003;
const SMALL_SHARE = 0.02;
const TIMEOUT_MS = 500;
const SETTLE_MS = 700;
const LOOK_MS = 300;
/** A round trip from which on it shows. */
const SLOW_MS = 400;

type Seen = 'yes' | 'no' | 'unknown';

export class Probe {
  readonly #context: ProbeContext;
  readonly #notes: string[] = [];
  readonly #rungs: Record<Rung, Evidence['rungs'][Rung]>;
  #stops: StopEvidence = { timeout: 'not-tried', stop: 'not-tried' };
  #position: Evidence['position'] = 'absent';
  #start: RawStatus | null = null;
  #moveStatusTrusted = true;
  #panSharePerTranslation: number | null = null;
  #mirrored: Mirrored = { pan: false, tilt: false };

  constructor(context: ProbeContext) {
    this.#context = context;
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
   * @param isMoving false: no moves, the camera is believed
   */
  async run(policy: LadderPolicy, notes: readonly string[], isMoving: boolean): Promise<ProbeResult> {
    this.#notes.push(...notes);
    this.#start = await this.#look();
    this.#position = this.#start?.pan == null ? 'absent' : 'works';
    if (this.#position === 'absent') this.#notes.push('the camera does not say where it points: moves are blind');
    // Nothing moves yet: the stop before this has had time.
    if (this.#start?.saysMoving === true && (await this.#isStill()) === 'yes') {
      this.#moveStatusTrusted = false;
      this.#notes.push('MoveStatus says MOVING of a camera that stands: it is not used');
    }
    if (!isMoving) this.#notes.push('not verified by moves: switched off by the options');
    for (const rung of RUNGS) {
      if (isMoving && this.#rungs[rung].listed && policy.allowed.includes(rung)) await this.#try(rung);
      if (this.#verdict(policy).rung === rung) break;
    }
    if (isMoving) await this.#goBack();
    const lateMs = Math.round(this.#context.roundTripMs());
    if (lateMs >= SLOW_MS) this.#notes.push(`slow: commands act, and a lease ends, up to ${lateMs} ms late`);
    this.#notes.push(...tooSlow(lateMs));
    return {
      verdict: this.#verdict(policy),
      position: this.#position === 'works',
      moveStatusTrusted: this.#moveStatusTrusted,
      mirrored: this.#mirrored,
      panSharePerTranslation: this.#panSharePerTranslation,
    };
  }

  #verdict(policy: LadderPolicy): Verdict {
    const evidence = { rungs: this.#rungs, stops: this.#stops, position: this.#position, notes: this.#notes };
    return chooseRung(evidence, policy, Math.round(this.#context.roundTripMs()));
  }

  async #try(rung: Rung): Promise<void> {
    const seen = rung === 'velocity' ? await this.#tryVelocity() : await this.#tryMove(rung);
    if (typeof seen !== 'string') {
      this.#rungs[rung] = { listed: true, move: 'failed', detail: refusedError('the small move', seen).message };
    } else if (seen === 'no') {
      this.#rungs[rung] = { listed: true, move: 'failed', detail: 'taken without complaint, but nothing moved' };
    } else {
      const detail = seen === 'yes' ? null : 'the camera does not show its effect';
      this.#rungs[rung] = { listed: true, move: seen === 'yes' ? 'works' : 'unverified', detail };
    }
  }

  /** A velocity that is left to its Timeout, then one back that is stopped. */
  async #tryVelocity(): Promise<Seen | Refusal> {
    const { calls, signal } = this.#context;
    const before = await this.#look();
    const withTimeout = await calls.continuous(this.#slow(1), TIMEOUT_MS, signal);
    if (withTimeout !== null) {
      this.#stops = { ...this.#stops, timeout: 'refused' };
      const refusal = await calls.continuous(this.#slow(1), null, signal);
      if (refusal !== null) return refusal;
    }
    await this.#pause(LOOK_MS);
    const during = await this.#look();
    if (withTimeout === null) {
      await this.#pause(TIMEOUT_MS - LOOK_MS + SETTLE_MS);
      const timeout = { yes: 'works', no: 'ignored', unknown: 'unverified' } as const;
      this.#stops = { ...this.#stops, timeout: timeout[await this.#comesToRest(during)] };
    }
    const seen = this.#hasMoved(before, during, await this.#look());
    this.#compareDirections(before, during);
    if (this.#stops.timeout === 'ignored' || this.#stops.timeout === 'refused') await this.#halt();
    await this.#tryStop();
    return seen;
  }

  async #tryStop(): Promise<void> {
    const { calls, stopping, signal } = this.#context;
    // Long enough that its end is not taken for the stop's work.
    const timeoutMs = Math.round(3 * (SETTLE_MS + LOOK_MS) + 10 * this.#context.roundTripMs());
    for (let attempt = 0; attempt < 2; attempt++) {
      const before = await this.#look();
      const isTimed = this.#stops.timeout !== 'refused';
      const refusal = await calls.continuous(this.#slow(-1), isTimed ? timeoutMs : null, signal);
      await this.#pause(SETTLE_MS);
      const during = await this.#look();
      await stopping.stop(calls, signal);
      await this.#pause(SETTLE_MS / 2);
      // What did not move shows no stop.
      const isMoving = refusal === null && this.#hasMoved(before, during, during) !== 'no';
      const still = isMoving ? await this.#comesToRest(during) : 'unknown';
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
    const { calls, signal } = this.#context;
    const before = await this.#look();
    const by = SMALL_SHARE * this.#sign('pan', 1);
    if (rung === 'absolute' && before?.pan == null) return 'unknown';
    const refusal =
      rung === 'absolute'
        ? await calls.absolute({ pan: (before?.pan ?? 0) + by, tilt: before?.tilt ?? 0 }, signal)
        : await calls.relative(
            rung === 'relative' ? 'generic' : 'fov',
            { pan: rung === 'relative' ? by : by * 10 },
            signal,
          );
    if (refusal !== null) return refusal;
    await this.#pause(LOOK_MS);
    const during = await this.#look();
    await this.#pause(SETTLE_MS);
    const after = await this.#look();
    if (rung === 'relative' && before?.pan != null && after?.pan != null && Math.abs(after.pan - before.pan) > MOVED) {
      this.#panSharePerTranslation = Math.abs((after.pan - before.pan) / by);
    }
    return this.#hasMoved(before, during, after);
  }

  /** To where it was, if there is a way to say so; it is no matter when there is none. */
  async #goBack(): Promise<void> {
    const { pan, tilt } = this.#start ?? {};
    if (pan == null || tilt == null || !this.#rungs.absolute.listed) return;
    const refusal = await this.#context.calls.absolute({ pan, tilt }, this.#context.signal);
    if (refusal !== null) {
      this.#notes.push(`absolute moves are listed and refused: ${refusal.reason}`);
      this.#rungs.absolute = { listed: true, move: 'failed', detail: refusedError('AbsoluteMove', refusal).message };
      return;
    }
    await this.#pause(SETTLE_MS);
  }

  async #halt(): Promise<void> {
    await this.#context.stopping.stop(this.#context.calls, this.#context.signal);
    await this.#pause(SETTLE_MS / 2);
  }

  #hasMoved(before: RawStatus | null, during: RawStatus | null, after: RawStatus | null): Seen {
    if (before?.pan != null && after?.pan != null) {
      const far = Math.max(Math.abs(after.pan - before.pan), Math.abs((during?.pan ?? before.pan) - before.pan));
      return far > MOVED ? 'yes' : 'no';
    }
    return before?.saysMoving === false && during?.saysMoving === true ? 'yes' : 'unknown';
  }

  /** @param during how it was while it moved, to see that MoveStatus tells the difference */
  async #isStill(during: RawStatus | null = null): Promise<Seen> {
    const first = await this.#look();
    await this.#pause(LOOK_MS);
    const second = await this.#look();
    if (first?.pan != null && second?.pan != null) return Math.abs(second.pan - first.pan) < STILL ? 'yes' : 'no';
    if (during?.saysMoving !== true || second === null || this.#start?.saysMoving !== false) return 'unknown';
    return second.saysMoving === false ? 'yes' : 'no';
  }

  /** Slow motors get a second chance: one that has not ended by then does not end. */
  async #comesToRest(during: RawStatus | null): Promise<Seen> {
    const first = await this.#isStill(during);
    if (first !== 'no') return first;
    await this.#pause(SETTLE_MS);
    return await this.#isStill(during);
  }

  async #look(): Promise<RawStatus | null> {
    const status = await this.#context.calls.status(this.#context.signal);
    return 'subcodes' in status ? null : status;
  }

  async #pause(ms: number): Promise<void> {
    await this.#context.time.wait(ms, this.#context.signal);
    if (this.#context.signal.aborted) throw aborted(this.#context.signal.reason);
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
      const what = `${axis} positions run the other way than velocities`;
      if (hasRanges) this.#notes.push(`${what}: taken as ${axis}_range_deg has them`);
      else {
        this.#mirrored = { ...this.#mirrored, [axis]: true };
        this.#notes.push(`${what}: they are mirrored (should the picture turn the wrong way: ${axis}_reversed)`);
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
