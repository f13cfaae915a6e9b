/**
 * What is heard and seen of a camera while it is calibrated, and what its motors are like by that (plant-fit.ts). Positions
 * have no jitter and tell the ramp; the picture tells which way an axis really turns, how fast, and when that is seen.
 */
import { angleOf } from '../../../runtime/node.ts';
import { cosOf } from './lens.ts';
import { type AxisFit, fitAxis, type TimedCommand, type TimedPosition } from './plant-fit.ts';
import type { TurnAxis } from './plant-watch.ts';
import {
  type AxisPlant,
  type MovedPicture,
  type Plant,
  type ReportedPose,
  UNKNOWN_PLANT,
  type Velocity,
} from './types.ts';

export interface QuickResult {
  /** Axes without a position scale were not seen in the picture: their delays are those of positions. */
  readonly plant: Plant;
  readonly pan: AxisFit | null;
  readonly tilt: AxisFit | null;
  readonly zoom: AxisFit | null;
}

/** A fit that explains less is none … */
const EXPLAINED = 0.5;
/** … and one of the picture: it may show something else that moves. */
const SURELY_EXPLAINED = 0.9;
/** Positions that differ from the picture by less than this factor are degrees: no lens is exactly as it is said to be. */
const SAME_SCALE = 1.25;
export class CalibrationRecord {
  readonly #fieldDeg: number;
  readonly #positions = { pan: [] as TimedPosition[], tilt: [] as TimedPosition[], zoom: [] as TimedPosition[] };
  /** How far the picture has turned in all. */
  readonly #pictures = { pan: [] as TimedPosition[], tilt: [] as TimedPosition[] };
  readonly #commands = { pan: [] as TimedCommand[], tilt: [] as TimedCommand[], zoom: [] as TimedCommand[] };

  /** @param fieldDeg horizontal field of view */
  constructor(fieldDeg: number) {
    this.#fieldDeg = fieldDeg;
  }

  /** A status of the camera. Older ones than the newest are ignored. */
  see({ atMs, panDeg, tiltDeg, zoomX }: ReportedPose): void {
    this.#add('pan', atMs, panDeg);
    this.#add('tilt', atMs, tiltDeg);
    this.#add('zoom', atMs, zoomX);
  }

  /** How the picture moved from one frame to the next. */
  moved({ atMs, right, down }: MovedPicture): void {
    const tiltDeg = this.#positions.tilt.at(-1)?.position ?? 0;
    const add = (axis: TurnAxis, byDeg: number) => {
      this.#pictures[axis].push({ atMs, position: (this.#pictures[axis].at(-1)?.position ?? 0) + byDeg });
    };
    add('pan', -angleOf(this.#fieldDeg, right) / cosOf(tiltDeg));
    add('tilt', angleOf(this.#fieldDeg, down));
  }

  /** A command that was really sent, and when: the fit uses these. */
  sent({ pan, tilt, zoom }: Velocity, atMs: number): void {
    for (const [axis, command] of [
      ['pan', pan],
      ['tilt', tilt],
      ['zoom', zoom],
    ] as const) {
      if (this.#commands[axis].at(-1)?.command !== command) this.#commands[axis].push({ atMs, command });
    }
  }

  /** What is known so far; at any time. Axes that were not seen to move are taken as an unknown camera's. */
  result(): QuickResult {
    const [pan, tilt] = [this.#fit('pan'), this.#fit('tilt')];
    const zoom = this.#fitPositions('zoom');
    const delayMs = pan?.plant.delayMs ?? tilt?.plant.delayMs ?? UNKNOWN_PLANT.pan.delayMs;
    const known = (axis: AxisFit | null, otherwise: AxisPlant) => axis?.plant ?? { ...otherwise, delayMs };
    return {
      plant: {
        pan: known(pan, UNKNOWN_PLANT.pan),
        tilt: known(tilt, UNKNOWN_PLANT.tilt),
        zoom: known(zoom, UNKNOWN_PLANT.zoom),
      },
      pan,
      tilt,
      zoom,
    };
  }

  #fitPositions(axis: TurnAxis | 'zoom'): AxisFit | null {
    const found = fitAxis(this.#positions[axis], this.#commands[axis]);
    return found !== null && found.explained >= EXPLAINED && found.plant.gainPerS !== 0 ? found : null;
  }

  #fit(axis: TurnAxis): AxisFit | null {
    const told = this.#fitPositions(axis);
    const seen = fitAxis(this.#pictures[axis], this.#commands[axis], told ? [told.plant.rampS] : undefined);
    if (seen === null || seen.explained < SURELY_EXPLAINED) return told;
    const scale = told ? seen.plant.gainPerS / told.plant.gainPerS : 1;
    const isSame = Math.max(Math.abs(scale), 1 / Math.abs(scale)) < SAME_SCALE;
    const gainPerS = told && isSame ? Math.sign(scale) * told.plant.gainPerS : seen.plant.gainPerS;
    return { ...seen, plant: { ...seen.plant, gainPerS, positionScale: isSame ? Math.sign(scale) : scale } };
  }

  /** Where an axis has been: as the camera tells, or as the picture shows. */
  places(axis: TurnAxis): readonly TimedPosition[] {
    return this.#positions[axis].length > 0 ? this.#positions[axis] : this.#pictures[axis];
  }

  #add(axis: TurnAxis | 'zoom', atMs: number, position: number | undefined): void {
    if (position === undefined || !Number.isFinite(position)) return;
    const positions = this.#positions[axis];
    if (atMs > (positions.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY)) positions.push({ atMs, position });
  }
}
