/** A checked graph: without faults, and with all defaults filled in. */
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { literals } from '../../schemas/common.ts';
import { type Site, SiteSchema } from '../../schemas/site.ts';
import type { FrameRequest, Pace } from '../data.ts';
import { MetricSchema } from '../metrics.ts';
import type { AnyNode } from '../node.ts';
import { withoutLogin } from '../secrets.ts';

export interface CheckedGraph {
  /** As the user named it. */
  readonly file: string;
  readonly version: 1;
  readonly camera: string;
  /** Pace of the node that produces. */
  readonly pace: Pace;
  /** Producers before consumers; nodes that don't depend on each other keep the order of the file. */
  readonly nodes: readonly CheckedNode[];
}

export interface CheckedNode {
  readonly id: string;
  /** Name of a built-in node, or the absolute path of a module. */
  readonly use: string;
  readonly contract: AnyNode;
  /** Checked, defaults filled in, paths absolute. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Its connected inputs, in the order of the contract. */
  readonly links: readonly CheckedLink[];
  /** Set when the graph says where the node runs. */
  readonly worker?: string;
  /** Where the node stands in the file, from 1. */
  readonly line: number;
  readonly column: number;
}

export interface CheckedLink {
  readonly input: string;
  readonly from: { readonly node: string; readonly output: string };
  readonly kind: string;
  /** `frame` links: what the consumer wants its frames to be. */
  readonly request?: FrameRequest;
}

/** True for what `defineNode` returns; a user's module may export anything. */
export function isContract(value: unknown): value is AnyNode {
  return Value.Check(CONTRACT, value) && value.params.additionalProperties === false;
}

/** Names of the options that a node takes while it runs. */
export function liveOptions({ params }: AnyNode): string[] {
  return Object.keys(params.properties).filter((name) => params.properties[name]?.live === true);
}

/** Where a browser plays the camera, without a login: the option that is declared as that (`view: true`). */
export function viewUrl(graph: Pick<CheckedGraph, 'nodes'>): string | undefined {
  const value = declaredOption(graph, 'view');
  return typeof value === 'string' ? withoutLogin(value) : undefined;
}

/** Where the camera stands: the option that is declared as that (`site: true`). */
export function siteOf(graph: Pick<CheckedGraph, 'nodes'>): Site | undefined {
  const value = declaredOption(graph, 'site');
  return Value.Check(SiteSchema, value) ? value : undefined;
}

/** The first option of any node with this mark that has a value. */
function declaredOption({ nodes }: Pick<CheckedGraph, 'nodes'>, mark: 'view' | 'site'): unknown {
  for (const { params, contract } of nodes) {
    for (const [name, value] of Object.entries(params)) {
      if (contract.params.properties[name]?.[mark] === true && value !== undefined) return value;
    }
  }
  return undefined;
}

const SCHEMA = Type.Object({});
const PORTS = Type.Record(
  Type.String(),
  Type.Object({ kind: Type.String({ minLength: 1 }), schema: Type.Optional(SCHEMA) }),
);
const TOPICS = Type.Optional(
  Type.Array(
    Type.Object({ name: Type.String({ minLength: 1 }), keep: literals(['every', 'latest'], ''), schema: SCHEMA }),
  ),
);
const SECONDS = Type.Number({ exclusiveMinimum: 0 });
const OBJECT = Type.Object({ type: Type.Literal('object'), additionalProperties: Type.Literal(false) });
const CONTRACT = Type.Object({
  name: Type.String({ minLength: 1 }),
  doc: Type.String(),
  params: OBJECT,
  inputs: PORTS,
  outputs: PORTS,
  join: Type.Optional(Type.Literal('frame')),
  hangsAfterS: Type.Optional(Type.Object({ open: Type.Optional(SECONDS), other: Type.Optional(SECONDS) })),
  board: Type.Optional(Type.Object({ posts: TOPICS, watches: TOPICS })),
  topics: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Object({ doc: Type.String(), keep: literals(['every', 'latest'], ''), schema: SCHEMA }),
    ),
  ),
  metrics: Type.Optional(Type.Record(Type.String(), MetricSchema)),
  requests: Type.Optional(Type.Record(Type.String(), Type.Object({ doc: Type.String(), params: OBJECT }))),
  open: Type.Function([], Type.Unknown()),
});
