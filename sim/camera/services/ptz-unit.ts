/**
 * What the PTZ service does to the motors: moves in each space, presets, the home position. Requests come in as
 * checked arguments and leave as commands to the head.
 */
import type { Axis } from '../motion/head.ts';
import type { Traits } from '../quirks.ts';
import { invalidArgument, notSupported, SoapFault } from '../soap/fault.ts';
import type { VirtualCamera } from '../virtual-camera.ts';
import { type PtzVector, spaceOf } from './ptz-arguments.ts';
import { fromGeneric, SPACES, toGeneric, wholeRange } from './ptz-spaces.ts';

/** Degrees, degrees, share of the zoom range. */
export type UnitPosition = Readonly<Record<Axis, number>>;

export interface Preset {
  readonly token: string;
  readonly name: string;
  readonly place: UnitPosition;
}

export const MAX_PRESETS = 32;
/** What ContinuousMove takes as Timeout. */
export const TIMEOUT_RANGE_S = { min: 0.1, max: 60 } as const;
/** Without a Timeout. */
export const DEFAULT_TIMEOUT_S = 10;

const NEITHER = 'Neither PanTilt nor Zoom is given';

type Values = Partial<Record<Axis, number>>;

export class PtzUnit {
  readonly presets = new Map<string, Preset>();
  readonly #camera: VirtualCamera;
  readonly #traits: Traits;
  #home: UnitPosition;

  constructor(camera: VirtualCamera, traits: Traits) {
    this.#camera = camera;
    this.#traits = traits;
    const { panDeg, tiltDeg, zoom } = camera.start;
    this.#home = { pan: panDeg, tilt: tiltDeg, zoom };
  }

  /** A place as PTZ vectors have it: x, y in [−1, 1], zoom in the zoom space. */
  toVector({ pan, tilt, zoom }: UnitPosition): { readonly x: number; readonly y: number; readonly zoom: number } {
    const { spec } = this.#camera;
    const { zoomSpaceMax } = this.#traits;
    return { x: toGeneric(spec.pan, pan), y: this.#tiltSign * toGeneric(spec.tilt, tilt), zoom: zoom * zoomSpaceMax };
  }

  /** Where the encoders are. */
  place(): UnitPosition {
    const { pan, tilt, zoom } = this.#camera.state();
    return { pan: pan.position, tilt: tilt.position, zoom: zoom.position };
  }

  continuousMove(velocity: PtzVector, timeoutS: number | null): void {
    const { timeout } = this.#traits;
    if (timeout === 'refused' && timeoutS !== null) {
      throw invalidArgument('TimeoutNotSupported', 'The specified timeout argument is not supported');
    }
    if (timeoutS !== null && (timeoutS < TIMEOUT_RANGE_S.min || timeoutS > TIMEOUT_RANGE_S.max)) {
      throw invalidArgument('TimeoutNotSupported', 'The specified timeout is not within the supported range');
    }
    const rates = this.#rates(velocity);
    this.#camera.command({ kind: 'rate', rates, forS: timeout === 'kept' ? (timeoutS ?? DEFAULT_TIMEOUT_S) : null });
  }

  absoluteMove(position: PtzVector, speed: PtzVector): void {
    const { spec } = this.#camera;
    const { zoomSpaceMax } = this.#traits;
    const { panTilt, zoom } = position;
    if (!panTilt && !zoom) throw invalidArgument('InvalidPosition', NEITHER);
    const values: Values = {};
    if (panTilt) {
      spaceOf(panTilt, SPACES.position);
      values.pan = fromGeneric(spec.pan, within(panTilt.x, -1, 1, 'InvalidPosition'));
      values.tilt = fromGeneric(spec.tilt, this.#tiltSign * within(panTilt.y, -1, 1, 'InvalidPosition'));
    }
    if (zoom) {
      spaceOf(zoom, SPACES.zoomPosition);
      values.zoom = within(zoom.x, 0, zoomSpaceMax, 'InvalidPosition') / zoomSpaceMax;
    }
    this.#moveTo('to', values, speed);
  }

  relativeMove(translation: PtzVector, speed: PtzVector): void {
    const { spec } = this.#camera;
    const { zoomSpaceMax } = this.#traits;
    const { panTilt, zoom } = translation;
    if (!panTilt && !zoom) throw invalidArgument('InvalidTranslation', NEITHER);
    const values: Values = {};
    if (panTilt) {
      const x = within(panTilt.x, -1, 1, 'InvalidTranslation');
      const y = within(panTilt.y, -1, 1, 'InvalidTranslation');
      const [panDeg, tiltDeg] = this.#isFov(panTilt.space) ? this.#halfFov() : [spec.pan, spec.tilt].map(wholeRange);
      values.pan = x * (panDeg ?? 0);
      values.tilt = y * (tiltDeg ?? 0);
    }
    if (zoom) {
      spaceOf(zoom, SPACES.zoomTranslation);
      values.zoom = within(zoom.x, -zoomSpaceMax, zoomSpaceMax, 'InvalidTranslation') / zoomSpaceMax;
    }
    this.#moveTo('by', values, speed);
  }

  /** @throws SoapFault `ActionNotSupported` by a quirk */
  stop(panTilt: boolean, zoom: boolean): void {
    if (this.#traits.stop === 'refused') throw notSupported();
    const axes: Axis[] = [...(panTilt ? (['pan', 'tilt'] as const) : []), ...(zoom ? (['zoom'] as const) : [])];
    this.#camera.command({ kind: 'stop', axes });
  }

  goHome(speed: PtzVector): void {
    this.#moveTo('to', this.#home, speed);
  }

  setHome(): void {
    this.#home = this.place();
  }

  goToPreset(token: string, speed: PtzVector): void {
    this.#moveTo('to', this.#preset(token).place, speed);
  }

  /** @returns its token */
  setPreset(token: string | null, name: string | null): string {
    if (token !== null) this.#preset(token);
    const others = [...this.presets.values()].filter((preset) => preset.token !== token);
    if (name !== null && others.some((preset) => preset.name === name)) {
      throw invalidArgument('PresetExist', 'The requested name already exists for another preset');
    }
    if (token === null && others.length >= MAX_PRESETS) {
      throw new SoapFault('Receiver', ['Action', 'TooManyPresets'], 'Maximum number of presets reached');
    }
    const own = token ?? this.#freeToken();
    const known = this.presets.get(own)?.name ?? `Preset ${own}`;
    this.presets.set(own, { token: own, name: name ?? known, place: this.place() });
    return own;
  }

  removePreset(token: string): void {
    this.presets.delete(this.#preset(token).token);
  }

  get #tiltSign(): 1 | -1 {
    return this.#traits.tiltPositions === 'up' ? 1 : -1;
  }

  #preset(token: string): Preset {
    const found = this.presets.get(token);
    if (found) return found;
    throw invalidArgument('NoToken', `The requested preset token does not exist: '${token.slice(0, 64)}'`);
  }

  #freeToken(): string {
    let number = 1;
    while (this.presets.has(String(number))) number++;
    return String(number);
  }

  #rates({ panTilt, zoom }: PtzVector): Values {
    const { spec } = this.#camera;
    const rates: Values = {};
    if (panTilt) {
      spaceOf(panTilt, SPACES.velocity);
      rates.pan = within(panTilt.x, -1, 1, 'InvalidVelocity') * spec.pan.maxRate;
      rates.tilt = within(panTilt.y, -1, 1, 'InvalidVelocity') * spec.tilt.maxRate;
    }
    if (zoom) {
      spaceOf(zoom, SPACES.zoomVelocity);
      rates.zoom = within(zoom.x, -1, 1, 'InvalidVelocity') * spec.zoom.maxRate;
    }
    if (!panTilt && !zoom) throw invalidArgument('InvalidVelocity', NEITHER);
    return rates;
  }

  #isFov(space: string | undefined): boolean {
    if (space === SPACES.translationFov && this.#traits.fovSpace === 'works') return true;
    spaceOf({ space }, SPACES.translation);
    return false;
  }

  /** Half of what the picture shows now, across and up: degrees. */
  #halfFov(): [number, number] {
    const { hfovDeg } = this.#camera.poseAt(this.#camera.nowS());
    return [hfovDeg / 2, (hfovDeg * 9) / 32];
  }

  #moveTo(kind: 'to' | 'by', values: Values, speed: PtzVector): void {
    const { spec } = this.#camera;
    const maxRates: Values = {};
    if (speed.panTilt) {
      spaceOf(speed.panTilt, SPACES.speed);
      maxRates.pan = this.#speed(speed.panTilt.x) * spec.pan.maxRate;
      // The generic speed space has one dimension; y, when given, is the same.
      maxRates.tilt = this.#speed(speed.panTilt.y || speed.panTilt.x) * spec.tilt.maxRate;
    }
    if (speed.zoom) maxRates.zoom = this.#speed(speed.zoom.x) * spec.zoom.maxRate;
    this.#camera.command({ kind, values, maxRates });
  }

  /** Speed 0 means the slowest possible speed, so that every move arrives. */
  #speed(value: number): number {
    return Math.max(0.01, within(value, 0, 1, 'InvalidSpeed'));
  }
}

/** @throws SoapFault with this subcode unless the number is in the range */
function within(value: number, min: number, max: number, subcode: string): number {
  // Clients compute with floats: a hair outside is inside.
  if (value >= min - 1e-6 && value <= max + 1e-6) return Math.min(max, Math.max(min, value));
  throw invalidArgument(subcode, `must be between ${min} and ${max}, got ${value}`);
}
