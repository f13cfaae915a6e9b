/**
 * A tick as an ONVIF scene description: the JSON of ONVIF's MQTT messages (`onvif-mj`), and the same as a
 * `tt:MetadataStream` document. Coordinates are ONVIF's normalized ones: the picture is from -1 to 1 in both directions, with
 * the origin in its middle and y upwards. Pure. Source: ONVIF Analytics Service Specification, scene description.
 */
import type { MetadataTick } from '../../../schemas/metadata-tick.ts';
import { escapeXml } from '../../xml.ts';

export interface Scene {
  readonly Frame: readonly SceneFrame[];
}

interface SceneFrame {
  readonly '@UtcTime': string;
  /** Name of the analytics module. */
  readonly '@Source': string;
  readonly Object: readonly SceneObject[];
}

export interface SceneObject {
  readonly '@ObjectId': number;
  readonly Appearance: {
    readonly Shape: {
      readonly BoundingBox: Readonly<Record<'@left' | '@top' | '@right' | '@bottom', number>>;
      readonly CenterOfGravity: Readonly<Record<'@x' | '@y', number>>;
    };
    readonly Class: { readonly Type: readonly { readonly '@Likelihood': number; readonly '#text': string }[] };
  };
}

export const MODULE = 'Windhover';

/** What ONVIF calls an object of a class, where it has a word for it. */
const OBJECT_TYPES: Readonly<Record<string, string>> = {
  drone: 'Drone',
  person: 'Human',
  pedestrian: 'Human',
  face: 'HumanFace',
  bird: 'Animal',
  cat: 'Animal',
  dog: 'Animal',
  horse: 'Animal',
  cow: 'Animal',
  sheep: 'Animal',
  bear: 'Animal',
  bicycle: 'Bicycle',
  motorcycle: 'Bike',
  car: 'Vehicle',
  truck: 'Vehicle',
  bus: 'Vehicle',
  van: 'Vehicle',
  train: 'Vehicle',
  boat: 'Vehicle',
  airplane: 'Vehicle',
  helicopter: 'Vehicle',
};

export function sceneOf(tick: Pick<MetadataTick, 'ts_unix_ms' | 'tracks'>): Scene {
  const objects = tick.tracks.map(({ id, label, conf, bbox }) => ({
    '@ObjectId': id,
    Appearance: { Shape: shapeOf(bbox), Class: { Type: typesOf(label, conf) } },
  }));
  return { Frame: [{ '@UtcTime': new Date(tick.ts_unix_ms).toISOString(), '@Source': MODULE, Object: objects }] };
}

/** The same as a document of a metadata stream. */
export function sceneDocument(scene: Scene): string {
  const analytics = element('VideoAnalytics', scene);
  return `<?xml version="1.0" encoding="UTF-8"?><tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema">${analytics}</tt:MetadataStream>`;
}

function shapeOf({ x, y, w, h }: MetadataTick['tracks'][number]['bbox']): SceneObject['Appearance']['Shape'] {
  const [left, top, right, bottom] = [2 * x - 1, 1 - 2 * y, 2 * (x + w) - 1, 1 - 2 * (y + h)].map(rounded);
  const middle = { '@x': rounded(2 * x + w - 1), '@y': rounded(1 - 2 * y - h) };
  return {
    BoundingBox: { '@left': left ?? 0, '@top': top ?? 0, '@right': right ?? 0, '@bottom': bottom ?? 0 },
    CenterOfGravity: middle,
  };
}

/** ONVIF's word first, then our own. */
function typesOf(label: string, conf: number) {
  const known = Object.hasOwn(OBJECT_TYPES, label) ? OBJECT_TYPES[label] : undefined;
  const words = known === undefined || known === label ? [label] : [known, label];
  return words.map((word) => ({ '@Likelihood': conf, '#text': word }));
}

/** As fine as the boxes of the wire contract. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/** By ONVIF's rules of JSON: `@` is an attribute, `#text` the text, a list repeats its element. */
function element(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((each) => element(name, each)).join('');
  const entries = Object.entries(Object(value) as Record<string, unknown>);
  const attributes = entries.filter(([key]) => key.startsWith('@'));
  const inside = entries.filter(([key]) => !key.startsWith('@'));
  const head = attributes.map(([key, text]) => ` ${key.slice(1)}="${escapeXml(String(text))}"`).join('');
  const body = inside
    .map(([key, child]) => (key === '#text' ? escapeXml(String(child)) : element(key, child)))
    .join('');
  return `<tt:${name}${head}>${body}</tt:${name}>`;
}
