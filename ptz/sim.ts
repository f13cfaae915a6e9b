/** A camera in this process: no network, no faults; for closed-loop tests and demos. */
import { WindhoverError } from '../runtime/node.ts';
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
type Axis = (typeof AXES)[number];
type PerAxis<T> = Readonly<Record<Axis, T>>;
type Some = Readonly<Partial<Record<Axis, number>>>;

/** Motors in this process; sim/camera's VirtualCamera is one. Degrees for pan and tilt, [0, 1] for zoom; seconds. */
export interface SimHead {
  /** False: the source that renders the camera has not started yet, or there is none. Absent: it is there. */
  readonly isThere?: boolean;
  readonly spec: PerAxis<{ readonly min: number; readonly max: number; readonly maxRate: number }>;
  command(
    command:
      | { readonly kind: 'rate'; readonly rates: Some; readonly forS: number | null }
      | { readonly kind: 'to'; readonly values: Some; readonly maxRates: Some }
      | { readonly kind: 'stop'; readonly axes: readonly Axis[] },
  ): void;
  /** `atMs`: when it was so, on our monotonic clock; without it, now. @throws WindhoverError when there are no motors */
  state(): PerAxis<{ readonly position: number }> & { readonly atMs?: number };
  isMoving(axis: Axis): boolean;
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
  #home: Some | null = null;

  constructor(head: SimHead, time: DriverTime, listener: MotionListener = UNHEARD) {
    [this.#head, this.#time, this.#listener] = [head, time, listener];
    this.#lease = new Lease(time, () => this.#halt());
  }

  async open(signal: AbortSignal = new AbortController().signal): Promise<Capabilities> {
    for (let leftMs = START_MS; this.#head.isThere === false && leftMs > 0 && !signal.aborted; leftMs -= STEP_MS)
      await this.#time.wait(STEP_MS, signal);
    this.#checkOpen();
    const { pan, tilt, zoom } = this.#head.state();
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
    const { spec } = this.#head;
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
    const seen = isOpen ? this.#head.state() : null;
    return {
      atMs: seen?.atMs ?? nowMs,
      pan: seen?.pan.position ?? null,
      tilt: seen?.tilt.position ?? null,
      zoom: seen?.zoom.position ?? null,
      moving: isOpen ? AXES.some((axis) => this.#head.isMoving(axis)) : null,
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

  #checkOpen(): void {
    if (this.#isClosed) throw new WindhoverError('ptz_closed', 'the camera driver is closed');
  }
}
