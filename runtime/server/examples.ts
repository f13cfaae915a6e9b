/** Examples for the OpenAPI document: a value that fits a schema, with words that the reader meets elsewhere. */
import type { JsonSchema } from './json-schema.ts';

/** What fields of these names hold. */
const WORDS: Readonly<Record<string, string>> = {
  backup: 'cam01.yaml.2026-01-01T00-00-00.000Z',
  camera_id: 'cam01',
  classes: 'drone',
  code: 'range',
  file: 'graphs/cam01.yaml',
  graph: 'graphs/cam01.yaml',
  label: 'drone',
  modified_at: '2026-01-01T00:00:00.000Z',
  name: 'default',
  path: 'nodes.detect.with.confidence',
  session_id: 'session-cam01-2026-01-01T00:00:00.000Z',
  used_by: 'cam01.detect',
  ws_path: '/ws/sessions/session-cam01-2026-01-01T00:00:00.000Z',
};

/** @param name of the field; @param says what an `error` of it would say */
export function exampleOf(schema: JsonSchema, says: string, name = ''): unknown {
  const { type, items, properties } = schema;
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf?.[0]) return exampleOf(schema.anyOf[0], says, name);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part, says, name)));
  if (type === 'array') {
    const each = Array.isArray(items) ? items : [items as JsonSchema];
    return each.map((item) => exampleOf(item ?? {}, says, name));
  }
  if (properties) {
    return Object.fromEntries(Object.entries(properties).map(([key, field]) => [key, exampleOf(field, says, key)]));
  }
  if (type === 'object') return ofNames(schema, says);
  if (type === 'string') return name === 'error' ? says : (WORDS[name] ?? name);
  if (type === 'number' || type === 'integer') return numberOf(schema);
  if (type === 'boolean') return true;
  return type === 'null' ? null : 0.4;
}

/** By camera, then by node, then by option. */
function ofNames(
  { patternProperties = {} }: JsonSchema,
  says: string,
  names = ['cam01', 'detect', 'confidence'],
): unknown {
  const [inner] = Object.values(patternProperties);
  if (!inner) return {};
  const [name = 'name', ...rest] = inner.patternProperties ? names : names.slice(-1);
  const value = inner.patternProperties ? ofNames(inner, says, rest) : exampleOf(inner, says, name);
  return { [name]: value };
}

function numberOf({ minimum, exclusiveMinimum, maximum, type }: JsonSchema): number {
  const least = minimum ?? (exclusiveMinimum === undefined ? 0 : exclusiveMinimum + (type === 'integer' ? 1 : 0.1));
  return maximum !== undefined && least > maximum ? maximum : least;
}
