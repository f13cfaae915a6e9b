/** One ONVIF camera: connected, judged, lost, and found again. */
import { WindhoverError } from '../../runtime/node.ts';
import type { Capabilities, Offset, Place, Preset, PtzStatus, Velocity } from '../driver.ts';
import type { Verdict } from '../ladder.ts';
import type { Camera } from '../network/camera.ts';
import { LinkKeeper } from '../network/link.ts';
import { MotionSense } from '../network/motion-sense.ts';
import type { MotionWatch } from '../network/motion-watch.ts';
import { leaseFor } from '../network/stopping-time.ts';
import type { DriverTime } from '../time.ts';
import { type Connection, connect, deviceUrl, learnClock } from './connect.ts';
import type { OnvifOptions } from './options.ts';
import { Probe, type ProbeResult } from './probe.ts';
import { PtzCalls, type Shares } from './ptz-calls.ts';
import { type Refusal, refusedError, SoapClient } from './soap-client.ts';
import { fromShare, toShare, unitsOf } from './spaces.ts';
import { Steering } from './steering.ts';
import type { OnvifStopJob } from './stop-job.ts';
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

export class OnvifCamera implements Camera {
  readonly #options: OnvifOptions;
  readonly #time: DriverTime;
  readonly #watch: MotionWatch;
  readonly #device: URL;
  readonly #client: SoapClient;
  readonly #link: LinkKeeper;
  readonly #stopping = new Stopping();
  #motion = new MotionSense(true);
  #known: Known | null = null;

  constructor(options: OnvifOptions, time: DriverTime, watch: MotionWatch) {
    this.#options = options;
    this.#time = time;
    this.#watch = watch;
    this.#device = deviceUrl(options);
    const { username, password, request_ms: requestMs, tls_verify: tlsVerify } = options;
    const credentials = username === '' ? null : { username, password };
    const relearnClock = () => learnClock(this.#client, this.#device, time);
    this.#client = new SoapClient({ credentials, requestMs, tlsVerify, time, relearnClock });
    this.#link = new LinkKeeper(this.#client.policy, time);
  }

  get isConnected(): boolean {
    return this.#known !== null;
  }

  get isDue(): boolean {
    return this.isConnected && this.#link.isDue;
  }

  get verdict(): Verdict {
    return this.#must.result.verdict;
  }

  get leaseMs(): number {
    return leaseFor(this.#client.roundTripMs ?? 0);
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    this.#client.retries = OPEN_RETRIES;
    try {
      const connection = await connect(this.#client, this.#options, this.#time, signal);
      const { pan_reversed: pan, tilt_reversed: tilt } = this.#options;
      const calls = new PtzCalls(this.#client, connection, { pan, tilt });
      this.#known = await this.#judge(connection, calls, signal);
    } catch (error) {
      this.#link.failed(error);
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
    const { rungs: allowed, guardian, probe, bounded_rate: rate, pan_range_deg, tilt_range_deg } = this.#options;
    const hasRanges = pan_range_deg !== undefined && tilt_range_deg !== undefined;
    const context = { calls, spaces, stopping: this.#stopping, hasRanges, time: this.#time, signal };
    try {
      // It may still be moving because of an earlier process.
      await this.#stopping.stop(calls, signal);
      this.#watch.watch(this.#stopJob(connection));
      await this.#watch.ready(signal);
      if (probe) await this.#time.wait(SETTLE_MS, signal);
      const roundTripMs = () => this.#client.roundTripMs ?? 0;
      const result = await new Probe({ ...context, roundTripMs }).run({ allowed, guardian }, notes, probe);
      calls.mirrored = result.mirrored;
      this.#motion = new MotionSense(result.moveStatusTrusted);
      const { rung } = result.verdict;
      const panSharePerTranslation = result.panSharePerTranslation ?? 1;
      const isBounded = rung !== null && rung !== 'velocity';
      const { fullSpeed } = result;
      const steering = isBounded ? new Steering({ rung, calls, rate, panSharePerTranslation, fullSpeed }) : null;
      return { connection, calls, result, steering };
    } catch (error) {
      const stopped = this.#stopping.stop(calls).then(() => this.#watch.stands());
      await stopped.catch((cause: unknown) => this.#link.failed(cause));
      throw error;
    }
  }

  #capabilities({ connection: { spaces }, calls, result }: Known): Capabilities {
    const isAbsolute = spaces.positions.length > 0;
    return {
      positionUnit: unitsOf(calls.positionSpace, this.#options, calls.mirrored).unit,
      position: result.position,
      absolute: isAbsolute,
      relative: [
        ...(spaces.translationFov ? (['fov'] as const) : []),
        ...(isAbsolute && result.position ? (['position'] as const) : []),
        ...(spaces.translation ? (['generic'] as const) : []),
      ],
      zoom: spaces.zoomVelocity !== null || spaces.zoomPosition !== null,
      leaseMs: this.leaseMs,
      verdict: result.verdict,
    };
  }

  /** Learns its clock again, and repeats a stop that has failed. */
  async reconnect(signal: AbortSignal): Promise<boolean> {
    const { calls } = this.#must;
    try {
      this.#client.policy.check(this.#nowMs);
      const connection = await connect(this.#client, this.#options, this.#time, signal);
      // Whatever it does since it came back, we have not asked for it.
      await this.#stopping.stop(calls, signal);
      this.#watch.watch(this.#stopJob(connection));
      this.#link.ready();
      return true;
    } catch (error) {
      this.#link.failed(error);
      return false;
    }
  }

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
      throw new WindhoverError('ptz_unsupported', 'the camera does not report its position');
    }
    const to = { pan: pan + (offset.pan ?? 0), tilt: tilt + (offset.tilt ?? 0) };
    const isZoom = offset.zoom !== undefined && zoom !== null;
    await this.absolute(isZoom ? { ...to, zoom: zoom + (offset.zoom ?? 0) } : to, signal);
  }

  async absolute(place: Place, signal: AbortSignal): Promise<void> {
    const { calls } = this.#must;
    const units = unitsOf(calls.positionSpace, this.#options, calls.mirrored);
    const shares: Shares = {
      pan: place.pan === undefined ? undefined : toShare(place.pan, units.pan),
      tilt: place.tilt === undefined ? undefined : toShare(place.tilt, units.tilt),
      zoom: place.zoom,
    };
    await this.#ask('AbsoluteMove', () => calls.absolute(shares, null, signal));
  }

  async gotoPreset(token: string, signal: AbortSignal): Promise<void> {
    await this.#ask('GotoPreset', () => this.#must.calls.gotoPreset(token, signal));
  }

  async presets(signal: AbortSignal): Promise<readonly Preset[]> {
    return await this.#link.ask(() => this.#must.calls.presets(signal));
  }

  async stop(signal: AbortSignal | undefined): Promise<void> {
    const { calls, steering } = this.#must;
    steering?.reset();
    await this.#link.try(() => this.#stopping.stop(calls, signal));
  }

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
      const raw = await this.#link.try(() => known.calls.status(signal));
      if ('subcodes' in raw) return { ...rest(), ...blank };
      const units = unitsOf(known.calls.positionSpace, this.#options, known.calls.mirrored);
      const { pan, tilt, zoom, cameraUnixMs } = raw;
      return {
        ...rest(),
        pan: pan === null ? null : fromShare(pan, units.pan),
        tilt: tilt === null ? null : fromShare(tilt, units.tilt),
        zoom,
        moving: this.#motion.step(raw, this.#nowMs),
        cameraUnixMs,
      };
    } catch {
      // The link says why.
      return { ...rest(), ...blank };
    }
  }

  close(): void {
    this.#link.closed();
  }

  async #ask(what: string, request: () => Promise<Refusal | null>): Promise<void> {
    const refusal = await this.#link.ask(request);
    if (refusal !== null) throw refusedError(what, refusal);
  }

  #stopJob({ ptzUrl, profile, configuration, spaces }: Connection): OnvifStopJob {
    const { username, password, request_ms: requestMs, tls_verify: tlsVerify } = this.#options;
    const { method, clockOffsetMs, policy } = this.#client;
    return {
      kind: 'onvif',
      deviceUrl: this.#device.href,
      ptzUrl: ptzUrl.href,
      connection: { profile, configuration, spaces },
      ...{ username, password, requestMs, tlsVerify, method, clockOffsetMs },
      login: policy.record(this.#nowMs),
    };
  }

  get #nowMs(): number {
    return this.#time.clock.monoMs();
  }

  get #must(): Known {
    if (this.#known) return this.#known;
    throw new WindhoverError('ptz_closed', 'the camera driver is not open', { hint: 'open it first' });
  }
}
