/** A small test move of the head: a slow pan of a few degrees, a stop, and back. */

import { chooseRung, type Evidence, type LadderPolicy, type RungEvidence, type Verdict } from '../ladder.ts';
import { aborted, refusalOf } from '../network/http.ts';
import type { DriverTime } from '../time.ts';
import { type OctagonApi, type PanTilt, signedDeg } from './api.ts';
import { unlessRefused } from './look.ts';

export interface OctagonProbeContext {
  readonly api: OctagonApi;
  /** All that can be stopped. */
  readonly stop: (signal: AbortSignal) => Promise<void>;
  readonly time: DriverTime;
  readonly roundTripMs: () => number;
  readonly signal: AbortSignal;
}

const SLOW_PERCENT = 10;
const MOVED_DEG = 0.3;
/** No motion within {@link LOOK_MS}. */
const STILL_DEG = 0.1;
const LOOK_MS = 400;
/** Weak motors take their time. */
const LOOKS = 4;
const SETTLE_MS = 500;

const UNTRIED: RungEvidence = { listed: true, move: 'not-tried', detail: null };
const ABSENT: RungEvidence = { listed: false, move: 'not-tried', detail: null };

export class OctagonProbe {
  readonly #context: OctagonProbeContext;
  #velocity = UNTRIED;
  #absolute = UNTRIED;
  #stop: Evidence['stops']['stop'] = 'not-tried';
  readonly #notes: string[];

  constructor(context: OctagonProbeContext, notes: readonly string[]) {
    this.#context = context;
    this.#notes = [...notes];
  }

  /** @param isMoving false: no test moves; the claims of the camera count */
  async run(policy: LadderPolicy, isMoving: boolean): Promise<{ verdict: Verdict; position: boolean }> {
    const start = await this.#look();
    if (start === null) this.#notes.push('the camera does not report its position: moves are blind');
    if (isMoving) {
      await this.#tryVelocity(start);
      if (start !== null) await this.#goBack(start);
    } else this.#notes.push('not verified by test moves: probe is off');
    const lateMs = Math.round(this.#context.roundTripMs());
    const evidence: Evidence = {
      rungs: { velocity: this.#velocity, absolute: this.#absolute, relative: ABSENT, 'relative-fov': ABSENT },
      stops: { timeout: 'absent', stop: this.#stop },
      position: start === null ? 'absent' : 'works',
      notes: this.#notes,
    };
    return { verdict: chooseRung(evidence, policy, lateMs), position: start !== null };
  }

  async #tryVelocity(start: PanTilt | null): Promise<void> {
    const { api, stop, signal } = this.#context;
    const query = { direction: 'right', panSpeed: SLOW_PERCENT, tiltSpeed: 0 };
    const refusal = await refusalOf(api.move(query, signal));
    if (refusal !== null) {
      this.#velocity = { ...UNTRIED, move: 'failed', detail: refusal };
      return;
    }
    let turnedDeg = 0;
    for (let look = 0; look < LOOKS && Math.abs(turnedDeg) < MOVED_DEG; look++) {
      await this.#pause(LOOK_MS);
      const now = start === null ? null : await this.#look();
      if (start !== null && now !== null) turnedDeg = signedDeg(now.pan - start.pan);
    }
    await stop(signal);
    await this.#pause(SETTLE_MS);
    if (start === null) {
      this.#velocity = { ...UNTRIED, move: 'unverified', detail: 'its effect could not be observed' };
      this.#stop = 'unverified';
      return;
    }
    const hasMoved = Math.abs(turnedDeg) >= MOVED_DEG;
    const detail = hasMoved ? null : 'accepted, but nothing moved';
    this.#velocity = { ...UNTRIED, move: hasMoved ? 'works' : 'failed', detail };
    // What did not move shows no stop.
    if (hasMoved) this.#stop = (await this.#isStill()) ? 'stop' : 'none';
    if (turnedDeg <= -MOVED_DEG) this.#notes.push('its pan angle falls when it is told to turn right');
  }

  async #goBack(start: PanTilt): Promise<void> {
    const refusal = await refusalOf(this.#context.api.goTo(start, this.#context.signal));
    if (refusal !== null) {
      this.#absolute = { ...UNTRIED, move: 'failed', detail: refusal };
      return;
    }
    await this.#pause(SETTLE_MS);
    const now = await this.#look();
    const isBack = now !== null && Math.abs(signedDeg(now.pan - start.pan)) < MOVED_DEG;
    this.#absolute = { ...UNTRIED, move: isBack ? 'works' : 'unverified' };
  }

  async #isStill(): Promise<boolean> {
    for (let look = 0; look < LOOKS; look++) {
      const before = await this.#look();
      await this.#pause(LOOK_MS);
      const after = await this.#look();
      if (before && after && Math.abs(signedDeg(after.pan - before.pan)) < STILL_DEG) return true;
    }
    return false;
  }

  /** Null: it does not say. */
  async #look(): Promise<PanTilt | null> {
    return await unlessRefused(this.#context.api.position(this.#context.signal));
  }

  async #pause(ms: number): Promise<void> {
    const { time, signal } = this.#context;
    await time.wait(ms, signal);
    if (signal.aborted) throw aborted(signal.reason);
  }
}
