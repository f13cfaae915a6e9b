/** Maps the API's arguments to the motors. Pan runs from 0 to 360 there, lens positions and speeds in percent. */
import type { Axis } from '../motion/head.ts';
import type { PtzUnit } from '../services/ptz-unit.ts';
import type { VirtualCamera } from '../virtual-camera.ts';
import { ApiError, invalid } from './api-error.ts';

const DIRECTIONS: Readonly<Record<string, readonly [pan: number, tilt: number]>> = {
  right: [1, 0],
  left: [-1, 0],
  up: [0, 1],
  down: [0, -1],
  upright: [1, 1],
  upleft: [-1, 1],
  downright: [1, -1],
  downleft: [-1, -1],
};

export class OctagonHead {
  readonly #camera: VirtualCamera;
  readonly #unit: PtzUnit;
  /** The picture does not depend on it. */
  #focusPercent = 50;

  constructor(camera: VirtualCamera, unit: PtzUnit) {
    this.#camera = camera;
    this.#unit = unit;
  }

  position(): { readonly pan: number; readonly tilt: number } {
    const { pan, tilt } = this.#unit.place();
    return { pan: rounded(((pan % 360) + 360) % 360), tilt: rounded(tilt) };
  }

  lens(): { readonly zoom: number; readonly focus: number } {
    return { zoom: rounded(this.#unit.place().zoom * 100), focus: this.#focusPercent };
  }

  /** @param speedPercent null: as fast as it goes */
  goTo(panDeg: number, tiltDeg: number, speedPercent: number | null): void {
    const { spec } = this.#camera;
    const share = (speedPercent ?? 100) / 100;
    const maxRates = { pan: share * spec.pan.maxRate, tilt: share * spec.tilt.maxRate };
    this.#camera.command({ kind: 'to', values: { pan: this.#nearest(panDeg), tilt: tiltDeg }, maxRates });
  }

  setLens(zoomPercent: number | null, focusPercent: number | null): void {
    if (focusPercent !== null) this.#focusPercent = focusPercent;
    if (zoomPercent !== null) this.#camera.command({ kind: 'to', values: { zoom: zoomPercent / 100 }, maxRates: {} });
  }

  /** Until it is stopped. @throws ApiError for an unknown direction */
  move(direction: string, panPercent: number, tiltPercent: number): void {
    const signs = Object.hasOwn(DIRECTIONS, direction) ? DIRECTIONS[direction] : undefined;
    if (!signs) throw invalid(`direction must be one of ${Object.keys(DIRECTIONS).join(', ')}`);
    const { spec } = this.#camera;
    const rates = {
      pan: (signs[0] * panPercent * spec.pan.maxRate) / 100,
      tilt: (signs[1] * tiltPercent * spec.tilt.maxRate) / 100,
    };
    this.#camera.command({ kind: 'rate', rates, forS: null });
  }

  zoom(direction: 1 | -1): void {
    this.#camera.command({ kind: 'rate', rates: { zoom: direction * this.#camera.spec.zoom.maxRate }, forS: null });
  }

  stop(...axes: Axis[]): void {
    this.#camera.command({ kind: 'stop', axes });
  }

  presets(): Readonly<Record<string, { readonly name: string; readonly devices: readonly string[] }>> {
    const listed = [...this.#unit.presets.values()].map(({ token, name }) => {
      return [token, { name, devices: ['pantilt', 'visibleLens'] }] as const;
    });
    return Object.fromEntries(listed);
  }

  gotoPreset(id: string): void {
    if (!this.#unit.presets.has(id)) throw new ApiError(404, 'NOT_FOUND', `there is no preset ${id}`);
    this.#unit.goToPreset(id, { panTilt: undefined, zoom: undefined });
  }

  /** @returns its id */
  setPreset(id: string, name: string | null): string {
    return this.#unit.setPreset(this.#unit.presets.has(id) ? id : null, name);
  }

  /** Of the angles that look there, the nearest that the head can turn to. */
  #nearest(panDeg: number): number {
    const { min, max } = this.#camera.spec.pan;
    const now = this.#unit.place().pan;
    const [first = panDeg, ...others] = [panDeg, panDeg - 360].filter((deg) => deg >= min && deg <= max);
    return others.reduce((best, deg) => (Math.abs(deg - now) < Math.abs(best - now) ? deg : best), first);
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
