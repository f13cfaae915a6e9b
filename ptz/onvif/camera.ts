/** One camera over ONVIF. How it is steered is found out by small moves: see ../ladder.ts and probe.ts. */
import { WindhoverError } from '../../runtime/node.ts';
import type { Preset, Velocity } from '../driver.ts';
import type { Account } from '../network/account.ts';
import type { Camera, CameraLook, Judged } from '../network/camera.ts';
import { MotionSense } from '../network/motion-sense.ts';
import { pickAddress } from '../network/options.ts';
import type { DriverTime } from '../time.ts';
import { type Connection, connect, soapClient } from './connect.ts';
import type { OnvifOptions } from './options.ts';
import { Probe, type ProbeResult } from './probe.ts';
import { PtzCalls } from './ptz-calls.ts';
import { ShortMoves } from './short-moves.ts';
import { type Refusal, refusedError } from './soap-answer.ts';
import type { SoapClient } from './soap-client.ts';
import { fromShare, isTurn, unitsOf } from './spaces.ts';
import type { OnvifStopJob } from './stop-job.ts';
import { Stopping } from './stopping.ts';

interface Connected {
  readonly connection: Connection;
  readonly calls: PtzCalls;
}

/** How it is steered. */
interface Steered {
  readonly result: ProbeResult;
  /** Null: it takes velocities itself, or nothing. */
  readonly shortMoves: ShortMoves | null;
  readonly motion: MotionSense;
}

export class OnvifCamera implements Camera {
  readonly client: SoapClient;
  readonly #options: OnvifOptions;
  readonly #time: DriverTime;
  readonly #stopping = new Stopping();
  #connected: Connected | null = null;
  #steered: Steered | null = null;

  /** @throws WindhoverError `ptz_url` */
  constructor(options: OnvifOptions, time: DriverTime, account?: Account) {
    this.#options = options;
    this.#time = time;
    this.client = soapClient(options, time, account);
  }

  async connect(signal: AbortSignal): Promise<void> {
    const connection = await connect(this.client, this.#options, this.#time, signal);
    this.#connected = { connection, calls: new PtzCalls(this.client, connection) };
  }

  /** Learns its clock anew. */
  async reconnect(signal: AbortSignal): Promise<void> {
    const { calls } = this.#must;
    this.client.policy.check(this.#time.clock.monoMs());
    this.#connected = { connection: await connect(this.client, this.#options, this.#time, signal), calls };
  }

  stopJob(): OnvifStopJob {
    const { method, clockOffsetMs, policy } = this.client;
    const { ptzUrl, profile, spaces } = this.#must.connection;
    return {
      kind: 'onvif',
      address: pickAddress(this.#options),
      ptzUrl: ptzUrl.href,
      connection: { profile, spaces },
      ...{ method, clockOffsetMs },
      login: policy.record(this.#time.clock.monoMs()),
    };
  }

  async judge(stop: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<Judged> {
    const { calls, connection } = this.#must;
    const { rungs: allowed, guardian, probe, bounded_rate: rate, pan_range_deg, tilt_range_deg } = this.#options;
    const result = await new Probe({
      calls,
      spaces: connection.spaces,
      stopping: this.#stopping,
      stop,
      hasRanges: pan_range_deg !== undefined && tilt_range_deg !== undefined,
      time: this.#time,
      roundTripMs: () => this.client.roundTripMs ?? 0,
      signal,
    }).run({ allowed, guardian }, connection.notes, probe);
    const { positions } = calls;
    positions.mirrored = result.mirrored;
    // They are in the verdict.
    calls.notes.length = 0;
    const { verdict, fullSpeed, position } = result;
    const { rung } = verdict;
    const panSharePerTranslation = result.panSharePerTranslation ?? 1;
    const isBounded = rung !== null && rung !== 'velocity';
    const { unit, pan } = unitsOf(positions.space, this.#options, positions.mirrored);
    const [min, max] = pan_range_deg ?? (unit === 'degrees' ? [pan.min, pan.max] : []);
    const panTurns = min !== undefined && max !== undefined && isTurn({ min, max });
    const moves = { calls, rate, panSharePerTranslation, fullSpeed, panTurns };
    const shortMoves = isBounded ? new ShortMoves({ rung, ...moves }) : null;
    this.#steered = { result, shortMoves, motion: new MotionSense(result.moveStatusTrusted) };
    return { positionUnit: unit, position, verdict, ...(unit === 'degrees' ? { panTurns } : {}) };
  }

  async move(velocity: Velocity, leaseMs: number, signal: AbortSignal): Promise<void> {
    const { calls } = this.#must;
    const { shortMoves, result } = this.#steered ?? {};
    const isTimed = result?.verdict.stops.timeout !== 'refused';
    const refusal = shortMoves
      ? await shortMoves.move(velocity, leaseMs, this.#time.clock.monoMs(), signal)
      : await calls.continuous(velocity, isTimed ? leaseMs : null, signal);
    check('the velocity', refusal);
  }

  async stop(signal: AbortSignal | undefined): Promise<void> {
    this.#steered?.shortMoves?.reset();
    check('Stop and a velocity of zero', await this.#stopping.once(this.#must.calls, signal));
  }

  async presets(signal: AbortSignal): Promise<readonly Preset[]> {
    return await this.#must.calls.presets(signal);
  }

  async goTo(token: string, signal: AbortSignal): Promise<void> {
    check('GotoPreset', await this.#must.calls.gotoPreset(token, signal));
  }

  async look(signal: AbortSignal): Promise<CameraLook> {
    const { calls } = this.#must;
    const { clock } = this.#time;
    const startMs = clock.monoMs();
    const raw = await calls.status(signal);
    const nowMs = clock.monoMs();
    const atMs = (startMs + nowMs) / 2;
    if ('subcodes' in raw) return { atMs, pan: null, tilt: null, zoom: null, moving: null };
    const units = unitsOf(calls.positions.space, this.#options, calls.positions.mirrored);
    const { pan, tilt, zoom } = raw;
    return {
      atMs,
      pan: pan === null ? null : fromShare(pan, units.pan),
      tilt: tilt === null ? null : fromShare(tilt, units.tilt),
      zoom,
      moving: this.#steered?.motion.step(raw, nowMs) ?? null,
      ...(calls.notes.length > 0 ? { notes: [...calls.notes] } : {}),
    };
  }

  get #must(): Connected {
    if (this.#connected) return this.#connected;
    throw new WindhoverError('ptz_closed', 'the camera driver is not open', { hint: 'open it first' });
  }
}

function check(what: string, refusal: Refusal | null): void {
  if (refusal !== null) throw refusedError(what, refusal);
}
