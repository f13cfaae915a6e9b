/**
 * The coordinate spaces of a camera (ONVIF PTZ Service Specification, "Coordinate systems") and the units of ours: raw
 * numbers of the camera ↔ shares of an axis (0 to 1) ↔ degrees or [-1, 1].
 */
import { clamp } from '../driver.ts';
import type { OnvifOptions } from './options.ts';
import { all, at, numberOf, type XmlElement } from './xml.ts';

export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface Space {
  readonly uri: string;
  readonly x: Range;
  readonly y: Range;
}

/** What the configuration options list; null: not there. */
export interface Spaces {
  readonly velocity: Space | null;
  readonly zoomVelocity: Space | null;
  /** Angles first, then the generic one. */
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

const FOV = '/TranslationSpaceFov';
const SPHERICAL = /\/SphericalPositionSpace(Degrees)?$/;

export function isDegrees({ uri }: Space): boolean {
  return SPHERICAL.test(uri);
}

/** @param options the element of GetConfigurationOptions */
export function readSpaces(options: XmlElement): Spaces {
  const listed = (name: string) => all(options, name).map(toSpace);
  const translations = listed('RelativePanTiltTranslationSpace');
  const generic = (spaces: Space[]) => spaces.find(({ uri }) => uri.endsWith('GenericSpace')) ?? null;
  const positions = listed('AbsolutePanTiltPositionSpace');
  return {
    velocity: generic(listed('ContinuousPanTiltVelocitySpace')),
    zoomVelocity: generic(listed('ContinuousZoomVelocitySpace')),
    positions: [...positions.filter(isDegrees), ...positions.filter((space) => !isDegrees(space))],
    zoomPosition: generic(listed('AbsoluteZoomPositionSpace')),
    translation: generic(translations),
    translationFov: translations.find(({ uri }) => uri.endsWith(FOV)) ?? null,
    zoomTranslation: generic(listed('RelativeZoomTranslationSpace')),
    speed: listed('PanTiltSpeedSpace').find(({ uri }) => uri.endsWith('/GenericSpeedSpace')) ?? null,
    timeoutMinMs: readDurationMs(at(options, 'PTZConfigurationOptions', 'PTZTimeout', 'Min')?.text) ?? 0,
  };
}

function toSpace(element: XmlElement): Space {
  const x = range(at(element, 'XRange'), { min: -1, max: 1 });
  return { uri: at(element, 'URI')?.text ?? '', x, y: range(at(element, 'YRange'), x) };
}

/** An invalid range (missing, empty, reversed) is replaced by that of the generic space. */
function range(element: XmlElement | undefined, otherwise: Range): Range {
  const min = numberOf(at(element, 'Min')?.text);
  const max = numberOf(at(element, 'Max')?.text);
  return min !== null && max !== null && min < max ? { min, max } : otherwise;
}

/** `PT1.5S` → 1500; null for anything that is no duration of hours, minutes and seconds. */
function readDurationMs(text: string | undefined): number | null {
  const match = /^PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/.exec(text ?? '');
  if (!match) return null;
  const [, hours = '0', minutes = '0', seconds = '0'] = match;
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
}

/** A velocity or an offset in [-1, 1] → the space's own numbers, which are symmetric in all but a few cameras. */
export function scale(value: number, { min, max }: Range): number {
  return clamp(value >= 0 ? value * max : -value * min, min, max);
}

export function toShare(raw: number, { min, max }: Range): number {
  return (raw - min) / (max - min);
}

export function fromShare(share: number, { min, max }: Range): number {
  return min + clamp(share, 0, 1) * (max - min);
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
