/**
 * What a camera with its own analytics says of its pictures: ONVIF's scene description, as a `tt:MetadataStream` document or as
 * the JSON of ONVIF's MQTT messages (`onvif-mj`). Pure. Source: ONVIF Analytics Service Specification, scene description.
 *
 * ONVIF's coordinates go from -1 to 1 in both directions, y upwards; a camera may state others by a Transformation. Boxes here
 * are shares of the picture, from its top left.
 */
import { type Box, WindhoverError } from '../../runtime/node.ts';
import { readXml } from '../../runtime/xml.ts';
import { jsonTree } from './json-tree.ts';
import { all, at, numberOf, type XmlElement } from './xml.ts';

/** Of one picture. */
export interface Scene {
  /** When it was taken, by the clock of the camera; null: it does not say. */
  readonly utcMs: number | null;
  /** Name of the analytics module; empty: it has none. */
  readonly module: string;
  readonly objects: readonly SceneObject[];
  /** Objects that are no more under these ids: deleted, merged, split, renamed. */
  readonly gone: readonly string[];
}

export interface SceneObject {
  readonly id: string;
  /** Shares of the picture, within it; null: it has none that is one, as while it is hidden. */
  readonly boxNorm: Box | null;
  readonly label: string;
  /** In [0, 1]; 1 where the camera does not say. */
  readonly likelihood: number;
  /** It stands still, and is not told of again until it changes. */
  readonly isIdle: boolean;
}

const LIMITS = { lenientRoot: 'MetadataStream', maxDepth: 32, maxElements: 20_000 };
/** Of one picture; more are not read. */
const MOST_OBJECTS = 500;
/** Longest text that is read, in characters. */
export const MOST_SCENE_CHARS = 1 << 20;
/** ONVIF's words that are not ours in lower case. */
const LABELS: Readonly<Record<string, string>> = {
  Human: 'person',
  HumanFace: 'face',
  Vehical: 'vehicle',
};

/**
 * @returns the scenes of a document, in its order; none when it tells of something else (events, PTZ status)
 * @throws WindhoverError `scene_too_large`, `scene_malformed`, `xml_malformed`, `xml_too_large`
 */
export function readScenes(text: string): Scene[] {
  if (text.length > MOST_SCENE_CHARS) {
    throw new WindhoverError('scene_too_large', 'the scene description is too large', {
      expected: `at most ${MOST_SCENE_CHARS} characters`,
      got: String(text.length),
    });
  }
  const root = text.trimStart().startsWith('<') ? readXml(text, LIMITS) : jsonTree(text, LIMITS);
  return all(root, 'Frame').map(sceneOf);
}

function sceneOf(frame: XmlElement): Scene {
  const within = transformed(IDENTITY, at(frame, 'Transformation'));
  const objects = frame.children.filter(({ local, children }) => {
    // What is marked as removed tells of the place where something was.
    return local === 'Object' && !children.some((child) => at(child, 'Removed'));
  });
  return {
    utcMs: utcMs(frame.attributes.get('UtcTime')),
    module: frame.attributes.get('Source') ?? '',
    objects: objects.slice(0, MOST_OBJECTS).map((object) => objectOf(object, within)),
    gone: goneIds(at(frame, 'ObjectTree')),
  };
}

function objectOf(object: XmlElement, frame: Affine): SceneObject {
  const appearance = at(object, 'Appearance');
  const { label, likelihood } = bestType(appearance);
  return {
    id: object.attributes.get('ObjectId') ?? '',
    boxNorm: boxOf(at(appearance, 'Shape'), transformed(frame, at(appearance, 'Transformation'))),
    label,
    likelihood,
    isIdle: at(object, 'Behaviour', 'Idle') !== undefined,
  };
}

/** Ids of an ObjectTree that are not in use any more. */
function goneIds(tree: XmlElement | undefined): string[] {
  const deleted = all(tree, 'Delete');
  return [...deleted, ...all(tree, 'from'), ...all(tree, 'From')].flatMap((each) => {
    return each.attributes.get('ObjectId') ?? [];
  });
}

// ---------------------------------------------------------------------------------------------------------- places

/** From a point to another: times the scale, plus the translation. */
interface Affine {
  readonly sx: number;
  readonly sy: number;
  readonly tx: number;
  readonly ty: number;
}

const IDENTITY: Affine = { sx: 1, sy: 1, tx: 0, ty: 0 };

/** The coordinates inside an element that has this Transformation. */
function transformed(outer: Affine, transformation: XmlElement | undefined): Affine {
  const value = (name: string, axis: string, otherwise: number) => {
    return numberOf(at(transformation, name)?.attributes.get(axis)) ?? otherwise;
  };
  return {
    sx: outer.sx * value('Scale', 'x', 1),
    sy: outer.sy * value('Scale', 'y', 1),
    tx: outer.tx + outer.sx * value('Translate', 'x', 0),
    ty: outer.ty + outer.sy * value('Translate', 'y', 0),
  };
}

/** The bounding box, or that around the polygon. */
function boxOf(shape: XmlElement | undefined, { sx, sy, tx, ty }: Affine): Box | null {
  const box = at(shape, 'BoundingBox');
  const points = all(at(shape, 'Polygon'), 'Point');
  const values = (elements: readonly (XmlElement | undefined)[], ...names: string[]) => {
    return elements.flatMap((each) => names.map((name) => numberOf(each?.attributes.get(name)) ?? Number.NaN));
  };
  const xs = box ? values([box], 'left', 'right') : values(points, 'x');
  const ys = box ? values([box], 'top', 'bottom') : values(points, 'y');
  const shares = (list: readonly number[], toShare: (value: number) => number) => {
    const inside = list.map((value) => Math.min(1, Math.max(0, toShare(value))));
    return [Math.min(...inside), Math.max(...inside)] as const;
  };
  const [left, right] = shares(xs, (x) => (sx * x + tx + 1) / 2);
  const [top, bottom] = shares(ys, (y) => (1 - sy * y - ty) / 2);
  // False for what is no number, too.
  return right > left && bottom > top ? { x: left, y: top, w: right - left, h: bottom - top } : null;
}

// ---------------------------------------------------------------------------------------------------------- classes

interface TypedAs {
  readonly label: string;
  readonly likelihood: number;
}

/** The likeliest class; of equally likely ones the last, since what is more special comes after what is more general. */
function bestType(appearance: XmlElement | undefined): TypedAs {
  const described = at(appearance, 'Class');
  const types = [
    ...all(described, 'ClassCandidate').map((each) => typeOf(at(each, 'Type')?.text, at(each, 'Likelihood')?.text)),
    ...all(described, 'OtherTypes').map((each) => typeOf(at(each, 'Type')?.text, at(each, 'Likelihood')?.text)),
    ...(described?.children ?? []).flatMap(({ local, text, attributes }) => {
      return local === 'Type' ? [typeOf(text, attributes.get('Likelihood'))] : [];
    }),
  ].filter(({ label }) => label !== '');
  const best = types.reduce(
    (a, b) => (b.likelihood >= a.likelihood ? b : a),
    types[0] ?? { label: 'object', likelihood: 1 },
  );
  const vehicle = best.label === 'vehicle' ? typeOf(at(appearance, 'VehicleInfo', 'Type')?.text, undefined).label : '';
  return vehicle === '' ? best : { ...best, label: vehicle };
}

function typeOf(word = '', likelihood: string | undefined): TypedAs {
  const value = numberOf(likelihood) ?? 1;
  // Some cameras mean per cent.
  const share = value > 1 ? value / 100 : value;
  const isWord = /^[A-Z][A-Za-z]*$/.test(word);
  const label = Object.hasOwn(LABELS, word) ? LABELS[word] : isWord ? inWords(word) : word;
  return { label: label ?? '', likelihood: Math.min(1, Math.max(0, share)) };
}

/** `LicensePlate` → `license plate`. */
function inWords(word: string): string {
  return word.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
}

/** xs:dateTime; without a zone it is UTC, as its name says. */
function utcMs(text: string | undefined): number | null {
  const time = text?.trim() ?? '';
  const isDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?/.test(time);
  const ms = isDate ? Date.parse(/(Z|[-+]\d\d:\d\d)$/.test(time) ? time : `${time}Z`) : Number.NaN;
  return ms >= 0 ? ms : null;
}
