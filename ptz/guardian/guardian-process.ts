/** The owner's side of a guardian: starts its process, watches it, restarts it, ends it. */
import { join } from 'node:path';
import { sendTo } from '../../runtime/ipc.ts';
import { Backoff, errorMessage, WindhoverError } from '../../runtime/node.ts';
import { aborted } from '../network/http.ts';
import type { LoginRecord } from '../network/login-policy.ts';
import type { DriverTime } from '../time.ts';
import { ALIVE_EVERY_MS, type FromGuardian, HERE_EVERY_MS, type StopJob, type ToGuardian } from './messages.ts';

export interface GuardianListener {
  /** It was ready and is lost. */
  lost(reason: string): void;
  /** It has stopped the camera: this process was late. */
  stopping(): void;
}

const MAIN = join(import.meta.dir, 'main.ts');
const READY_MS = 10_000;
const RESTART_LIMITS = { firstMs: 250, longestMs: 15_000 };
/** A guardian that was alive for this long resets the backoff. */
const STABLE_MS = 10_000;
/** Without a message for this long it hangs. */
const SILENT_MS = 5 * HERE_EVERY_MS;
const GONE_MS = 1000;

export class GuardianProcess {
  readonly #time: DriverTime;
  readonly #listener: GuardianListener;
  #child: Bun.Subprocess | null = null;
  #job: StopJob | null = null;
  #number = 0;
  /** Why it could not stop the camera now; null: it could. */
  #reason: string | null = 'not started';
  #heardMs = 0;
  #startedMs = 0;
  readonly #backoff = new Backoff(RESTART_LIMITS);
  /** The error that the present one reported. */
  #failure: string | null = null;
  /** What is known of refused logins; `untilMs` on our clock. */
  #login = { refusals: 0, untilMs: Number.NEGATIVE_INFINITY };
  #callOffRestart: () => void = () => undefined;
  #callOffBeat: () => void = () => undefined;
  #waiting: (() => void)[] = [];

  constructor(time: DriverTime, listener: GuardianListener) {
    this.#time = time;
    this.#listener = listener;
  }

  /** Why the camera could not be stopped from outside now; null: it could. */
  get reason(): string | null {
    return this.#reason;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  watch(job: StopJob): void {
    this.#job = job;
    if (this.#child === null) this.#start();
    else this.#sendJob();
  }

  async ready(signal: AbortSignal): Promise<void> {
    const untilMs = this.#nowMs + READY_MS;
    while (this.#reason !== null) {
      if (signal.aborted) throw aborted(signal.reason);
      if (this.#nowMs >= untilMs) throw unguarded(this.#reason);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      const callOff = this.#time.after(untilMs - this.#nowMs, resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      callOff();
    }
  }

  moves(forMs: number): void {
    if (this.#reason !== null) throw unguarded(this.#reason);
    this.#send({ type: 'moves', forMs });
  }

  stands(): void {
    this.#send({ type: 'stands' });
  }

  /** The driver's login was refused: the guardian's would be, too. */
  refused(login: LoginRecord): void {
    this.#learn(login);
    this.#send({ type: 'refused', login });
  }

  /**
   * Ends the guardian.
   * @param stands false: no stop was confirmed; it goes on trying without us
   */
  async close(stands: boolean): Promise<void> {
    const child = this.#child;
    this.#callOffRestart();
    this.#callOffBeat();
    [this.#child, this.#job, this.#reason] = [null, null, 'closed'];
    this.#wake();
    if (child === null) return;
    if (!stands) return child.disconnect();
    sendTo(child, { type: 'bye' } satisfies ToGuardian);
    const late = this.#time.after(GONE_MS, () => child.kill('SIGKILL'));
    await child.exited;
    late();
  }

  #start(): void {
    this.#callOffRestart();
    this.#startedMs = this.#nowMs;
    this.#heardMs = this.#nowMs;
    this.#failure = null;
    this.#setReason('the guardian is starting');
    try {
      const child: Bun.Subprocess = Bun.spawn([process.execPath, MAIN], {
        // It inherits no open files, because it may outlive this process for a while.
        stdio: ['ignore', 'ignore', 'ignore'],
        // Its own process group: a signal to the group of this process (from a terminal, say) must not end it.
        detached: true,
        serialization: 'advanced',
        ipc: (received: FromGuardian) => {
          if (child === this.#child) this.#receive(received);
        },
        onExit: (_, exitCode, signalCode) => {
          if (child === this.#child) this.#ended(`ended (${this.#failure ?? signalCode ?? `exit code ${exitCode}`})`);
        },
      });
      // It must not keep this process alive.
      child.unref();
      this.#child = child;
      this.#beat();
    } catch (error) {
      this.#ended(`cannot be started: ${errorMessage(error)}`);
    }
  }

  #ended(how: string): void {
    this.#child = null;
    this.#callOffBeat();
    this.#setReason(`the guardian ${how}`);
    if (this.#nowMs - this.#startedMs > STABLE_MS) this.#backoff.reset();
    this.#callOffRestart = this.#time.after(this.#backoff.next(this.#time.random()), () => this.#start());
  }

  #receive(received: FromGuardian): void {
    this.#heardMs = this.#nowMs;
    switch (received.type) {
      case 'hello':
        this.#sendJob();
        break;
      case 'ready':
        if (received.number === this.#number) this.#setReason(null);
        break;
      case 'unable':
        this.#learn(received.login);
        if (received.number === this.#number)
          this.#setReason(`the guardian cannot stop the camera: ${received.reason}`);
        break;
      case 'stopping':
        this.#listener.stopping();
        break;
      case 'failed':
        this.#failure = received.message;
        break;
      case 'here':
        break;
    }
  }

  #sendJob(): void {
    if (this.#job === null) return;
    this.#number++;
    this.#reason = 'the guardian is connecting';
    const waitMs = this.#login.untilMs - this.#nowMs;
    // A login that has been accepted since, or whose wait is over, is forgotten.
    const login = waitMs > 0 ? { refusals: this.#login.refusals, waitMs } : this.#job.login;
    this.#send({ type: 'watch', number: this.#number, job: { ...this.#job, login } });
  }

  #learn({ refusals, waitMs }: LoginRecord): void {
    this.#login = { refusals, untilMs: this.#nowMs + waitMs };
  }

  /** Sends a sign of life, and checks for one. */
  #beat(): void {
    const beganMs = this.#nowMs;
    this.#send({ type: 'alive' });
    this.#callOffBeat = this.#time.after(ALIVE_EVERY_MS, () => {
      // After a pause of this process, its messages from meanwhile must be read first.
      const isPunctual = this.#nowMs - beganMs < 2 * ALIVE_EVERY_MS;
      if (isPunctual && this.#nowMs - this.#heardMs > SILENT_MS) this.#child?.kill('SIGKILL');
      else this.#beat();
    });
  }

  #setReason(reason: string | null): void {
    const wasReady = this.#reason === null;
    this.#reason = reason;
    this.#wake();
    if (wasReady && reason !== null) this.#listener.lost(reason);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #send(message: ToGuardian): void {
    if (this.#child !== null) sendTo(this.#child, message);
  }

  get #nowMs(): number {
    return this.#time.clock.monoMs();
  }
}

function unguarded(reason: string): WindhoverError {
  return new WindhoverError(
    'ptz_unguarded',
    'the camera is not moved: without a guardian nothing would stop it if this process died',
    {
      got: reason,
    },
  );
}
