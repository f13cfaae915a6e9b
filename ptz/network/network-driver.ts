/**
 * A camera behind a network, as a driver: commands in order (command-queue.ts), velocities as leases (lease.ts). What
 * the camera speaks is the Camera's business, and whether it is there the LinkedCamera's.
 */
import { WindhoverError } from '../../runtime/node.ts';
import type { ProcessLock } from '../../runtime/process-lock.ts';
import {
  type Capabilities,
  clamp,
  isZero,
  type MotionListener,
  NO_VELOCITY,
  type PtzDriver,
  type PtzStatus,
  presetToken,
  safeVelocity,
  UNHEARD,
  type Velocity,
  type VelocityOutcome,
} from '../driver.ts';
import type { Guard } from '../guardian/guard.ts';
import type { DriverTime } from '../time.ts';
import type { Camera, Judged } from './camera.ts';
import { CommandQueue } from './command-queue.ts';
import { aborted } from './http.ts';
import { Lease } from './lease.ts';
import { LinkedCamera } from './linked-camera.ts';

export interface NetworkDriverOptions {
  /** Deadline of connecting, small moves included. */
  readonly open_ms: number;
  /** Small moves are made. */
  readonly probe: boolean;
}

export interface NetworkDriverParts {
  readonly time: DriverTime;
  /** Stops it when this process cannot; without: nothing does. */
  readonly guard?: Guard;
  /** Keeps other processes from steering it; without: nothing does. */
  readonly lock?: ProcessLock;
  readonly listener?: MotionListener | undefined;
}

export class NetworkDriver implements PtzDriver {
  readonly #camera: LinkedCamera;
  readonly #options: NetworkDriverOptions;
  readonly #time: DriverTime;
  readonly #listener: MotionListener;
  readonly #commands = new CommandQueue();
  /** Separate, so that an unanswered status delays no command. */
  readonly #looks = new CommandQueue();
  readonly #lease: Lease;
  readonly #closing = new AbortController();
  /** The velocity that may move the camera: sent, not ended, and no stop confirmed. */
  #velocity: Velocity | null = null;
  #told: Velocity = NO_VELOCITY;
  /** A stop that waits or runs; it also serves all that are requested meanwhile. */
  #stopping: Promise<void> | null = null;

  constructor(camera: Camera, options: NetworkDriverOptions, parts: NetworkDriverParts) {
    const { time, guard, lock, listener = UNHEARD } = parts;
    this.#camera = new LinkedCamera(camera, time, guard, lock);
    [this.#options, this.#time, this.#listener] = [options, time, listener];
    this.#lease = new Lease(time, () => this.#leaseIsOver());
  }

  async open(signal?: AbortSignal): Promise<Capabilities> {
    const { open_ms: openMs, probe } = this.#options;
    const late = new AbortController();
    const callOff = this.#time.after(openMs, () => late.abort());
    const ends = AbortSignal.any([this.#closing.signal, late.signal, ...(signal ? [signal] : [])]);
    // A failure is in the link, and the stop is repeated.
    const lost = () => void this.stop().catch(() => undefined);
    try {
      return await this.#commands.run(() => this.#camera.open(probe, lost, ends));
    } catch (error) {
      if (!late.signal.aborted || signal?.aborted) throw error;
      throw new WindhoverError('ptz_unreachable', `the camera was not ready within ${openMs} ms`, { cause: error });
    } finally {
      callOff();
    }
  }

  async velocity(velocity: Velocity, leaseMs: number, signal?: AbortSignal): Promise<VelocityOutcome> {
    const { verdict } = this.#checkOpen();
    const wanted = safeVelocity(velocity);
    if (isZero(wanted)) {
      return await this.#commands.velocity(async () => {
        this.#lease.cancel();
        // Without the caller's signal: the stop must also be sent after an abort.
        if (this.#velocity !== null) await this.#halt(this.#closing.signal);
        return 'sent';
      });
    }
    if (verdict.rung === null) {
      const hint = 'see the result of its test moves (verdict)';
      throw new WindhoverError('ptz_unsupported', 'not supported by the camera: moves at a velocity', { hint });
    }
    this.#lease.renew(clamp(Number.isFinite(leaseMs) ? leaseMs : 0, 1, this.#camera.leaseMs));
    return await this.#commands.velocity(async () => {
      const leftMs = this.#lease.leftMs;
      // It has waited too long for a slow camera: it is out of date.
      if (leftMs <= 0 || signal?.aborted) return 'superseded';
      await this.#move(wanted, leftMs, this.#ending(signal));
      return 'sent';
    });
  }

  async stop(): Promise<void> {
    this.#checkOpen();
    this.#forgetVelocity();
    await this.#stopSoon();
  }

  async goTo(preset: string, signal?: AbortSignal): Promise<string> {
    this.#checkOpen();
    this.#forgetVelocity();
    const gone = this.#commands.run(async () => {
      const ending = this.#ending(signal);
      if (this.#velocity !== null) await this.#halt(ending);
      return await this.#camera.goTo((presets) => presetToken(presets, preset), ending);
    });
    // An earlier stop does not count for this motion.
    this.#stopping = null;
    return await gone;
  }

  async status(signal?: AbortSignal): Promise<PtzStatus> {
    const ending = this.#ending(signal);
    if (this.#camera.isDue) await this.#commands.run(() => this.#reconnect(ending));
    const look = await this.#looks.run(() => this.#camera.look(ending));
    if (signal?.aborted) throw aborted(signal.reason);
    const { roundTripMs, leaseMs, link } = this.#camera;
    return { ...look, roundTripMs, leaseMs, link, velocity: this.#velocity };
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#forgetVelocity();
    try {
      // Without the caller's signal: the stop must also be sent after an abort.
      if (this.#camera.judged) await this.#commands.run(() => this.#halt(undefined));
    } finally {
      this.#closing.abort();
      await this.#camera.close();
    }
  }

  async #move(velocity: Velocity, leaseMs: number, signal: AbortSignal): Promise<void> {
    this.#camera.announce(leaseMs);
    // Set first: also a request without an answer may move the camera.
    this.#velocity = velocity;
    this.#tell(velocity);
    try {
      await this.#camera.move(velocity, leaseMs, signal);
    } catch (error) {
      // It is stopped at the end of its lease, or as soon as the camera is back.
      this.#tell(NO_VELOCITY);
      throw error;
    }
  }

  #stopSoon(): Promise<void> {
    if (this.#stopping) return this.#stopping;
    const stopping = this.#commands
      .run(() => this.#halt(this.#closing.signal))
      .finally(() => {
        if (this.#stopping === stopping) this.#stopping = null;
      });
    this.#stopping = stopping;
    return stopping;
  }

  async #halt(signal: AbortSignal | undefined): Promise<void> {
    this.#tell(NO_VELOCITY);
    await this.#camera.stop(signal);
    this.#velocity = null;
  }

  async #reconnect(signal: AbortSignal): Promise<void> {
    // Another status may have got it back meanwhile.
    if (this.#camera.isDue && (await this.#camera.reconnect(signal))) this.#velocity = null;
  }

  #leaseIsOver(): void {
    this.#commands.dropVelocity();
    // The lease of one that never went out.
    if (this.#velocity === null) return;
    this.#tell(NO_VELOCITY);
    // A failure is in the link's state, and the stop is repeated when the camera is back.
    this.#stopSoon().catch(() => this.#commands.dropVelocity());
  }

  #forgetVelocity(): void {
    this.#lease.cancel();
    this.#commands.dropVelocity();
  }

  #tell(velocity: Velocity): void {
    if (isZero(velocity) && isZero(this.#told)) return;
    this.#told = velocity;
    this.#listener.sent(velocity, this.#time.clock.monoMs());
  }

  #ending(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
  }

  #checkOpen(): Judged {
    if (this.#closing.signal.aborted) throw new WindhoverError('ptz_closed', 'the camera driver is closed');
    if (this.#camera.judged) return this.#camera.judged;
    throw new WindhoverError('ptz_closed', 'the camera driver is not open', { hint: 'open it first' });
  }
}
