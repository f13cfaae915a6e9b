/** One ONVIF camera: connected, judged, lost, and found again. Commands come one at a time (../command-queue.ts). */
import { WindhoverError } from '../../../../runtime/node.ts';
import type { Capabilities, Offset, Place, Preset, PtzStatus, Velocity } from '../driver.ts';
import type { Verdict } from '../ladder.ts';
import type { DriverTime } from '../time.ts';
import { type Connection, connect, deviceUrl, learnClock } from './connect.ts';
import { LinkState } from './link-state.ts';
import { MotionSense } from './motion-sense.ts';
import type { OnvifOptions } from './options.ts';
import { Probe, type ProbeResult } from './probe.ts';
import { PtzCalls, type Shares } from './ptz-calls.ts';
import { type Refusal, refusedError, SoapClient } from './soap-client.ts';
import { fromShare, toShare, unitsOf } from './spaces.ts';
import { Steering } from './steering.ts';
import { Stopping } from './stopping.ts';

/** All that is known once it has been judged. */
interface Known {
  readonly connection: Connection;
  readonly calls: PtzCalls;
  readonly result: ProbeResult;
  /** Null: it takes velocities itself, or nothing. */
  readonly steering: Steering | null;
}

/** For what may still move from before. */
const SETTLE_MS = 500;
/** While connecting, a lost request is worth sending again. */
const OPEN_RETRIES = 2;

export class OnvifCamera {
  readonly #options: OnvifOptions;
  readonly #time: DriverTime;
  readonly #device: URL;
  readonly #client: SoapClient;
  readonly #link = new LinkState();
  readonly #stopping = new Stopping();
  #motion = new MotionSense(true);
  #known: Known | null = null;

  constructor(options: OnvifOptions, time: DriverTime) {
    this.#options = options;
    this.#time = time;
    this.#device = deviceUrl(options);
    const { username, password, request_ms: requestMs } = options;
    const credentials = username === '' ? null : { username, password };
    const relearnClock = () => learnClock(this.#client, this.#device, time);
    this.#client = new SoapClient({ credentials, requestMs, time, relearnClock });
  }

  get isConnected(): boolean {
    return this.#known !== null;
  }

  /** Lost or refused, and it is time to try again. */
  get isDue(): boolean {
    const { state } = this.#link.now;
    const isAway = state === 'lost' || state === 'refused';
    return this.isConnected && isAway && this.#link.isDue(this.#nowMs);
  }

  get verdict(): Verdict {
    return this.#must.result.verdict;
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    this.#client.retries = OPEN_RETRIES;
    try {
      const connection = await connect(this.#client, this.#options, this.#time, signal);
      const calls = new PtzCalls(this.#client, connection);
      this.#known = await this.#judge(connection, calls, signal);
    } catch (error) {
      this.#failed(error);
      throw error;
    } finally {
      this.#client.retries = 0;
    }
    this.#link.ready();
    return this.#capabilities(this.#known);
  }

  /** @throws WindhoverError; the camera is stopped then as far as it can be reached */
  async #judge(connection: Connection, calls: PtzCalls, signal: AbortSignal): Promise<Known> {
    const { spaces, notes } = connection;
    const { rungs: allowed, guardian, probe, bounded_rate: rate } = this.#options;
    const context = { calls, spaces, stopping: this.#stopping, time: this.#time, signal };
    try {
      // It may still be moving for somebody who is gone.
      await this.#stopping.stop(calls, signal);
      if (probe) await this.#time.wait(SETTLE_MS, signal);
      const roundTripMs = () => this.#client.roundTripMs ?? 0;
      const result = await new Probe({ ...context, roundTripMs }).run({ allowed, guardian }, notes, probe);
      this.#motion = new MotionSense(result.moveStatusTrusted);
      const { rung } = result.verdict;
      const panSharePerTranslation = result.panSharePerTranslation ?? 1;
      const isBounded = rung !== null && rung !== 'velocity';
      const steering = isBounded ? new Steering({ rung, calls, rate, panSharePerTranslation }) : null;
      return { connection, calls, result, steering };
    } catch (error) {
      await this.#stopping.stop(calls).catch((cause: unknown) => this.#failed(cause));
      throw error;
    }
  }

  #capabilities({ connection: { spaces }, calls, result }: Known): Capabilities {
    const isAbsolute = spaces.positions.length > 0;
    return {
      positionUnit: unitsOf(calls.positionSpace, this.#options).unit,
      position: result.position,
      absolute: isAbsolute,
      relative: [
        ...(spaces.translationFov ? (['fov'] as const) : []),
        ...(isAbsolute && result.position ? (['position'] as const) : []),
        ...(spaces.translation ? (['generic'] as const) : []),
      ],
      zoom: spaces.zoomVelocity !== null || spaces.zoomPosition !== null,
      verdict: result.verdict,
    };
  }

  /** A lost camera, or one that refused our login: learns its clock anew, and makes up for a stop. Never fails. @returns true: it stands */
  async reconnect(signal: AbortSignal): Promise<boolean> {
    if (!this.isDue) return false;
    const { calls } = this.#must;
    try {
      this.#client.checkPolicy();
      await connect(this.#client, this.#options, this.#time, signal);
      // Whatever it does since it came back, we have not asked for it.
      await this.#stopping.stop(calls, signal);
      this.#link.ready();
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** @param leaseMs what is left of the lease */
  async move(velocity: Velocity, leaseMs: number, signal: AbortSignal): Promise<void> {
    const { calls, steering, result, connection } = this.#must;
    const timeoutMs = Math.round(Math.max(leaseMs, connection.spaces.timeoutMinMs));
    const isTimed = result.verdict.stops.timeout !== 'refused';
    await this.#ask('the velocity', () =>
      steering
        ? steering.move(velocity, leaseMs, this.#nowMs, signal)
        : calls.continuous(velocity, isTimed ? timeoutMs : null, signal),
    );
  }

  async relative(offset: Offset, signal: AbortSignal): Promise<void> {
    const { calls } = this.#must;
    if (offset.space !== 'position') {
      const kind = offset.space;
      await this.#ask('RelativeMove', () => calls.relative(kind, offset, signal));
      return;
    }
    const { pan, tilt, zoom } = await this.look(signal);
    if (pan === null || tilt === null) {
      throw new WindhoverError('ptz_unsupported', 'the camera does not say where it points');
    }
    const to = { pan: pan + (offset.pan ?? 0), tilt: tilt + (offset.tilt ?? 0) };
    const isZoom = offset.zoom !== undefined && zoom !== null;
    await this.absolute(isZoom ? { ...to, zoom: zoom + (offset.zoom ?? 0) } : to, signal);
  }

  async absolute(place: Place, signal: AbortSignal): Promise<void> {
    const { calls } = this.#must;
    const units = unitsOf(calls.positionSpace, this.#options);
    const shares: Shares = {
      pan: place.pan === undefined ? undefined : toShare(place.pan, units.pan),
      tilt: place.tilt === undefined ? undefined : toShare(place.tilt, units.tilt),
      zoom: place.zoom,
    };
    await this.#ask('AbsoluteMove', () => calls.absolute(shares, signal));
  }

  async gotoPreset(token: string, signal: AbortSignal): Promise<void> {
    await this.#ask('GotoPreset', () => this.#must.calls.gotoPreset(token, signal));
  }

  async presets(signal: AbortSignal): Promise<readonly Preset[]> {
    return await this.#watch(() => this.#must.calls.presets(signal));
  }

  /** Tries whatever the link's state. @throws WindhoverError `ptz_stop_failed`, … */
  async stop(signal: AbortSignal | undefined): Promise<void> {
    const { calls, steering } = this.#must;
    steering?.reset();
    try {
      await this.#stopping.stop(calls, signal);
      this.#link.worked();
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  /** What the camera says, or why it says nothing. */
  async look(signal: AbortSignal): Promise<Omit<PtzStatus, 'velocity'>> {
    const startMs = this.#nowMs;
    const blank = { pan: null, tilt: null, zoom: null, moving: null, cameraUnixMs: null };
    const known = this.#known;
    const { state } = this.#link.now;
    const rest = () => ({
      atMs: (startMs + this.#nowMs) / 2,
      roundTripMs: this.#client.roundTripMs,
      link: this.#link.now,
    });
    if (known === null || state !== 'ready') return { ...rest(), ...blank };
    try {
      const raw = await known.calls.status(signal);
      this.#link.worked();
      if ('subcodes' in raw) return { ...rest(), ...blank };
      const units = unitsOf(known.calls.positionSpace, this.#options);
      const { pan, tilt, zoom, cameraUnixMs } = raw;
      return {
        ...rest(),
        pan: pan === null ? null : fromShare(pan, units.pan),
        tilt: tilt === null ? null : fromShare(tilt, units.tilt),
        zoom,
        moving: this.#motion.step(raw, this.#nowMs),
        cameraUnixMs,
      };
    } catch (error) {
      this.#failed(error);
      return { ...rest(), ...blank };
    }
  }

  close(): void {
    this.#link.closed();
  }

  async #ask(what: string, request: () => Promise<Refusal | null>): Promise<void> {
    const refusal = await this.#watch(request);
    if (refusal !== null) throw refusedError(what, refusal);
  }

  /** Keeps the link's state; a camera that is away is not asked. */
  async #watch<T>(request: () => Promise<T>): Promise<T> {
    const { state, reason } = this.#link.now;
    if (state === 'lost')
      throw new WindhoverError('ptz_unreachable', 'the camera is lost', { got: reason ?? 'no answer' });
    if (state === 'refused') this.#client.checkPolicy();
    try {
      const answer = await request();
      this.#link.worked();
      return answer;
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  #failed(error: unknown): void {
    this.#link.failed(error, this.#nowMs, this.#client.policy.nextTryMs(this.#nowMs));
  }

  get #nowMs(): number {
    return this.#time.clock.monoMs();
  }

  get #must(): Known {
    if (this.#known) return this.#known;
    throw new WindhoverError('ptz_closed', 'the camera driver is not open', { hint: 'open it first' });
  }
}
