/** A camera on the network: connecting, testing, losing and finding it, and reporting its motion to the guardian. */
import { WindhoverError } from '../../runtime/node.ts';
import type { ProcessLock } from '../../runtime/process-lock.ts';
import type { Capabilities, Link, Velocity } from '../driver.ts';
import type { Guard } from '../guardian/guard.ts';
import type { DriverTime } from '../time.ts';
import type { Camera, CameraLook, Judged } from './camera.ts';
import { LinkState } from './link.ts';
import { leaseFor, tooSlow } from './stopping-time.ts';

/** While connecting, a lost request is sent again. */
const OPEN_RETRIES = 2;
/** For motion that may still be left from an earlier process. */
const SETTLE_MS = 500;
/** Requests get lost, so a stop is sent more than once. */
const STOP_ATTEMPTS = 3;

export class LinkedCamera {
  readonly #camera: Camera;
  readonly #time: DriverTime;
  readonly #guard: Guard | undefined;
  readonly #lock: ProcessLock | undefined;
  readonly #link: LinkState;
  /** Null until the camera has been tested. */
  #judged: Judged | null = null;

  /** @param guard undefined: nothing stops it from outside. @param lock undefined: other processes may steer it too */
  constructor(camera: Camera, time: DriverTime, guard?: Guard, lock?: ProcessLock) {
    [this.#camera, this.#time, this.#guard, this.#lock] = [camera, time, guard, lock];
    this.#link = new LinkState(camera.client.policy, time);
  }

  get judged(): Judged | null {
    return this.#judged;
  }

  /** State of the link; a camera without a guardian that it needs is not ready. */
  get link(): Link {
    const reason = this.#guard?.reason ?? null;
    return this.#link.isReady && reason !== null ? { state: 'lost', reason, nextTryMs: null } : this.#link.now;
  }

  /** Lost or refused, and the next attempt is due. */
  get isDue(): boolean {
    return this.#judged !== null && this.#link.isDue;
  }

  get roundTripMs(): number | null {
    return this.#camera.client.roundTripMs;
  }

  /** The one bound of a lease: the camera must stand in time when this process dies. */
  get leaseMs(): number {
    return leaseFor((this.roundTripMs ?? 0) + this.#guardLateMs);
  }

  get #guardLateMs(): number {
    return this.#guard?.lateMs ?? 0;
  }

  /**
   * Connects, and tests with small moves how to steer.
   * @param probe false: no moves
   * @param lost called when the camera must be stopped because the guardian could not
   */
  async open(probe: boolean, lost: () => void, signal: AbortSignal): Promise<Capabilities> {
    const endSmallMoves = this.#guard?.begin(() => {
      if (this.#judged) lost();
    });
    const { client } = this.#camera;
    client.retries = OPEN_RETRIES;
    try {
      this.#takeLock();
      await this.#camera.connect(signal);
      const judged = await this.#judge(probe, signal);
      const { verdict } = judged;
      const remarks = (await this.#guard?.settle(verdict)) ?? [];
      const notes = [...verdict.notes, ...remarks, ...tooSlow(verdict.roundTripMs + this.#guardLateMs)];
      this.#judged = { ...judged, verdict: { ...verdict, notes } };
      this.#link.ready();
      return { ...this.#judged, leaseMs: this.leaseMs };
    } catch (error) {
      this.#failed(error);
      await this.#guard?.close();
      this.#lock?.give();
      throw error;
    } finally {
      endSmallMoves?.();
      client.retries = 0;
    }
  }

  /** Must be called before a velocity is sent. @throws WindhoverError when it must not be sent */
  announce(leaseMs: number): void {
    this.#link.check();
    this.#guard?.moves(leaseMs);
  }

  async move(velocity: Velocity, leaseMs: number, signal: AbortSignal): Promise<void> {
    await this.#ask(() => this.#camera.move(velocity, leaseMs, signal));
  }

  /** @returns token of the preset that `find` names */
  async goTo(find: (presets: Awaited<ReturnType<Camera['presets']>>) => string, signal: AbortSignal): Promise<string> {
    const token = find(await this.#ask(() => this.#camera.presets(signal)));
    await this.#ask(() => this.#camera.goTo(token, signal));
    return token;
  }

  /** Tries whatever the link's state. @throws WindhoverError `ptz_stop_failed`, `ptz_aborted`, `ptz_login` */
  async stop(signal: AbortSignal | undefined): Promise<void> {
    await this.#try(() => this.#stop(signal));
    this.#guard?.stands();
  }

  /** Reconnects a lost camera, and stops it. Never fails. @returns true: it is connected and stands */
  async reconnect(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#camera.reconnect(signal);
      // Any motion since it came back was not commanded.
      await this.#stop(signal);
      this.#guard?.watch(this.#camera.stopJob());
      this.#link.ready();
      this.#guard?.stands();
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** The status of the camera, or null: the link has the reason. */
  async look(signal: AbortSignal): Promise<CameraLook> {
    if (this.#judged && this.#link.isReady) {
      try {
        return await this.#try(() => this.#camera.look(signal));
      } catch {
        // The link has the error.
      }
    }
    return { atMs: this.#time.clock.monoMs(), pan: null, tilt: null, zoom: null, moving: null };
  }

  async close(): Promise<void> {
    this.#link.closed();
    await this.#guard?.close();
    this.#lock?.give();
  }

  /** @throws WindhoverError `ptz_in_use` */
  #takeLock(): void {
    const owner = this.#lock?.take() ?? null;
    if (owner === null) return;
    const hint = 'end it, or use driver: none in one of the two';
    throw new WindhoverError('ptz_in_use', 'another process steers this camera', { got: `process ${owner}`, hint });
  }

  /** @throws WindhoverError; the camera is stopped then as far as it can be reached */
  async #judge(probe: boolean, signal: AbortSignal): Promise<Judged> {
    try {
      // It may still be moving because of an earlier process.
      await this.#stop(signal);
      this.#guard?.watch(this.#camera.stopJob());
      await this.#guard?.ready(signal);
      if (probe) await this.#time.wait(SETTLE_MS, signal);
      const judged = await this.#camera.judge((ending) => this.#stop(ending), signal);
      this.#guard?.check();
      return judged;
    } catch (error) {
      const stopped = this.#stop(undefined).then(() => this.#guard?.stands());
      await stopped.catch((cause: unknown) => this.#failed(cause));
      throw error;
    }
  }

  async #stop(signal: AbortSignal | undefined): Promise<void> {
    let cause: unknown;
    for (let attempt = 0; attempt < STOP_ATTEMPTS; attempt++) {
      try {
        return await this.#camera.stop(signal);
      } catch (error) {
        const code = error instanceof WindhoverError ? error.code : '';
        if (code === 'ptz_aborted' || code === 'ptz_login') throw error;
        cause = error;
      }
    }
    const hint = 'it may still be moving: check it';
    throw new WindhoverError('ptz_stop_failed', 'the camera did not confirm the stop', { hint, cause });
  }

  async #ask<T>(request: () => Promise<T>): Promise<T> {
    this.#link.check();
    return await this.#try(request);
  }

  async #try<T>(request: () => Promise<T>): Promise<T> {
    try {
      const answer = await request();
      this.#link.worked();
      return answer;
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  #failed(error: unknown): void {
    this.#link.failed(error);
    if (!(error instanceof WindhoverError) || error.code !== 'ptz_login') return;
    this.#guard?.refused(this.#camera.client.policy.record(this.#time.clock.monoMs()));
  }
}
