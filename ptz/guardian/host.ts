/** The guardian's side: stops the camera when the owner is gone or late. */
import { errorCode, errorMessage, retry } from '../../runtime/node.ts';
import { octagonStopper } from '../octagon/stop-job.ts';
import { onvifStopper } from '../onvif/stop-job.ts';
import type { DriverTime } from '../time.ts';
import { type FromGuardian, HERE_EVERY_MS, type StopJob, type ToGuardian } from './messages.ts';
import { type Stopper, stopForSure } from './stop-for-sure.ts';
import { Watchman } from './watchman.ts';

export interface HostOptions {
  readonly time: DriverTime;
  readonly send: (message: FromGuardian) => void;
  readonly exit: () => void;
}

/** Without an owner, an unreachable camera is tried for this long. */
const ORPHAN_MS = 60_000;
/** Between checks of the login; a refused one is left alone for longer. The owner waits for the check that succeeds. */
const CHECK_LIMITS = { firstMs: 1000, longestMs: 2000 };

export class GuardianHost {
  readonly #options: HostOptions;
  readonly #watchman: Watchman;
  #stopper: Stopper | null = null;
  #isOrphan = false;
  #callOffDue: () => void = () => undefined;
  /** Ends the check under way. */
  #check = new AbortController();
  /** Ends the stop under way; null: there is none. */
  #stop: AbortController | null = null;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#watchman = new Watchman(this.#nowMs);
    options.send({ type: 'hello' });
    this.#beat();
  }

  receive(message: ToGuardian): void {
    this.#watchman.heard(this.#nowMs);
    switch (message.type) {
      case 'watch':
        this.#watch(message.number, message.job);
        break;
      case 'moves':
        this.#watchman.moves(message.forMs, this.#nowMs);
        this.#plan();
        break;
      case 'stands':
        this.#watchman.stands();
        this.#plan();
        break;
      case 'refused':
        this.#stopper?.policy.learn(message.login, this.#nowMs);
        break;
      case 'bye':
        this.#options.exit();
        break;
      case 'alive':
        break;
    }
  }

  /** The channel is closed: no lease can be renewed any more. */
  ownerGone(): void {
    const { time, exit } = this.#options;
    this.#isOrphan = true;
    this.#check.abort();
    this.#callOffDue();
    if (!this.#watchman.mayMove && this.#stop === null) exit();
    time.after(ORPHAN_MS, exit);
    void this.#intervene().then(exit);
  }

  #watch(number: number, job: StopJob): void {
    this.#check.abort();
    this.#check = new AbortController();
    this.#stopper = stopperFor(job, this.#options.time);
    void this.#verify(number, this.#stopper, this.#check.signal);
  }

  /** Until the camera accepts the login: then it would also accept a stop. */
  async #verify(number: number, stopper: Stopper, signal: AbortSignal): Promise<void> {
    const { time, send } = this.#options;
    await retry({
      time,
      signal,
      limits: CHECK_LIMITS,
      attempt: () => stopper.check(signal),
      failed: (error) => {
        const login = stopper.policy.record(this.#nowMs);
        send({ type: 'unable', number, reason: errorMessage(error), login });
        return errorCode(error) === 'ptz_login' ? login.waitMs : 0;
      },
    });
    if (!signal.aborted) send({ type: 'ready', number });
  }

  /** The owner is back: a stop that is running here is cancelled. */
  #plan(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.#callOffDue();
    const inMs = this.#watchman.dueInMs(this.#nowMs);
    if (inMs === null) return;
    this.#callOffDue = this.#options.time.after(inMs, () => void this.#leaseIsOver());
  }

  async #leaseIsOver(): Promise<void> {
    this.#options.send({ type: 'stopping' });
    await this.#intervene();
  }

  /** Stops the camera, unless the owner reports back meanwhile, or has not said how to stop it. */
  async #intervene(): Promise<void> {
    const stopper = this.#stopper;
    if (stopper === null) return;
    this.#stop?.abort();
    const stop = new AbortController();
    this.#stop = stop;
    await stopForSure(stopper, this.#options.time, stop.signal);
    if (stop.signal.aborted) return;
    this.#stop = null;
    this.#watchman.stands();
  }

  #beat(): void {
    const { time, send, exit } = this.#options;
    const isIdle = this.#stop === null && !this.#watchman.mayMove;
    if (isIdle && this.#watchman.isForgotten(this.#nowMs)) exit();
    // The login cannot be corrected any more, so there is no point in waiting for the next attempt.
    const isLockedOut = this.#stopper !== null && this.#stopper.policy.nextTryMs(this.#nowMs) !== null;
    if (this.#isOrphan && isLockedOut) exit();
    send({ type: 'here' });
    time.after(HERE_EVERY_MS, () => this.#beat());
  }

  get #nowMs(): number {
    return this.#options.time.clock.monoMs();
  }
}

function stopperFor(job: StopJob, time: DriverTime): Stopper {
  return job.kind === 'onvif' ? onvifStopper(job, time) : octagonStopper(job, time);
}
