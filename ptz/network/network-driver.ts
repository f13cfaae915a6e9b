/**
 * A camera behind a network, as a driver: commands in order (command-queue.ts), velocities as leases (lease.ts), and
 * what may move told to who watches (motion-watch.ts). What the camera speaks is the Camera's business.
 */
import { WindhoverError } from '../../runtime/node.ts';
import {
  type Capabilities,
  clamp,
  isZero,
  type Offset,
  type Place,
  type Preset,
  type PtzDriver,
  type PtzStatus,
  safeVelocity,
  type Velocity,
  type VelocityOutcome,
} from '../driver.ts';
import type { DriverTime } from '../time.ts';
import type { Camera } from './camera.ts';
import { CommandQueue } from './command-queue.ts';
import { aborted } from './http.ts';
import { Lease } from './lease.ts';
import type { MotionWatch } from './motion-watch.ts';

export interface NetworkDriverOptions {
  readonly camera: Camera;
  readonly time: DriverTime;
  /** Deadline of connecting, small moves included. */
  readonly openMs: number;
  readonly watch: MotionWatch;
}

export class NetworkDriver implements PtzDriver {
  readonly #options: NetworkDriverOptions;
  readonly #camera: Camera;
  readonly #commands = new CommandQueue();
  /** Apart, so that a status that gets no answer holds no command up. */
  readonly #looks = new CommandQueue();
  readonly #lease: Lease;
  readonly #closing = new AbortController();
  #velocity: Velocity | null = null;
  /** A stop at the end of a lease waits or is under way; nothing is sent until it is through. */
  #isEnding = false;

  constructor(options: NetworkDriverOptions) {
    this.#options = options;
    this.#camera = options.camera;
    this.#lease = new Lease(options.time, () => this.#leaseIsOver());
  }

  async open(signal?: AbortSignal): Promise<Capabilities> {
    const { time, openMs } = this.#options;
    const late = new AbortController();
    const callOff = time.after(openMs, () => late.abort());
    const ends = AbortSignal.any([this.#closing.signal, late.signal, ...(signal ? [signal] : [])]);
    try {
      return await this.#commands.run(() => this.#camera.open(ends));
    } catch (error) {
      if (!late.signal.aborted || signal?.aborted) throw error;
      throw new WindhoverError('ptz_unreachable', `the camera was not ready within ${openMs} ms`, { cause: error });
    } finally {
      callOff();
    }
  }

  async moveVelocity(velocity: Velocity, leaseMs: number, signal?: AbortSignal): Promise<VelocityOutcome> {
    this.#checkOpen();
    const wanted = safeVelocity(velocity);
    if (isZero(wanted)) {
      if (this.#velocity !== null) await this.stop(signal);
      else this.#forgetVelocity();
      return 'sent';
    }
    const { verdict, leaseMs: longestMs } = this.#camera;
    if (verdict.rung === null) throw unsupported('moves at a velocity');
    this.#lease.renew(clamp(Number.isFinite(leaseMs) ? leaseMs : 0, 1, longestMs));
    return await this.#commands.velocity(async () => {
      const leftMs = this.#lease.leftMs;
      // It waited for a slow camera for too long: what it was to follow is elsewhere by now.
      if (leftMs <= 0 || signal?.aborted) return 'superseded';
      this.#options.watch.moves(leftMs);
      // Set first: also a request without an answer may move the camera.
      this.#velocity = wanted;
      await this.#camera.move(wanted, leftMs, this.#ending(signal));
      return 'sent';
    });
  }

  async moveRelative(offset: Offset, signal?: AbortSignal): Promise<void> {
    await this.#discrete((ending) => this.#camera.relative(offset, ending), signal);
  }

  async moveAbsolute(place: Place, signal?: AbortSignal): Promise<void> {
    await this.#discrete((ending) => this.#camera.absolute(place, ending), signal);
  }

  async gotoPreset(token: string, signal?: AbortSignal): Promise<void> {
    await this.#discrete((ending) => this.#camera.gotoPreset(token, ending), signal);
  }

  async presets(signal?: AbortSignal): Promise<readonly Preset[]> {
    this.#checkOpen();
    return await this.#commands.run(() => this.#camera.presets(this.#ending(signal)));
  }

  async stop(signal?: AbortSignal): Promise<void> {
    this.#checkOpen();
    this.#forgetVelocity();
    await this.#commands.run(() => this.#halt(this.#ending(signal)));
  }

  async status(signal?: AbortSignal): Promise<PtzStatus> {
    const ending = this.#ending(signal);
    if (this.#camera.isDue) await this.#commands.run(() => this.#reconnect(ending));
    const look = await this.#looks.run(() => this.#camera.look(ending));
    if (signal?.aborted) throw aborted(signal.reason);
    return { ...look, velocity: this.#velocity };
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#forgetVelocity();
    try {
      // Without the caller's signal: the stop must also be sent after an abort.
      if (this.#camera.isConnected) await this.#commands.run(() => this.#halt(undefined));
    } finally {
      this.#closing.abort();
      this.#camera.close();
    }
  }

  async #discrete(move: (signal: AbortSignal) => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    this.#checkOpen();
    this.#forgetVelocity();
    await this.#commands.run(async () => {
      const ending = this.#ending(signal);
      if (this.#velocity !== null) await this.#halt(ending);
      await move(ending);
    });
  }

  async #halt(signal: AbortSignal | undefined): Promise<void> {
    await this.#camera.stop(signal);
    this.#stands();
  }

  async #reconnect(signal: AbortSignal): Promise<void> {
    // Another status may have got it back meanwhile.
    if (this.#camera.isDue && (await this.#camera.reconnect(signal))) this.#stands();
  }

  #stands(): void {
    this.#velocity = null;
    this.#options.watch.stands();
  }

  #leaseIsOver(): void {
    this.#commands.dropVelocity();
    // The lease of one that never went out. To a slow camera, one stop for each would leave no time for any velocity.
    if (this.#velocity === null || this.#isEnding) return;
    this.#isEnding = true;
    // What fails is kept in the link's state, and the stop is made up for when the camera is back.
    this.#commands
      .run(() => this.#halt(this.#closing.signal))
      .catch(() => this.#commands.dropVelocity())
      .finally(() => {
        this.#isEnding = false;
      });
  }

  #forgetVelocity(): void {
    this.#lease.cancel();
    this.#commands.dropVelocity();
  }

  #ending(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw new WindhoverError('ptz_closed', 'the camera driver is closed');
    if (!this.#camera.isConnected) {
      throw new WindhoverError('ptz_closed', 'the camera driver is not open', { hint: 'open it first' });
    }
  }
}

export function unsupported(what: string): WindhoverError {
  return new WindhoverError('ptz_unsupported', `not supported by the camera: ${what}`, {
    hint: 'see the result of its test moves (verdict)',
  });
}
