/**
 * The coordinate spaces of a camera (ONVIF PTZ Service Specification, "Coordinate systems") and the units of ours: raw
 * numbers of the camera ↔ shares of an axis (0 to 1) ↔ degrees or [-1, 1].
 */
import { clamp, MAX_LEASE_MS } from '../driver.ts';
import type { OnvifOptions } from './options.ts';
import { all, at, durationMsOf, numberOf, type XmlElement } from './xml.ts';

/** An axis with equal ends does not move. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface Space {
  /** Empty: the camera names none, and gets none. */
  readonly uri: string;
  readonly x: Range;
  readonly y: Range;
}

/** What a camera can be told; null: not that. */
export interface Spaces {
  readonly velocity: Space | null;
  readonly zoomVelocity: Space | null;
  /** Positions that do not name their space are in the first. */
  readonly positions: readonly Space[];
  readonly zoomPosition: Space | null;
  readonly translation: Space | null;
  readonly translationFov: Space | null;
  readonly zoomTranslation: Space | null;
  /** Of moves to a place; its x range is that of both axes. */
  readonly speed: Space | null;
  /** Least Timeout of a velocity, ms. */
  readonly timeoutMinMs: number;
}

const SIGNED: Range = { min: -1, max: 1 };
const UNSIGNED: Range = { min: 0, max: 1 };
/** Of a camera that names none: generic, as the specification has it. */
export const UNNAMED: Space = { uri: '', x: SIGNED, y: SIGNED };
/** No camera has longer ranges. */
const LONGEST = 1e6;

/** @param source the answer of GetConfigurationOptions, or a PTZ node. @param configuration of the profile */
export function readSpaces(source: XmlElement, configuration: XmlElement): Spaces {
  const timeoutMinMs = durationMsOf(at(all(source, 'PTZTimeout')[0], 'Min')?.text) ?? 0;
  const listed = (name: string, generic: Range) => all(source, name).map((element) => toSpace(element, generic));
  return spacesOf(listed, defaultUri(configuration, 'AbsolutePanTiltPositionSpace'), timeoutMinMs);
}

/** From what a PTZ configuration names as defaults; the ranges are those of the generic spaces, or its limits. */
export function defaultSpaces(configuration: XmlElement): Spaces {
  const limits = [...all(configuration, 'PanTiltLimits'), ...all(configuration, 'ZoomLimits')];
  const listed = (name: string, generic: Range) => {
    const uri = defaultUri(configuration, name);
    if (uri === '') return [];
    const ofIt = limits.flatMap((limit) => all(limit, 'Range')).find((range) => uriOf(range) === uri);
    return name.startsWith('Absolute') && ofIt ? [toSpace(ofIt, generic)] : [{ uri, x: generic, y: generic }];
  };
  return spacesOf(listed, '', 0);
}

/** It can be told to turn. */
export function isSteerable({ velocity, positions, translation, translationFov }: Spaces): boolean {
  return velocity !== null || positions.length > 0 || translation !== null || translationFov !== null;
}

function spacesOf(
  listed: (name: string, generic: Range) => readonly Space[],
  defaultPosition: string,
  timeoutMinMs: number,
): Spaces {
  const best = (spaces: readonly Space[]) =>
    spaces.find((space) => /Generic\w*Space$/i.test(lastPart(space))) ?? spaces[0];
  const translations = listed('RelativePanTiltTranslationSpace', SIGNED);
  const isFov = (space: Space) => /Fov$/i.test(lastPart(space));
  const positions = listed('AbsolutePanTiltPositionSpace', SIGNED);
  const rank = (space: Space) => (space.uri === defaultPosition && space.uri !== '' ? 0 : isDegrees(space) ? 1 : 2);
  return {
    velocity: bothWays(best(listed('ContinuousPanTiltVelocitySpace', SIGNED))),
    zoomVelocity: bothWays(best(moving(listed('ContinuousZoomVelocitySpace', SIGNED)))),
    positions: positions.toSorted((a, b) => rank(a) - rank(b)),
    zoomPosition: best(moving(listed('AbsoluteZoomPositionSpace', UNSIGNED))) ?? null,
    translation: bothWays(best(translations.filter((space) => !isFov(space)))),
    translationFov: bothWays(translations.find(isFov)),
    zoomTranslation: bothWays(best(moving(listed('RelativeZoomTranslationSpace', SIGNED)))),
    speed: best(moving(listed('PanTiltSpeedSpace', UNSIGNED))) ?? null,
    // A longer one is no lease: whether shorter ones are kept, the small moves tell.
    timeoutMinMs: timeoutMinMs <= MAX_LEASE_MS ? timeoutMinMs : 0,
  };
}

/** The specification spells one of them PantTilt. */
function defaultUri(configuration: XmlElement, name: string): string {
  if (name === 'PanTiltSpeedSpace') {
    return at(all(configuration, 'DefaultPTZSpeed')[0], 'PanTilt')?.attributes.get('space')?.trim() ?? '';
  }
  const names = [`Default${name}`, `Default${name.replace('PanTilt', 'PantTilt')}`];
  return names.flatMap((each) => all(configuration, each))[0]?.text ?? '';
}

function uriOf(element: XmlElement): string {
  return at(element, 'URI')?.text ?? '';
}

/** Cameras invent what is before it. */
function lastPart({ uri }: Space): string {
  return uri.split(/[/:#]/).findLast((part) => part !== '') ?? '';
}

export function isDegrees(space: Space): boolean {
  const isNamed = /^SphericalPositionSpace$|PositionSpaceDegrees$/i.test(lastPart(space));
  // No camera turns so little: these are shares, or radians.
  return isNamed && space.x.max - space.x.min > 7;
}

/** Also where only the part that counts is the same. */
export function isSameSpace(space: Space, uri: string): boolean {
  return space.uri === uri || lastPart(space) === lastPart({ ...space, uri });
}

function toSpace(element: XmlElement, generic: Range): Space {
  const x = readRange(at(element, 'XRange')) ?? generic;
  const ofY = readRange(at(element, 'YRange'));
  const y = ofY ?? x;
  // Both axes without a way to go, and a space for them: not to be believed.
  const isNothing = ofY !== null && x.min === x.max && y.min === y.max;
  return { uri: uriOf(element), x: isNothing ? generic : x, y: isNothing ? generic : y };
}

/** Null: missing, empty or absurd. */
function readRange(element: XmlElement | undefined): Range | null {
  const [min, max] = [numberOf(at(element, 'Min')?.text), numberOf(at(element, 'Max')?.text)];
  if (min === null || max === null || Math.max(Math.abs(min), Math.abs(max)) > LONGEST) return null;
  return { min: Math.min(min, max), max: Math.max(min, max) };
}

/** Without those of an axis that does not move (its only one). */
function moving(spaces: readonly Space[]): readonly Space[] {
  return spaces.filter(({ x }) => x.min < x.max);
}

/** Velocities and offsets go both ways, also where only one is declared. */
function bothWays(space: Space | undefined): Space | null {
  if (!space) return null;
  const signed = ({ min, max }: Range) => {
    const far = Math.max(-min, max);
    return min < 0 && max > 0 ? { min, max } : { min: -far, max: far };
  };
  return { ...space, x: signed(space.x), y: signed(space.y) };
}

/** A velocity or an offset in [-1, 1] → the space's own numbers, which are symmetric in all but a few cameras. */
export function scale(value: number, { min, max }: Range): number {
  return clamp(value >= 0 ? value * max : -value * min, min, max);
}

export function toShare(raw: number, { min, max }: Range): number {
  return min === max ? 0 : (raw - min) / (max - min);
}

export function fromShare(share: number, { min, max }: Range): number {
  return min + clamp(share, 0, 1) * (max - min);
}

/** A range in degrees that begins anew at its end: some cameras end it a little sooner. */
export function isTurn({ min, max }: Range): boolean {
  return max - min >= 359;
}

export interface Mirrored {
  readonly pan: boolean;
  readonly tilt: boolean;
}

/** What our numbers mean: the ends of each axis, in degrees or as -1 and 1. */
export interface Units {
  readonly unit: 'degrees' | 'normalized';
  readonly pan: Range;
  readonly tilt: Range;
}

/** @param mirrored axes whose shares count from the other end: their angles then have the other sign */
export function unitsOf(space: Space | null, options: OnvifOptions, mirrored: Mirrored): Units {
  const { pan_range_deg: pan, tilt_range_deg: tilt } = options;
  if (pan && tilt) {
    return { unit: 'degrees', pan: { min: pan[0], max: pan[1] }, tilt: { min: tilt[0], max: tilt[1] } };
  }
  if (space && isDegrees(space)) {
    const signed = ({ min, max }: Range, isMirrored: boolean) => (isMirrored ? { min: -max, max: -min } : { min, max });
    return { unit: 'degrees', pan: signed(space.x, mirrored.pan), tilt: signed(space.y, mirrored.tilt) };
  }
  return { unit: 'normalized', pan: { min: -1, max: 1 }, tilt: { min: -1, max: 1 } };
}
