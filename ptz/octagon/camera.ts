/** One Octagon camera: connected, judged, lost, and found again. */
import { WindhoverError } from '../../runtime/node.ts';
import type { Capabilities, Offset, Place, Preset, PtzStatus, Velocity } from '../driver.ts';
import type { Verdict } from '../ladder.ts';
import type { Camera } from '../network/camera.ts';
import { LinkKeeper } from '../network/link.ts';
import type { MotionWatch } from '../network/motion-watch.ts';
import { leaseFor } from '../network/stopping-time.ts';
import type { DriverTime } from '../time.ts';
import { OctagonApi } from './api.ts';
import { BoundedMotion } from './bounded.ts';
import { OctagonClient } from './client.ts';
import { OctagonEyes } from './look.ts';
import { OctagonMotion } from './motion.ts';
import { type OctagonAddress, type OctagonOptions, pickAddress } from './options.ts';
import { OctagonProbe } from './probe.ts';

/** For what may still move from before. */
const SETTLE_MS = 500;
/** While connecting, a lost request is worth sending again. */
const OPEN_RETRIES = 2;
/** Requests get lost, so a stop is sent more than once. */
const STOP_ATTEMPTS = 3;
/** What a device's status says when it can be used. */
const USABLE = /^(CONNECTED|LIMITED|)$/i;

export class OctagonCamera implements Camera {
  readonly #options: OctagonOptions;
  readonly #time: DriverTime;
  readonly #watch: MotionWatch;
  readonly #client: OctagonClient;
  readonly #api: OctagonApi;
  readonly #link: LinkKeeper;
  readonly #motion: OctagonMotion;
  readonly #bounded: BoundedMotion;
  readonly #eyes: OctagonEyes;
  #verdict: Verdict | null = null;

  constructor(options: OctagonOptions, time: DriverTime, watch: MotionWatch) {
    this.#options = options;
    this.#time = time;
    this.#watch = watch;
    this.#client = new OctagonClient(options, time);
    this.#api = new OctagonApi(this.#client, options);
    this.#link = new LinkKeeper(this.#client.policy, time);
    this.#motion = new OctagonMotion(this.#api, options);
    this.#bounded = new BoundedMotion(this.#api, options.bounded_deg_s, options.zoom_threshold);
    this.#eyes = new OctagonEyes(this.#api, time);
  }

  get isConnected(): boolean {
    return this.#verdict !== null;
  }

  get isDue(): boolean {
    return this.isConnected && this.#link.isDue;
  }

  get verdict(): Verdict {
    if (this.#verdict) return this.#verdict;
    throw new WindhoverError('ptz_closed', 'the camera driver is not open', { hint: 'open it first' });
  }

  get leaseMs(): number {
    return leaseFor(this.#client.roundTripMs ?? 0);
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    this.#client.retries = OPEN_RETRIES;
    try {
      const notes = checkDevices(await this.#api.devices(signal), this.#options);
      // It may still be moving because of an earlier process.
      await this.#stop(signal);
      this.#tellHowToStop();
      await this.#watch.ready(signal);
      const { verdict, position } = await this.#judge(notes, signal);
      this.#verdict = verdict;
      this.#link.ready();
      return {
        positionUnit: 'degrees',
        position,
        absolute: true,
        relative: position ? ['position'] : [],
        zoom: this.#api.hasLens,
        leaseMs: this.leaseMs,
        verdict,
      };
    } catch (error) {
      this.#link.failed(error);
      throw error;
    } finally {
      this.#client.retries = 0;
    }
  }

  /** @throws WindhoverError; the camera is stopped then as far as it can be reached */
  async #judge(notes: readonly string[], signal: AbortSignal) {
    const { probe, rungs: allowed } = this.#options;
    const context = {
      api: this.#api,
      stop: (ending: AbortSignal) => this.#stop(ending),
      time: this.#time,
      roundTripMs: () => this.#client.roundTripMs ?? 0,
      signal,
    };
    try {
      if (probe) await this.#time.wait(SETTLE_MS, signal);
      return await new OctagonProbe(context, notes).run({ allowed, guardian: false }, probe);
    } catch (error) {
      const stopped = this.#stop(undefined).then(() => this.#watch.stands());
      await stopped.catch((cause: unknown) => this.#link.failed(cause));
      throw error;
    }
  }

  async reconnect(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#client.greet(signal);
      // Whatever it does since it came back, we have not asked for it.
      await this.#stop(signal);
      this.#tellHowToStop();
      this.#link.ready();
      return true;
    } catch (error) {
      this.#link.failed(error);
      return false;
    }
  }

  async move(velocity: Velocity, leaseMs: number, signal: AbortSignal): Promise<void> {
    if (this.verdict.rung === 'velocity') {
      await this.#link.ask(() => this.#motion.move(velocity, this.#nowMs, signal));
      return;
    }
    const isKnown = await this.#link.ask(() => this.#bounded.move(velocity, leaseMs, this.#nowMs, signal));
    if (!isKnown) throw blind();
  }

  async relative({ space, pan = 0, tilt = 0, zoom }: Offset, signal: AbortSignal): Promise<void> {
    if (space !== 'position') {
      throw new WindhoverError('ptz_unsupported', `not supported by the camera: relative moves in the space ${space}`);
    }
    const now = await this.#link.ask(() => this.#eyes.look(signal));
    if (now.pan === null || now.tilt === null) throw blind();
    const to: Place = { pan: now.pan + pan, tilt: now.tilt + tilt };
    await this.absolute(zoom === undefined || now.zoom === null ? to : { ...to, zoom: now.zoom + zoom }, signal);
  }

  async absolute({ pan, tilt, zoom }: Place, signal: AbortSignal): Promise<void> {
    this.#bounded.reset();
    await this.#link.ask(async () => {
      if (pan !== undefined || tilt !== undefined) {
        const now = pan !== undefined && tilt !== undefined ? { pan, tilt } : await this.#api.position(signal);
        if (now === null) throw blind();
        await this.#api.goTo({ pan: pan ?? now.pan, tilt: tilt ?? now.tilt }, signal);
      }
      if (zoom === undefined) return;
      const focus = (await this.#api.lens(signal))?.focus ?? null;
      await this.#api.setLens({ zoom: zoom * 100, focus }, signal);
    });
  }

  async gotoPreset(token: string, signal: AbortSignal): Promise<void> {
    this.#bounded.reset();
    this.#motion.presetStarted();
    await this.#link.ask(() => this.#api.gotoPreset(token, signal));
  }

  async presets(signal: AbortSignal): Promise<readonly Preset[]> {
    return await this.#link.ask(() => this.#api.presets(signal));
  }

  async stop(signal: AbortSignal | undefined): Promise<void> {
    this.#bounded.reset();
    await this.#link.try(() => this.#stop(signal));
  }

  async look(signal: AbortSignal): Promise<Omit<PtzStatus, 'velocity'>> {
    const rest = () => ({ cameraUnixMs: null, roundTripMs: this.#client.roundTripMs, link: this.#link.now });
    const blank = () => ({ ...rest(), atMs: this.#nowMs, pan: null, tilt: null, zoom: null, moving: null });
    if (!this.isConnected || this.#link.now.state !== 'ready') return blank();
    try {
      const seen = await this.#link.try(() => this.#eyes.look(signal));
      return { ...rest(), ...seen };
    } catch {
      // The link says why.
      return blank();
    }
  }

  close(): void {
    this.#link.closed();
  }

  async #stop(signal: AbortSignal | undefined): Promise<void> {
    let cause: unknown;
    for (let attempt = 0; attempt < STOP_ATTEMPTS; attempt++) {
      try {
        return await this.#motion.stop(signal);
      } catch (error) {
        const code = error instanceof WindhoverError ? error.code : '';
        if (code === 'ptz_aborted' || code === 'ptz_login') throw error;
        cause = error;
      }
    }
    const hint = 'it may still be moving: check it';
    throw new WindhoverError('ptz_stop_failed', 'the camera did not confirm the stop', { hint, cause });
  }

  #tellHowToStop(): void {
    const address: OctagonAddress = pickAddress(this.#options);
    this.#watch.watch({ kind: 'octagon', address, login: this.#client.policy.record(this.#nowMs) });
  }

  get #nowMs(): number {
    return this.#time.clock.monoMs();
  }
}

/** @returns notes about them. @throws WindhoverError `ptz_profile` when one is missing */
function checkDevices(devices: ReadonlyMap<string, string>, { pantilt, lens }: OctagonOptions): string[] {
  return [pantilt, lens].flatMap((name) => {
    if (name === '') return [];
    const status = devices.get(name);
    if (status === undefined) {
      const expected = `one of ${[...devices.keys()].join(', ') || 'none: the camera lists no devices'}`;
      throw new WindhoverError('ptz_profile', 'there is no such device', { expected, got: name });
    }
    return USABLE.test(status) ? [] : [`the device ${name} reports the status ${status}`];
  });
}

function blind(): WindhoverError {
  return new WindhoverError('ptz_unsupported', 'the camera does not report its position');
}
