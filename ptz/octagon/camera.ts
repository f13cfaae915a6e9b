/**
 * One camera over the Octagon HTTP API. Its moves run until they are stopped and take no time limit, so
 * another process must be able to stop it: see ../guardian/.
 */
import { WindhoverError } from '../../runtime/node.ts';
import type { Preset, Velocity } from '../driver.ts';
import type { Camera, CameraLook, Judged } from '../network/camera.ts';
import type { DriverTime } from '../time.ts';
import { OctagonApi } from './api.ts';
import { OctagonClient } from './client.ts';
import { OctagonEyes } from './look.ts';
import { OctagonMotion } from './motion.ts';
import { type OctagonOptions, pickOctagon } from './options.ts';
import { OctagonProbe } from './probe.ts';
import { ShortMoves } from './short-moves.ts';
import type { OctagonStopJob } from './stop-job.ts';

/** What a device's status says when it can be used. */
const USABLE = /^(CONNECTED|LIMITED|)$/i;

export class OctagonCamera implements Camera {
  readonly client: OctagonClient;
  readonly #options: OctagonOptions;
  readonly #time: DriverTime;
  readonly #api: OctagonApi;
  readonly #motion: OctagonMotion;
  readonly #shortMoves: ShortMoves;
  readonly #eyes: OctagonEyes;
  /** Notes about its devices. */
  #remarks: readonly string[] = [];
  /** Steered by places ahead rather than by velocities. */
  #isBounded = false;

  /** @throws WindhoverError `ptz_url` */
  constructor(options: OctagonOptions, time: DriverTime) {
    this.#options = options;
    this.#time = time;
    this.client = new OctagonClient(options, time);
    this.#api = new OctagonApi(this.client, options);
    this.#motion = new OctagonMotion(this.#api, options);
    this.#shortMoves = new ShortMoves(this.#api, options.bounded_deg_s, options.zoom_threshold);
    this.#eyes = new OctagonEyes(this.#api, time);
  }

  async connect(signal: AbortSignal): Promise<void> {
    this.#remarks = checkDevices(await this.#api.devices(signal), this.#options);
  }

  async reconnect(signal: AbortSignal): Promise<void> {
    await this.client.greet(signal);
  }

  stopJob(): OctagonStopJob {
    const login = this.client.policy.record(this.#time.clock.monoMs());
    return { kind: 'octagon', address: pickOctagon(this.#options), login };
  }

  async judge(stop: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<Judged> {
    const { probe, rungs: allowed } = this.#options;
    const roundTripMs = () => this.client.roundTripMs ?? 0;
    const context = { api: this.#api, stop, time: this.#time, roundTripMs, signal };
    const judged = await new OctagonProbe(context, this.#remarks).run({ allowed, guardian: false }, probe);
    this.#isBounded = judged.verdict.rung === 'absolute';
    return { positionUnit: 'degrees', ...judged };
  }

  async move(velocity: Velocity, leaseMs: number, signal: AbortSignal): Promise<void> {
    const nowMs = this.#time.clock.monoMs();
    if (!this.#isBounded) await this.#motion.move(velocity, nowMs, signal);
    else if (!(await this.#shortMoves.move(velocity, leaseMs, nowMs, signal))) {
      throw new WindhoverError('ptz_unsupported', 'the camera does not report its position');
    }
  }

  async stop(signal: AbortSignal | undefined): Promise<void> {
    this.#shortMoves.reset();
    await this.#motion.stop(signal);
  }

  async presets(signal: AbortSignal): Promise<readonly Preset[]> {
    return await this.#api.presets(signal);
  }

  async goTo(token: string, signal: AbortSignal): Promise<void> {
    this.#shortMoves.reset();
    this.#motion.presetStarted();
    await this.#api.gotoPreset(token, signal);
  }

  async look(signal: AbortSignal): Promise<CameraLook> {
    return await this.#eyes.look(signal);
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
