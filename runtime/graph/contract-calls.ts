/** The checks that a contract makes itself: `validate`, the `request` of frame inputs, and `pace`. */
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { FITS, type FrameRequest, MOST_REGIONS, type Pace, PIXEL_FORMATS, SCALE_FILTERS } from '../data.ts';
import { errorCode, errorMessage, WindhoverError } from '../errors.ts';
import type { AnyNode, PrepareContext } from '../node.ts';
import { Secrets } from '../secrets.ts';
import { type Faults, joinPath, type TextPlace } from './faults.ts';
import type { FoundLink } from './links.ts';
import type { NodeOutline } from './outline.ts';
import { locate } from './tree.ts';

/** A node whose parameters are right as far as its schema knows. */
export interface CallableNode {
  readonly outline: NodeOutline;
  readonly contract: AnyNode;
  readonly params: Record<string, unknown>;
}

export interface CallContext {
  readonly prepare: PrepareContext;
  readonly faults: Faults;
  /** Variable → value of all that the graph took from the environment; errors of nodes may quote it. */
  readonly env: ReadonlyMap<string, string>;
  /** Passwords of the graph; errors of nodes may quote them, too. */
  readonly secrets: ReadonlySet<string>;
}

/** Asks the node itself about its parameters. @returns true when it has nothing to say against them */
export async function validateNode(node: CallableNode, context: CallContext): Promise<boolean> {
  try {
    await node.contract.validate?.(node.params, context.prepare);
    return true;
  } catch (error) {
    reportError(node, error, context);
    return false;
  }
}

/** What the node wants its frames to be, for one connected frame input; null when it can't say. */
export async function frameRequest(
  node: CallableNode,
  link: FoundLink,
  context: CallContext,
): Promise<FrameRequest | null> {
  const { outline, contract, params } = node;
  const ask = contract.inputs[link.input]?.request;
  const input = `input ${link.input} of ${contract.name}`;
  if (ask === undefined) {
    context.faults.add(
      outline.at,
      outline.path,
      'contract',
      `${input} takes frames but has no request() that says which`,
    );
    return null;
  }
  try {
    const request = await ask(params, context.prepare);
    const wrong = Value.Errors(FRAME_REQUEST, request).First();
    if (wrong === undefined) return request;
    const what = `${input} asks for frames that can't be made: ${wrong.path.slice(1)}: ${wrong.message.toLowerCase()}`;
    context.faults.add(outline.at, outline.path, 'contract', what);
  } catch (error) {
    reportError(node, error, context);
  }
  return null;
}

/** The pace of the nodes that produce; they must agree. Null when no node says, or the one that does fails to. */
export async function graphPace(nodes: readonly CallableNode[], context: CallContext): Promise<Pace | null> {
  let first: { id: string; pace: Pace } | null = null;
  for (const node of nodes) {
    const { outline, contract } = node;
    let pace: Pace | undefined;
    try {
      pace = await contract.pace?.(node.params);
    } catch (error) {
      reportError(node, error, context);
    }
    if (pace === undefined) continue;
    first ??= { id: outline.id, pace };
    if (first.pace === pace) continue;
    const message = `runs at the pace ${pace}, but ${first.id} at ${first.pace}; a graph has one pace`;
    context.faults.add(outline.at, outline.path, 'pace', message);
  }
  return first?.pace ?? null;
}

function reportError(node: CallableNode, error: unknown, context: CallContext): void {
  const { outline } = node;
  const secrets = new Secrets();
  for (const [name, value] of context.env) secrets.add(value, `\${${name}}`);
  for (const secret of context.secrets) secrets.add(secret);
  const { at: place, option } = error instanceof WindhoverError ? error.details : {};
  const text = errorMessage(error);
  const message = place === undefined || text.includes(place) ? text : `${text} (${place})`;
  const code = (error instanceof WindhoverError && errorCode(error)) || 'refused';
  const keys = option?.split('.') ?? null;
  const root = outline.with ?? null;
  const found = keys === null || root === null ? null : locate(root, keys);
  const at: TextPlace = found?.tree === undefined ? outline.at : found.at;
  const path = keys === null ? outline.path : keys.reduce(joinPath, joinPath(outline.path, 'with'));
  context.faults.add(at, path, code, secrets.redact(message));
}

const pixels = Type.Integer({ minimum: 1, maximum: 16_384 });
const oneOf = (words: readonly string[]) => Type.Union(words.map((word) => Type.Literal(word)));
const FRAME_REQUEST = Type.Object({
  width: pixels,
  height: pixels,
  format: oneOf(PIXEL_FORMATS),
  fit: oneOf(FITS),
  pad: Type.Optional(Type.Number()),
  white: Type.Optional(Type.Union([Type.Literal(1), Type.Literal(255)])),
  filter: Type.Optional(oneOf(SCALE_FILTERS)),
  regions: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_REGIONS })),
});
