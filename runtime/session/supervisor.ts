/**
 * Keeps a session's process alive: starts it, detects its end, restarts it with backoff, stops it in
 * order and, after a deadline, by force.
 */
import type { Clock } from '../clock.ts';
import type { ErrorRecord } from '../errors.ts';
import { Backoff } from '../retry.ts';
import type { FromChild, ToChild } from './messages.ts';
import { type ProcessStart, SessionProcess } from './session-process.ts';

export interface SupervisorListener {
  /** What the next process is to run. */
  start(): ProcessStart;
  message(message: FromChild): void;
  output(line: string, from: 'stdout' | 'stderr'): void;
  /** The process was killed, because it missed a deadline. */
  killed(error: ErrorRecord): void;
  /**
   * The process is gone for good: the source ended, `stop` was called, or an error that trying again can't mend.
   * `stopped` with an error: a node failed before, or the process had to be killed.
   */
  over(how: 'ended' | 'stopped' | 'failed', error: ErrorRecord | undefined): void;
  /**
   * The process is gone and will be started again. Without an error it died by itself; `how` says of what.
   * Resolves when there is nothing to wait for any more.
   */
  restarting(how: string, error: ErrorRecord | undefined, inMs: number): Promise<void>;
  /** The process that `replace` ended is gone; the next one is started now. */
  left(): void;
  /** The next process is open; or, with an error, it could not be: another one is started now. */
  replaced(error: ErrorRecord | undefined): void;
}

const RESTART_LIMITS = { firstMs: 250, longestMs: 30_000 };
/** A process that was open for this long resets the backoff. */
const STABLE_MS = 10_000;
/** A process that says nothing for so long is stopped, or hangs as a whole, and is killed. */
const SILENT_S = 10;
/** To its first message: many processes may start at once. */
const STARTED_WITHIN_S = 60;
const STOP_DEADLINE_MS = 4000;

export class Supervisor {
  readonly #clock: Clock;
  readonly #listener: SupervisorListener;
  #process: SessionProcess | undefined;
  readonly #backoff = new Backoff(RESTART_LIMITS);
  #openedMs = Number.POSITIVE_INFINITY;
  #error: ErrorRecord | undefined;
  #done = false;
  #stopping = false;
  /** A planned change of processes: the one before is to go, then the next one is to open. */
  #replacing: 'no' | 'leaving' | 'opening' = 'no';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  /** Seconds without a message, as far as this process itself was at work. */
  #silentS = 0;
  #isHeard = false;
  #resolveGone: () => void = () => undefined;

  constructor(clock: Clock, listener: SupervisorListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  start(): void {
    this.#done = false;
    this.#error = undefined;
    this.#openedMs = Number.POSITIVE_INFINITY;
    this.#process = new SessionProcess(this.#listener.start(), this.#clock, {
      message: (message) => this.#receive(message),
      output: (line, from) => this.#listener.output(line, from),
      exited: (how) => this.#exited(how),
    });
    [this.#silentS, this.#isHeard] = [0, false];
    this.#watch = setInterval(() => this.#listen(), 1000);
  }

  send(message: ToChild): void {
    this.#process?.send(message);
  }

  /** Ends the process in order and starts another one at once: see `left` and `replaced`. */
  replace(): void {
    clearTimeout(this.#timer);
    this.#replacing = 'leaving';
    if (this.#process) {
      this.#process.stop();
      this.#timer = setTimeout(() => this.#force('had not stopped', STOP_DEADLINE_MS), STOP_DEADLINE_MS);
    } else this.#startNext();
  }

  /** Ends the process at once; it is started again like after any other death. */
  kill(): void {
    this.#process?.kill();
  }

  #listen(): void {
    this.#silentS += 1;
    const limitS = this.#isHeard ? SILENT_S : STARTED_WITHIN_S;
    if (this.#silentS === limitS) this.#force('had said nothing', limitS * 1000);
  }

  #force(why: string, afterMs: number): void {
    const message = `the session process ${why} after ${afterMs / 1000} s and was killed`;
    const error = { code: 'session_killed', message, permanent: false };
    this.#error ??= error;
    this.#listener.killed(error);
    this.kill();
  }

  /** Resolves when the process is gone and its last messages have been passed on. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    const process = this.#process;
    const first = !this.#stopping;
    this.#stopping = true;
    if (!process) {
      if (first) this.#listener.over('stopped', undefined);
      return;
    }
    const gone = new Promise<void>((resolve) => {
      const before = this.#resolveGone;
      this.#resolveGone = () => {
        before();
        resolve();
      };
    });
    process.stop();
    const force = setTimeout(() => this.#force('had not stopped', STOP_DEADLINE_MS), STOP_DEADLINE_MS);
    await gone;
    clearTimeout(force);
  }

  #receive(message: FromChild): void {
    [this.#silentS, this.#isHeard] = [0, true];
    if (message.type === 'alive') return;
    if (message.type === 'opened') this.#openedMs = this.#clock.monoMs();
    if (message.type === 'opened' && this.#replacing !== 'leaving') this.#opened();
    if (message.type === 'failed') this.#fail(message.error);
    if (message.type === 'done') this.#done = true;
    this.#listener.message(message);
  }

  #opened(): void {
    clearTimeout(this.#timer);
    if (this.#replacing === 'no') return;
    this.#replacing = 'no';
    this.#listener.replaced(undefined);
  }

  #startNext(): void {
    this.#replacing = 'opening';
    this.#listener.left();
    this.start();
  }

  /** The process now stops by itself. One that hangs would never stop: see the deadline. */
  #fail(error: ErrorRecord): void {
    if (this.#error) return;
    this.#error = error;
    clearTimeout(this.#timer);
    if (this.#stopping) return;
    this.#timer = setTimeout(
      () => this.#force('had not ended by itself after a failure', STOP_DEADLINE_MS),
      STOP_DEADLINE_MS,
    );
  }

  #exited(how: string): void {
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    this.#process = undefined;
    this.#decide(how);
    this.#resolveGone();
  }

  #decide(how: string): void {
    const error = this.#error;
    if (this.#stopping) this.#listener.over('stopped', error);
    else if (this.#replacing === 'leaving') this.#startNext();
    else if (this.#replacing === 'opening') this.#notReplaced(how, error);
    else if (error?.permanent) this.#listener.over('failed', error);
    else if (this.#done && !error) this.#listener.over('ended', undefined);
    else this.#restart(how, error);
  }

  #notReplaced(how: string, error: ErrorRecord | undefined): void {
    this.#replacing = 'no';
    const died = { code: 'session_process_died', message: `the session process died: ${how}`, permanent: false };
    this.#listener.replaced(error ?? died);
    this.start();
  }

  #restart(how: string, error: ErrorRecord | undefined): void {
    if (this.#clock.monoMs() - this.#openedMs > STABLE_MS) this.#backoff.reset();
    const waitMs = Math.round(this.#backoff.next(Math.random()));
    const prepared = this.#listener.restarting(how, error, waitMs);
    const start = async () => {
      await prepared;
      if (!this.#stopping && !this.#process) this.start();
    };
    // The listener may have stopped the session in this call.
    if (!this.#stopping) this.#timer = setTimeout(() => void start(), waitMs);
  }
}
