/**
 * The autotracker's end of the line to the camera: connects and connects again, asks for the status at a steady rate,
 * and never lets a slow camera hold a frame up.
 */

import type { DriverTime } from '../../ptz/index.ts';
import {
  type Capabilities,
  type Link,
  NO_VELOCITY,
  type PtzDriver,
  type PtzStatus,
  type Velocity,
  type VelocityOutcome,
} from '../../ptz/index.ts';
import { errorMessage, type Logger, retry, WindhoverError } from '../../runtime/node.ts';

export interface LinkListener {
  status(status: PtzStatus): void;
  /** Connected, lost, refused, back: what `view` says has changed. */
  changed(): void;
  /** What became of a command. */
  commanded(result: VelocityOutcome | 'failed'): void;
}

/** Pauses between attempts to connect for the first time; the driver's own login policy may ask for longer ones. */
const CONNECT_LIMITS = { firstMs: 1000, longestMs: 30_000 };
const IDLE_POLL_MS = 1000;

export class CameraLink {
  readonly #driver: PtzDriver;
  readonly #time: DriverTime;
  readonly #log: Logger;
  readonly #listener: LinkListener;
  readonly #closing = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #capabilities: Capabilities | null = null;
  #view: Link = { state: 'connecting', reason: null, nextTryMs: null };
  #status: PtzStatus | null = null;
  #velocity: Velocity = NO_VELOCITY;
  #pollMs = IDLE_POLL_MS;
  #sentCount = 0;

  constructor(driver: PtzDriver, time: DriverTime, log: Logger, listener: LinkListener) {
    [this.#driver, this.#time, this.#log, this.#listener] = [driver, time, log, listener];
  }

  /** Null until the camera has been reached and judged. */
  get capabilities(): Capabilities | null {
    return this.#capabilities;
  }

  get view(): Link {
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

  /** Velocities and stops that went out so far. */
  get sentCount(): number {
    return this.#sentCount;
  }

  /** Connects in the background; returns at once. */
  start(): void {
    this.#work = this.#run().catch((error: unknown) => {
      this.#warn(error, 'camera control has ended: ');
      this.#become({ state: 'lost', reason: errorMessage(error), nextTryMs: null });
    });
  }

  /** How often the status is asked for from now on. */
  poll(everyMs: number): void {
    this.#pollMs = everyMs;
  }

  /** Goes out at once, or after the request on its way, unless a newer one comes before that. Comes back at once. */
  send(velocity: Velocity, leaseMs: number): void {
    if (!this.isReady) return;
    this.#driver.velocity(velocity, leaseMs, this.#closing.signal).then(
      (outcome) => this.#listener.commanded(outcome),
      (error: unknown) => {
        this.#listener.commanded('failed');
        this.#warn(error);
      },
    );
  }

  /** A velocity, or a stop, goes out. */
  sent(velocity: Velocity): void {
    this.#velocity = velocity;
    this.#sentCount += 1;
  }

  /** @param preset token or name @returns its token @throws WindhoverError what the driver throws */
  async goTo(preset: string): Promise<string> {
    return await this.#driver.goTo(preset, this.#closing.signal);
  }

  /** Stops the camera and disconnects. */
  async close(): Promise<void> {
    this.#closing.abort();
    try {
      await this.#driver.close();
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
    if (errorMessage(error) !== this.#view.reason) this.#warn(error);
    const { link } = await this.#driver.status();
    this.#become(link);
    return (link.nextTryMs ?? 0) - this.#time.clock.monoMs();
  }

  async #look(): Promise<void> {
    try {
      const status = await this.#driver.status(this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      this.#status = status;
      this.#become(status.link);
      this.#listener.status(status);
    } catch (error) {
      this.#warn(error);
    }
  }

  #become(view: Link): void {
    const isNew = view.state !== this.#view.state || view.reason !== this.#view.reason;
    this.#view = view;
    if (isNew) this.#listener.changed();
  }

  #warn(error: unknown, what = ''): void {
    if (!this.#closing.signal.aborted) this.#log.warn(`${what}${errorMessage(error)}`, { code: code(error) });
  }
}

function code(error: unknown): string {
  return error instanceof WindhoverError ? error.code : 'ptz_failed';
}
