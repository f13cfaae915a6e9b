/** Positions of a camera: in which space and range they are, and their shares of it. A range may have to be learned. */
import type { MotionEvidence } from '../network/motion-sense.ts';
import { isDegrees, isSameSpace, type Mirrored, type Range, type Space, type Spaces, toShare } from './spaces.ts';
import { all, at, numberOf, type XmlElement } from './xml.ts';

/** What positions are in at most, the likely ranges first: of shares, and of degrees by axis. */
const SHARES = [1, 0].map((below) => ({ min: -below, max: 1 })).toReversed();
const DEGREES = {
  pan: [-180, 0].map((min) => ({ min, max: min + 360 })),
  tilt: [90, 180].map((max) => ({ min: -max, max })),
};
/** Of the declared range: further outside of it, a position shows that it is not the range, or is noise. */
const SLACK = 0.02;
const NOISE = 0.25;

export class Positions {
  /** Axes whose shares count from the other end. */
  mirrored: Mirrored = { pan: false, tilt: false };
  /** Of pan and tilt; found by the first status. */
  space: Space | null;
  zoomSpace: Space | null;
  /** They turned out to say nothing. */
  areIgnored = false;
  readonly #declared: readonly Space[];
  readonly #notes: string[];

  /** @param notes gets what was learned */
  constructor({ positions, zoomPosition }: Spaces, notes: string[]) {
    [this.#declared, this.#notes] = [positions, notes];
    [this.space, this.zoomSpace] = [positions[0] ?? null, zoomPosition];
  }

  /** @param body the answer of GetStatus */
  read(body: XmlElement): MotionEvidence {
    const [position] = all(body, 'Position');
    const panTilt = at(position, 'PanTilt')?.attributes;
    const named = panTilt?.get('space')?.trim();
    if (named && !(this.space && isSameSpace(this.space, named))) {
      this.space = this.#declared.find((space) => isSameSpace(space, named)) ?? this.space;
    }
    const [pan, tilt] = [this.#turn('pan', 'x', panTilt?.get('x')), this.#turn('tilt', 'y', panTilt?.get('y'))];
    const zoomed = this.zoomSpace;
    const zoom = zoomed && this.#learn('zoom', at(position, 'Zoom')?.attributes.get('x'), zoomed.x, SHARES);
    if (zoomed && zoom) this.zoomSpace = { ...zoomed, x: zoom.range };
    const [moves] = all(body, 'MoveStatus');
    const told = moves ? [moves, ...moves.children].map(({ text }) => text.toUpperCase()) : [];
    const known = told.filter((move) => move === 'MOVING' || move === 'IDLE');
    const saysMoving = known.length === 0 ? null : known.includes('MOVING');
    return { pan, tilt, zoom: zoom?.share ?? null, saysMoving };
  }

  fromOtherEnd<T extends number | null | undefined>(axis: 'pan' | 'tilt', share: T): T | number {
    return this.mirrored[axis] && typeof share === 'number' ? 1 - share : share;
  }

  #turn(axis: 'pan' | 'tilt', key: 'x' | 'y', text: string | undefined): number | null {
    const { space } = this;
    const found =
      space && !this.areIgnored && this.#learn(axis, text, space[key], isDegrees(space) ? DEGREES[axis] : SHARES);
    if (!found) return null;
    this.space = { ...space, [key]: found.range };
    return this.fromOtherEnd(axis, found.share);
  }

  /** The declared range, or one of the others where the position shows that it is not; null: that is no position. */
  #learn(axis: string, text: string | undefined, declared: Range, others: readonly Range[]) {
    const raw = numberOf(text);
    if (raw === null) return null;
    const isAngle = others === DEGREES.pan;
    // An angle may be told a turn off.
    const value = (isAngle ? [raw, raw - 360, raw + 360].find((angle) => holds(declared, angle, 0)) : raw) ?? raw;
    const wider = () =>
      others.find((range) => [value, declared.min, declared.max].every((end) => holds(range, end, SLACK)));
    const learned = holds(declared, value, SLACK) ? undefined : wider();
    if (learned === undefined && !holds(declared, value, NOISE)) return null;
    const range = learned ?? declared;
    const told = ({ min, max }: Range) => `${min} to ${max}`;
    if (learned) this.#notes.push(`${axis} says ${raw}, declared is ${told(declared)}: ${told(learned)} is used`);
    return { range, share: toShare(value, range) };
  }
}

function holds({ min, max }: Range, value: number, slack: number): boolean {
  return Math.abs(value - (min + max) / 2) <= (0.5 + slack) * (max - min);
}
