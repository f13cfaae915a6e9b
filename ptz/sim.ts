/** A camera in this process: no network, no faults; for closed-loop tests and demos. */
import { type HeadNews, type MotorCommand, WindhoverError } from '../runtime/node.ts';
import {
  type Capabilities,
  clamp,
  isZero,
  MAX_LEASE_MS,
  type MotionListener,
  NO_VELOCITY,
  type Preset,
  type PtzDriver,
  type PtzStatus,
  presetToken,
  safeVelocity,
  UNHEARD,
  type Velocity,
} from './driver.ts';
import { chooseRung, type Evidence } from './ladder.ts';
import { Lease } from './network/lease.ts';
import type { DriverTime } from './time.ts';

const AXES = ['pan', 'tilt', 'zoom'] as const;

/** Motors in this process. */
export interface SimHead {
  /** What the source that renders the camera has told of it; null: nothing so far, or there is none. */
  news(): HeadNews | null;
  command(command: MotorCommand): void;
}

/** All nodes of a graph start at once: the source may need so long for its camera. */
const START_MS = 5000;
const STEP_MS = 50;

const WORKS = { listed: true, move: 'works', detail: null } as const;
const ABSENT = { listed: false, move: 'not-tried', detail: null } as const;
/** Where it pointed at first. */
const HOME: Preset = { token: 'home', name: 'home' };
const EVIDENCE: Evidence = {
  rungs: { velocity: WORKS, absolute: WORKS, relative: ABSENT, 'relative-fov': ABSENT },
  stops: { timeout: 'works', stop: 'stop' },
  position: 'works',
  notes: ['driver sim: motors in this process'],
};
const CAPABILITIES: Capabilities = {
  positionUnit: 'degrees',
  position: true,
  leaseMs: MAX_LEASE_MS,
  verdict: chooseRung(EVIDENCE, { allowed: ['velocity'], guardian: false }, 0),
};

export class SimDriver implements PtzDriver {
  readonly #head: SimHead;
  readonly #time: DriverTime;
  readonly #listener: MotionListener;
  readonly #lease: Lease;
  #velocity: Velocity | null = null;
  #isClosed = false;
  /** Where it pointed when it was opened: its only preset. */
  #home: Velocity | null = null;

  constructor(head: SimHead, time: DriverTime, listener: MotionListener = UNHEARD) {
    [this.#head, this.#time, this.#listener] = [head, time, listener];
    this.#lease = new Lease(time, () => this.#halt());
  }

  async open(signal: AbortSignal = new AbortController().signal): Promise<Capabilities> {
    for (let leftMs = START_MS; this.#head.news() === null && leftMs > 0 && !signal.aborted; leftMs -= STEP_MS)
      await this.#time.wait(STEP_MS, signal);
    this.#checkOpen();
    const { pan, tilt, zoom } = this.#must.axes;
    this.#home ??= { pan: pan.position, tilt: tilt.position, zoom: zoom.position };
    return CAPABILITIES;
  }

  async velocity(velocity: Velocity, leaseMs: number): Promise<'sent'> {
    this.#checkOpen();
    const wanted = safeVelocity(velocity);
    if (isZero(wanted)) {
      this.#halt();
      return 'sent';
    }
    const forMs = clamp(Number.isFinite(leaseMs) ? leaseMs : 0, 1, MAX_LEASE_MS);
    const { spec } = this.#must;
    const rates = Object.fromEntries(AXES.map((axis) => [axis, wanted[axis] * spec[axis].maxRate]));
    this.#velocity = wanted;
    this.#lease.renew(forMs);
    this.#head.command({ kind: 'rate', rates, forS: forMs / 1000 });
    this.#listener.sent(wanted, this.#time.clock.monoMs());
    return 'sent';
  }

  async stop(): Promise<void> {
    this.#checkOpen();
    this.#halt();
  }

  async goTo(preset: string): Promise<string> {
    this.#checkOpen();
    const token = presetToken(this.#home === null ? [] : [HOME], preset);
    this.#halt();
    this.#head.command({ kind: 'to', values: this.#home ?? {}, maxRates: {} });
    return token;
  }

  async status(): Promise<PtzStatus> {
    const nowMs = this.#time.clock.monoMs();
    const isOpen = this.#home !== null;
    const { axes, atMs } = (isOpen ? this.#head.news() : null) ?? { axes: null, atMs: nowMs };
    return {
      atMs,
      pan: axes?.pan.position ?? null,
      tilt: axes?.tilt.position ?? null,
      zoom: axes?.zoom.position ?? null,
      moving: axes && AXES.some((axis) => axes[axis].moving),
      roundTripMs: isOpen ? 0 : null,
      velocity: this.#velocity,
      leaseMs: MAX_LEASE_MS,
      link: { state: this.#isClosed ? 'closed' : isOpen ? 'ready' : 'connecting', reason: null, nextTryMs: null },
    };
  }

  async close(): Promise<void> {
    if (!this.#isClosed) this.#halt();
    this.#isClosed = true;
  }

  #halt(): void {
    const wasMoving = this.#velocity !== null;
    this.#lease.cancel();
    this.#velocity = null;
    this.#head.command({ kind: 'stop', axes: AXES });
    if (wasMoving) this.#listener.sent(NO_VELOCITY, this.#time.clock.monoMs());
  }

  get #must(): HeadNews {
    const news = this.#head.news();
    if (news) return news;
    throw new WindhoverError('ptz_unreachable', 'there is no simulated camera in this graph', {
      expected: 'a node with use: virtual-ptz',
      hint: 'driver: sim moves the camera of that node',
    });
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new WindhoverError('ptz_closed', 'the camera driver is closed');
  }
}
