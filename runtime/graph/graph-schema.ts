/**
 * JSON Schema (draft-07, which every editor's YAML support reads) of graph files, made from the nodes' contracts: an
 * editor completes nodes and options, shows their docs and marks mistakes while a graph is typed.
 *
 * It is a little more generous than the check itself: what needs more than one place of the file to judge (links,
 * cycles, variables) is left to `check`.
 */
import type { TSchema } from '@sinclair/typebox';
import type { AnyNode } from '../node.ts';
import { GRAPH_VERSION, NAME_PATTERN, REFERENCE_PATTERN } from './outline.ts';
import { properties, variantsOf } from './schema-errors.ts';

type Json = { readonly [key: string]: unknown };

/** @returns a JSON Schema object, ready to be written to a file */
export function graphFileSchema(builtins: readonly AnyNode[]): Json {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Windhover graph',
    description: 'A camera pipeline: nodes and the links between them.',
    type: 'object',
    additionalProperties: false,
    required: ['version', 'camera', 'nodes'],
    properties: {
      version: { const: GRAPH_VERSION, default: GRAPH_VERSION, description: 'Version of the graph file format.' },
      camera: name('Id of the camera, as clients see it: letters, digits, _ and -.'),
      nodes: {
        type: 'object',
        description: 'The nodes, by ids that you choose.',
        minProperties: 1,
        propertyNames: { pattern: NAME_PATTERN },
        additionalProperties: nodeSchema(builtins),
      },
    },
  };
}

function nodeSchema(builtins: readonly AnyNode[]): Json {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['use'],
    properties: {
      use: {
        description: 'A built-in node, or the path of a module with one of your own (./my-node.ts).',
        anyOf: [
          ...builtins.map((node) => ({ const: node.name, description: nodeDoc(node) })),
          // A variable may stand for either.
          { type: 'string', pattern: '[/\\\\]|\\.[cm]?[jt]sx?$|\\$\\{' },
        ],
      },
      from: {
        description: 'Where its inputs come from: a node, node.port, a list of them, or a mapping from inputs to them.',
        anyOf: [
          reference(),
          { type: 'array', items: reference() },
          { type: 'object', additionalProperties: reference() },
        ],
      },
      with: { type: ['object', 'null'], description: 'Parameters of the node.' },
      worker: name('Runs the node in the worker of this name, together with all nodes that name it.'),
    },
    allOf: builtins.map(conditional),
  };
}

/** The parameters of one built-in node, for nodes that use it. */
function conditional(node: AnyNode): Json {
  const { required, ...schema } = editable(node.params);
  // Without required parameters `with:` may stay empty.
  const optional = !Array.isArray(required) || required.length === 0;
  const params = { ...schema, ...(optional ? { type: ['object', 'null'] } : { required }), description: node.doc };
  return {
    if: { properties: { use: { const: node.name } }, required: ['use'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: { with: params }, ...(optional ? {} : { required: ['with'] }) },
  };
}

/** Doc and ports: what an editor shows where the node is chosen. */
function nodeDoc(node: AnyNode): string {
  const inputs = Object.entries(node.inputs).map(
    ([port, { kind, optional }]) => `${port}: ${kind}${optional ? '?' : ''}`,
  );
  const outputs = Object.entries(node.outputs).map(([port, { kind }]) => `${port}: ${kind}`);
  const ports = (list: readonly string[]) => (list.length === 0 ? 'none' : list.join(', '));
  return `${node.doc}\n\nInputs: ${ports(inputs)}. Outputs: ${ports(outputs)}.`;
}

/**
 * A TypeBox schema as one of what a user writes: options with a default need not be given, `${VAR}` may stand for any
 * scalar, and only the keywords that editors know are left.
 */
export function editable(schema: TSchema): Json {
  const plain: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) if (KEYWORDS.has(keyword)) plain[keyword] = value;
  const variants = variantsOf(schema);
  if (variants.length > 0) return union(plain, variants);
  if (schema.type === 'object') return object(plain, schema);
  if (schema.type === 'array') return { ...plain, items: items(schema.items) };
  return orVariable(plain);
}

function object(plain: Json, schema: TSchema): Json {
  const { required: _, ...rest } = plain;
  const known = Object.entries(properties(schema));
  const names: unknown = schema.required;
  const required = known
    .filter(([key, property]) => Array.isArray(names) && names.includes(key) && property.default === undefined)
    .map(([key]) => key);
  const patterns = Object.entries(Object(schema.patternProperties)).map(([key, value]) => [
    key,
    editable(value as TSchema),
  ]);
  return {
    ...rest,
    ...(known.length === 0
      ? {}
      : { properties: Object.fromEntries(known.map(([key, value]) => [key, editable(value)])) }),
    ...(patterns.length === 0 ? {} : { patternProperties: Object.fromEntries(patterns) }),
    ...(required.length === 0 ? {} : { required }),
  };
}

function union(plain: Json, variants: readonly TSchema[]): Json {
  const constants = variants.flatMap((variant) => (variant.const === undefined ? [] : [variant.const]));
  if (constants.length < variants.length) return { ...plain, anyOf: variants.map(editable) };
  const { anyOf: _, ...rest } = plain;
  return orVariable({ ...rest, enum: constants });
}

/** Docs and default stay outside of the choice, where editors look for them. */
function orVariable(plain: Json): Json {
  const { title, description, default: value, examples, ...rest } = plain;
  const notes = Object.entries({ title, description, default: value, examples }).filter(
    ([, note]) => note !== undefined,
  );
  const isFreeText = rest.type === 'string' && Object.keys(rest).length === 1;
  if (isFreeText || Object.keys(rest).length === 0) return plain;
  return { ...Object.fromEntries(notes), anyOf: [rest, { type: 'string', pattern: '\\$\\{.*\\}' }] };
}

function items(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((item: TSchema) => editable(item));
  return typeof schema === 'object' && schema !== null ? editable(schema as TSchema) : {};
}

function name(description: string): Json {
  return { type: 'string', description, anyOf: [{ pattern: NAME_PATTERN }, { pattern: '\\$\\{' }] };
}

function reference(): Json {
  return { type: ['string', 'integer'], anyOf: [{ pattern: REFERENCE_PATTERN }, { pattern: '\\$\\{' }] };
}

const KEYWORDS: ReadonlySet<string> = new Set([
  ...['type', 'const', 'enum', 'title', 'description', 'default', 'examples', 'properties', 'patternProperties'],
  ...['additionalProperties', 'required', 'minProperties', 'maxProperties', 'items', 'additionalItems', 'minItems'],
  ...['maxItems', 'uniqueItems', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['minLength', 'maxLength', 'pattern', 'format'],
]);
