/** Pieces that several messages of the wire contract share. Every object is closed: v1 carries no other fields. */
import {
  type ObjectOptions,
  type Static,
  type TLiteral,
  type TProperties,
  type TSchema,
  type TUnion,
  Type,
} from '@sinclair/typebox';

/** Name of the wire contract and its version; ticks and events carry it. */
export const WIRE_SCHEMA = 'drone-ptz-metadata/1';

/** An object that refuses fields it does not name. */
export function closed<P extends TProperties>(properties: P, options: ObjectOptions = {}) {
  return Type.Object(properties, { ...options, additionalProperties: false });
}

/** A number in [0, 1]. */
export function unit(description: string) {
  return Type.Number({ minimum: 0, maximum: 1, description });
}

export function unixMs(description: string) {
  return Type.Integer({ minimum: 0, description: `${description}; Unix time in milliseconds` });
}

export function name(description: string) {
  return Type.String({ minLength: 1, description });
}

export function schemaName<N extends string = typeof WIRE_SCHEMA>(name: N = WIRE_SCHEMA as N) {
  return Type.Literal(name, { description: 'Name and version of the wire contract' });
}

/** The schema's values, or null. */
export function nullable<S extends TSchema>(schema: S, description: string) {
  return Type.Union([schema, Type.Null()], { description });
}

/** One of these words. */
export function literals<const W extends readonly string[]>(words: W, description: string) {
  const branches = words.map((word) => Type.Literal(word));
  return Type.Union(branches, { description }) as unknown as TUnion<{ -readonly [K in keyof W]: TLiteral<W[K]> }>;
}

export function trackId(description = 'Id of the track, unique within the session') {
  return Type.Integer({ minimum: 0, description });
}

export function zones() {
  return Type.Array(Type.String({ minLength: 1 }), { description: 'Names of the zones that the object is in' });
}

/** Normalized box. The server also keeps x + w and y + h within 1, which JSON Schema cannot express. */
export function bbox(description: string) {
  return closed(
    {
      x: unit('Left edge, as a share of the frame width'),
      y: unit('Top edge, as a share of the frame height'),
      w: unit('Width, as a share of the frame width'),
      h: unit('Height, as a share of the frame height'),
    },
    { description: `${description}; normalized to the frame, origin at its top left, rounded to 6 decimals` },
  );
}

export type Bbox = Static<ReturnType<typeof bbox>>;
