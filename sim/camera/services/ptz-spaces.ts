/**
 * The coordinate spaces of the PTZ service (ONVIF PTZ Service Specification, "Coordinate systems") and what their
 * numbers mean for this camera's motors.
 */
import type { HeadSpec } from '../motion/motors.ts';
import type { Traits } from '../quirks.ts';
import { el, leaves, type Xml } from '../soap/write-xml.ts';

const PAN_TILT = 'http://www.onvif.org/ver10/tptz/PanTiltSpaces';
const ZOOM = 'http://www.onvif.org/ver10/tptz/ZoomSpaces';

export const SPACES = {
  position: `${PAN_TILT}/PositionGenericSpace`,
  translation: `${PAN_TILT}/TranslationGenericSpace`,
  /** 1 moves what is seen at the picture's right or upper edge to its centre. */
  translationFov: `${PAN_TILT}/TranslationSpaceFov`,
  velocity: `${PAN_TILT}/VelocityGenericSpace`,
  speed: `${PAN_TILT}/GenericSpeedSpace`,
  zoomPosition: `${ZOOM}/PositionGenericSpace`,
  zoomTranslation: `${ZOOM}/TranslationGenericSpace`,
  zoomVelocity: `${ZOOM}/VelocityGenericSpace`,
  zoomSpeed: `${ZOOM}/ZoomGenericSpeedSpace`,
} as const;

/** A pan or tilt angle ↔ the generic position space, where −1 and 1 are the ends of the axis. */
export function toGeneric({ min, max }: HeadSpec['pan'], degrees: number): number {
  return (2 * (degrees - min)) / (max - min) - 1;
}

export function fromGeneric({ min, max }: HeadSpec['pan'], generic: number): number {
  return min + ((generic + 1) / 2) * (max - min);
}

/** Degrees of a move by 1 in the generic translation space: the whole range of the axis, as the specification has it. */
export function wholeRange({ min, max }: HeadSpec['pan']): number {
  return max - min;
}

/** The spaces that the camera says it has, for a node or for configuration options. */
export function describeSpaces(name: 'tt:SupportedPTZSpaces' | 'tt:Spaces', traits: Traits): Xml {
  const { zoomSpaceMax, fovSpace } = traits;
  return el(
    name,
    space('tt:AbsolutePanTiltPositionSpace', SPACES.position, [-1, 1], [-1, 1]),
    space('tt:AbsoluteZoomPositionSpace', SPACES.zoomPosition, [0, zoomSpaceMax]),
    space('tt:RelativePanTiltTranslationSpace', SPACES.translation, [-1, 1], [-1, 1]),
    fovSpace === 'absent' ? null : space('tt:RelativePanTiltTranslationSpace', SPACES.translationFov, [-1, 1], [-1, 1]),
    space('tt:RelativeZoomTranslationSpace', SPACES.zoomTranslation, [-zoomSpaceMax, zoomSpaceMax]),
    space('tt:ContinuousPanTiltVelocitySpace', SPACES.velocity, [-1, 1], [-1, 1]),
    space('tt:ContinuousZoomVelocitySpace', SPACES.zoomVelocity, [-1, 1]),
    space('tt:PanTiltSpeedSpace', SPACES.speed, [0, 1]),
    space('tt:ZoomSpeedSpace', SPACES.zoomSpeed, [0, 1]),
  );
}

type Range = readonly [min: number, max: number];

export function space(name: `tt:${string}`, uri: string, x: Range, y?: Range): Xml {
  return el(name, el('tt:URI', uri), range('tt:XRange', x), y ? range('tt:YRange', y) : null);
}

function range(name: `tt:${string}`, [min, max]: Range): Xml {
  return el(name, leaves('tt', { Min: min, Max: max }));
}
