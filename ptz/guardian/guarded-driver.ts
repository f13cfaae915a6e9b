/**
 * A driver whose camera is stopped by another process when this one cannot: for cameras that keep moving after their
 * last velocity.
 *
 * The guardian is there from before the first small move, because what the camera does is not known until then, and
 * ends when the camera turns out to stop by itself. While it is needed but missing, nothing is moved.
 */
import { WindhoverError } from '../../runtime/node.ts';
import type {
  Capabilities,
  Offset,
  Place,
  Preset,
  PtzDriver,
  PtzStatus,
  Velocity,
  VelocityOutcome,
} from '../driver.ts';
import type { MotionWatch, StopJob } from '../network/motion-watch.ts';
import { leaseFor, tooSlow } from '../network/stopping-time.ts';
import type { DriverTime } from '../time.ts';
import { GuardianProcess } from './guardian-process.ts';
import { GUARDIAN_LATE_MS } from './messages.ts';

/** While it is opened, the guardian is told at this interval that this process is alive. */
const HOLD_EVERY_MS = 250;
const HOLD_MS = 1000;
/** When it is not known how long a refused login is to be left alone. */
const LOGIN_WAIT_MS = 60_000;

export class GuardedDriver implements PtzDriver {
  readonly #driver: PtzDriver;
  readonly #time: DriverTime;
  readonly #guardian: GuardianProcess;
  #state: 'closed' | 'opening' | 'needed' | 'not-needed' = 'closed';
  #leaseMs = Number.POSITIVE_INFINITY;
  /** While it is opened: what made the test moves invalid; null: nothing. */
  #interruption: string | null = null;
  /** While it is opened: something may have been moved, and no stop was confirmed since. */
  #mayMove = false;

  /** @param make makes the driver that is guarded; it tells the watch what it does */
  constructor(make: (watch: MotionWatch) => PtzDriver, time: DriverTime) {
    this.#time = time;
    this.#guardian = new GuardianProcess(time, {
      lost: (reason) => this.#guardianLost(reason),
      stopping: () => {
        this.#interruption = `no sign of life from this process for more than ${HOLD_MS} ms: the guardian stopped the camera`;
      },
    });
    this.#driver = make(this.#watch());
  }

  /** Process id of the guardian; null: there is none. */
  get guardianPid(): number | null {
    return this.#guardian.pid;
  }

  async open(signal?: AbortSignal): Promise<Capabilities> {
    this.#state = 'opening';
    [this.#interruption, this.#mayMove] = [null, false];
    const release = this.#hold();
    try {
      const capabilities = await this.#driver.open(signal);
      if (this.#interruption !== null) {
        await this.#driver.stop(signal);
        throw interrupted(this.#interruption);
      }
      return await this.#settle(capabilities);
    } catch (error) {
      this.#state = 'closed';
      await this.#guardian.close(!this.#mayMove);
      throw error;
    } finally {
      release();
    }
  }

  async moveVelocity(velocity: Velocity, leaseMs: number, signal?: AbortSignal): Promise<VelocityOutcome> {
    try {
      return await this.#driver.moveVelocity(velocity, Math.min(leaseMs, this.#leaseMs), signal);
    } catch (error) {
      if (error instanceof WindhoverError && error.code === 'ptz_login') this.#loginRefused(LOGIN_WAIT_MS);
      throw error;
    }
  }

  async moveRelative(offset: Offset, signal?: AbortSignal): Promise<void> {
    await this.#driver.moveRelative(offset, signal);
  }

  async moveAbsolute(place: Place, signal?: AbortSignal): Promise<void> {
    await this.#driver.moveAbsolute(place, signal);
  }

  async stop(signal?: AbortSignal): Promise<void> {
    await this.#driver.stop(signal);
  }

  async gotoPreset(token: string, signal?: AbortSignal): Promise<void> {
    await this.#driver.gotoPreset(token, signal);
  }

  async presets(signal?: AbortSignal): Promise<readonly Preset[]> {
    return await this.#driver.presets(signal);
  }

  async status(signal?: AbortSignal): Promise<PtzStatus> {
    const status = await this.#driver.status(signal);
    const { link } = status;
    if (this.#state !== 'needed') return status;
    // A camera that has become slower gets shorter leases.
    this.#leaseMs = leaseFor((status.roundTripMs ?? 0) + GUARDIAN_LATE_MS);
    if (link.state === 'refused') this.#loginRefused((link.nextTryMs ?? 0) - this.#time.clock.monoMs());
    const { reason } = this.#guardian;
    if (link.state !== 'ready' || reason === null) return status;
    return {
      ...status,
      link: { state: 'lost', reason: `not moved while the guardian is missing: ${reason}`, nextTryMs: null },
    };
  }

  async close(): Promise<void> {
    try {
      await this.#driver.close();
    } catch (error) {
      this.#state = 'closed';
      await this.#guardian.close(false);
      throw error;
    }
    this.#state = 'closed';
    await this.#guardian.close(true);
  }

  /** What the driver tells goes to the guardian while there is to be one. */
  #watch(): MotionWatch {
    const isGuarded = () => this.#state === 'opening' || this.#state === 'needed';
    return {
      watch: (job: StopJob) => {
        if (isGuarded()) this.#guardian.watch(job);
      },
      ready: (signal) => (isGuarded() ? this.#guardian.ready(signal) : Promise.resolve()),
      moves: (forMs) => {
        if (this.#state === 'closed') throw new WindhoverError('ptz_closed', 'the camera driver is not open');
        if (isGuarded()) this.#guardian.moves(forMs);
      },
      stands: () => {
        this.#mayMove = false;
        if (this.#state === 'needed') this.#guardian.stands();
      },
    };
  }

  /** Keeps the guardian quiet while the small moves are made. @returns what ends it */
  #hold(): () => void {
    let callOff: () => void = () => undefined;
    const renew = () => {
      if (this.#guardian.reason === null) {
        this.#mayMove = true;
        this.#guardian.moves(HOLD_MS);
      }
      callOff = this.#time.after(HOLD_EVERY_MS, renew);
    };
    renew();
    return () => callOff();
  }

  /** Connected and tested: does it need the guardian? */
  async #settle(capabilities: Capabilities): Promise<Capabilities> {
    const { verdict } = capabilities;
    if (verdict.rung === null || verdict.stopsByItself === 'yes') {
      this.#state = 'not-needed';
      this.#leaseMs = Number.POSITIVE_INFINITY;
      await this.#guardian.close(true);
      return capabilities;
    }
    this.#state = 'needed';
    // The small moves are over, and the driver has stopped the camera after each.
    this.#guardian.stands();
    const lateMs = verdict.roundTripMs + GUARDIAN_LATE_MS;
    this.#leaseMs = leaseFor(lateMs);
    const others = verdict.notes.filter((note) => !tooSlow(verdict.roundTripMs).includes(note));
    const notes = [...others, GUARDED[verdict.stopsByItself], ...tooSlow(lateMs)];
    return { ...capabilities, leaseMs: this.#leaseMs, verdict: { ...verdict, notes } };
  }

  /** Stops the camera and moves it no more. A failed stop is in the link, and repeated. */
  #guardianLost(reason: string): void {
    this.#interruption = reason;
    if (this.#state !== 'needed') return;
    this.#driver.stop().catch(() => undefined);
  }

  #loginRefused(waitMs: number): void {
    if (this.#state === 'needed') this.#guardian.refused({ refusals: 2, waitMs: Math.max(0, waitMs) });
  }
}

const GUARDED = {
  no:
    'guarded: another process stops the camera when this one dies; this does not survive the loss of the network: ' +
    'the camera then moves until a stop reaches it',
  unverified:
    'guarded: another process stops the camera when this one dies; whether this survives the loss of the network is not known',
} as const;

function interrupted(got: string): WindhoverError {
  return new WindhoverError('ptz_interrupted', 'the test moves were interrupted', { got, hint: 'try again' });
}
