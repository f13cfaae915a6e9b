/**
 * The autotracker's connection to the camera: connects and reconnects, sends the newest command and never
 * queues any, asks for the status at a steady rate, and never lets a slow camera delay a frame.
 */

import type { DriverTime } from '../../ptz/index.ts';
import {
  type Capabilities,
  isZero,
  type Link,
  NO_VELOCITY,
  type Place,
  type PtzDriver,
  type PtzStatus,
  type Velocity,
} from '../../ptz/index.ts';
import { type Clock, errorMessage, type Logger, retry, WindhoverError } from '../../runtime/node.ts';

export interface LinkListener {
  /** A velocity went out (or a stop, all zeros), at this moment of our monotonic clock. */
  sent(velocity: Velocity, atMs: number): void;
  /** No answer has come yet, or none came at all, to the velocity that went out last: it may never be carried out. */
  unanswered(atMs: number): void;
  status(status: PtzStatus): void;
  /** Connected, lost, refused, back: what `state` says has changed. */
  changed(): void;
}

/** `connecting`: it has never been reached so far. */
export interface LinkView {
  readonly state: Link['state'] | 'connecting';
  readonly reason: string | null;
}

/** Pauses between attempts to connect for the first time; the driver's own login policy may ask for longer ones. */
const CONNECT_LIMITS = { firstMs: 1000, longestMs: 30_000 };
const IDLE_POLL_MS = 1000;
/** Answers mostly come sooner, and what gets none by then may be lost. */
const LATE_MS = 150;

export class CameraLink {
  readonly #driver: PtzDriver;
  readonly #time: DriverTime;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #listener: LinkListener;
  readonly #closing = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #capabilities: Capabilities | null = null;
  #view: LinkView = { state: 'connecting', reason: null };
  #status: PtzStatus | null = null;
  /** The velocity that waits until the one on its way is through; a newer one takes its place. */
  #next: { readonly velocity: Velocity; readonly leaseMs: number } | null = null;
  #isSending = false;
  #velocity: Velocity = NO_VELOCITY;
  #callOffEnd: () => void = () => undefined;
  #pollMs = IDLE_POLL_MS;
  #sentCount = 0;

  constructor(driver: PtzDriver, time: DriverTime, log: Logger, listener: LinkListener) {
    this.#driver = driver;
    this.#time = time;
    this.#clock = time.clock;
    this.#log = log;
    this.#listener = listener;
  }

  /** Null until the camera has been reached and judged. */
  get capabilities(): Capabilities | null {
    return this.#capabilities;
  }

  get view(): LinkView {
    return this.#view;
  }

  get isReady(): boolean {
    return this.#view.state === 'ready';
  }

  get status(): PtzStatus | null {
    return this.#status;
  }

  /** The last command to the camera; zeros after its lease. */
  get velocity(): Velocity {
    return this.#velocity;
  }

  /** Velocities and stops sent so far. */
  get sentCount(): number {
    return this.#sentCount;
  }

  /** Connects in the background; returns at once. */
  start(): void {
    this.#work = this.#run().catch((error: unknown) => {
      this.#log.error(`camera control has ended: ${errorMessage(error)}`, { code: code(error) });
      this.#become({ state: 'lost', reason: errorMessage(error) });
    });
  }

  /** How often the status is asked for from now on. */
  poll(everyMs: number): void {
    this.#pollMs = everyMs;
  }

  /** Sends at once, or as soon as the request on its way is answered, unless a newer one comes before that. */
  send(velocity: Velocity, leaseMs: number): void {
    if (!this.isReady) return;
    this.#next = { velocity, leaseMs };
    if (!this.#isSending) void this.#drain();
  }

  stop(): void {
    this.send(NO_VELOCITY, 0);
  }

  /** @throws WindhoverError what the driver throws */
  async gotoPreset(token: string): Promise<void> {
    this.#next = null;
    await this.#driver.gotoPreset(token, this.#closing.signal);
    this.#note(NO_VELOCITY);
  }

  /** @throws WindhoverError what the driver throws */
  async moveTo(place: Place): Promise<void> {
    this.#next = null;
    await this.#driver.moveAbsolute(place, this.#closing.signal);
    this.#note(NO_VELOCITY);
  }

  /** Token of a preset, by token or by name. @throws WindhoverError `ptz_preset` with the list of those there are */
  async findPreset(wanted: string): Promise<string> {
    const presets = await this.#driver.presets(this.#closing.signal);
    const found = presets.find(({ token }) => token === wanted) ?? presets.find(({ name }) => name === wanted);
    if (found) return found.token;
    throw new WindhoverError('ptz_preset', `the camera has no preset "${wanted}"`, {
      got: presets.map(({ token, name }) => `${token} (${name})`).join(', ') || 'no presets',
      hint: 'return_preset takes a token or a name',
    });
  }

  /** Stops the camera and disconnects. */
  async close(): Promise<void> {
    this.#next = null;
    this.#callOffEnd();
    this.#closing.abort();
    try {
      await this.#driver.close();
      if (!isZero(this.#velocity)) this.#note(NO_VELOCITY);
    } catch (error) {
      this.#log.error(`the camera may still be moving: ${errorMessage(error)}`, { code: code(error) });
    }
    await this.#work;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const capabilities = await retry({
      signal,
      limits: CONNECT_LIMITS,
      attempt: () => this.#driver.open(signal),
      failed: (error) => this.#refused(error),
      time: this.#time,
    });
    this.#capabilities = capabilities ?? null;
    while (!signal.aborted) {
      await this.#look();
      await this.#time.wait(this.#pollMs, signal);
    }
  }

  /** @returns how long the driver lets no other login through */
  async #refused(error: unknown): Promise<number> {
    const isLogin = code(error) === 'ptz_login';
    const reason = errorMessage(error);
    if (reason !== this.#view.reason) this.#log.warn(reason, { code: code(error) });
    this.#become({ state: isLogin ? 'refused' : 'connecting', reason });
    const { link } = await this.#driver.status();
    return (link.nextTryMs ?? 0) - this.#clock.monoMs();
  }

  async #look(): Promise<void> {
    try {
      const status = await this.#driver.status(this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      this.#status = status;
      const { state, reason } = status.link;
      this.#become({ state, reason });
      this.#listener.status(status);
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#log.warn(errorMessage(error), { code: code(error) });
    }
  }

  async #drain(): Promise<void> {
    this.#isSending = true;
    try {
      for (let next = this.#next; next !== null; next = this.#next) {
        this.#next = null;
        await this.#sendOne(next.velocity, next.leaseMs);
      }
    } finally {
      this.#isSending = false;
    }
  }

  async #sendOne(velocity: Velocity, leaseMs: number): Promise<void> {
    // Before the answer: also a request whose answer is lost moves the camera.
    this.#note(velocity, leaseMs);
    const isLate = () => this.#listener.unanswered(this.#clock.monoMs());
    const callOff = this.#time.after(LATE_MS, isLate);
    try {
      if (isZero(velocity)) await this.#driver.stop(this.#closing.signal);
      else await this.#driver.moveVelocity(velocity, leaseMs, this.#closing.signal);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#log.warn(errorMessage(error), { code: code(error) });
      if (code(error) === 'ptz_unreachable') isLate();
      // The driver stops it, now or as soon as it is back.
      if (!isZero(velocity)) this.#note(NO_VELOCITY);
    } finally {
      callOff();
    }
  }

  /**
   * @param leaseMs of a velocity; nothing moves on beyond it, also when no stop gets through to a camera that is lost
   */
  #note(velocity: Velocity, leaseMs = 0): void {
    this.#callOffEnd();
    this.#velocity = velocity;
    this.#sentCount += 1;
    this.#listener.sent(velocity, this.#clock.monoMs());
    if (isZero(velocity)) return;
    this.#callOffEnd = this.#time.after(leaseMs, () => {
      this.#velocity = NO_VELOCITY;
      this.#listener.sent(NO_VELOCITY, this.#clock.monoMs());
    });
  }

  #become(view: LinkView): void {
    if (view.state === this.#view.state && view.reason === this.#view.reason) return;
    this.#view = view;
    this.#listener.changed();
  }
}

function code(error: unknown): string {
  return error instanceof WindhoverError ? error.code : 'ptz_failed';
}
