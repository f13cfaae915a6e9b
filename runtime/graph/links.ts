/** `from` → links: which output feeds which input, by the kinds of the ports. */
import { nearest, suggestion } from '../nearest.ts';
import type { AnyNode } from '../node.ts';
import { type Faults, quote } from './faults.ts';
import type { NodeOutline, Reference } from './outline.ts';

export interface LinkingNode {
  readonly outline: NodeOutline;
  /** Null when it could not be found; then its ports are not known. */
  readonly contract: AnyNode | null;
}

export interface FoundLink {
  readonly input: string;
  readonly from: { readonly node: string; readonly output: string };
  readonly kind: string;
  readonly reference: Reference;
}

/** A pair of ports that a reference can mean. */
interface Match {
  readonly output: string;
  readonly input: string;
  readonly kind: string;
}

/** The links into each node, by its id. Faults: everything about `from`, unconnected inputs and unused outputs. */
export function findLinks(nodes: readonly LinkingNode[], faults: Faults): Map<string, FoundLink[]> {
  const byId = new Map(nodes.map((node) => [node.outline.id, node]));
  const links = new Map<string, FoundLink[]>();
  for (const node of nodes) links.set(node.outline.id, linksInto(node, byId, faults));
  reportUnused(nodes, faults);
  return links;
}

function linksInto(node: LinkingNode, byId: ReadonlyMap<string, LinkingNode>, faults: Faults): FoundLink[] {
  const found = new Map<string, FoundLink>();
  let failed = node.outline.fromBroken;
  for (const reference of node.outline.from) {
    const link = resolveReference(node, reference, byId, faults);
    if (link === null) {
      failed = true;
      continue;
    }
    const earlier = found.get(link.input);
    if (earlier === undefined) found.set(link.input, link);
    else {
      const taken = `input ${link.input} is already connected to ${earlier.from.node}.${earlier.from.output}`;
      faults.add(reference.at, reference.path, 'connected_twice', taken);
    }
  }
  // The target of a faulty reference is unknown, so nothing is reported as missing.
  if (!failed && node.contract !== null) reportOpen(node.outline, node.contract, found, faults);
  const order = Object.keys(node.contract?.inputs ?? {});
  return [...found.values()].sort((a, b) => order.indexOf(a.input) - order.indexOf(b.input));
}

function resolveReference(
  node: LinkingNode,
  reference: Reference,
  byId: ReadonlyMap<string, LinkingNode>,
  faults: Faults,
): FoundLink | null {
  const { at, path } = reference;
  const fail = (code: string, message: string): null => {
    faults.add(at, path, code, message);
    return null;
  };
  if (reference.node === node.outline.id) return fail('cycle', 'a node must not take its own output');
  const producer = byId.get(reference.node);
  if (producer === undefined) {
    if (reference.hidden) return fail('unknown_node', 'there is no node with the name from the environment');
    const others = [...byId.keys()].filter((id) => id !== node.outline.id);
    return fail(
      'unknown_node',
      `there is no node ${quote(reference.node)}${suggestion(reference.node, others, 'nodes')}`,
    );
  }
  if (producer.contract === null || node.contract === null) return null;
  const ports = checkPorts(reference, producer.contract, node);
  if (ports !== null) return fail('unknown_port', ports);
  const matches = findMatches(producer.contract, node.contract, reference);
  const [match, ...others] = matches;
  if (match === undefined) return fail('link_kind', mismatch(reference, producer.contract, node));
  if (others.length > 0) return fail('ambiguous', ambiguity(matches, reference, node.outline.id));
  return { input: match.input, from: { node: reference.node, output: match.output }, kind: match.kind, reference };
}

/** What is wrong with the ports that a reference names, or null. */
function checkPorts(reference: Reference, producer: AnyNode, node: LinkingNode): string | null {
  const { port, input } = reference;
  if (port !== null && !Object.hasOwn(producer.outputs, port)) {
    if (reference.hidden) return 'there is no output with the name from the environment';
    return `${quote(reference.node)} has no output ${quote(port)}${suggestion(port, Object.keys(producer.outputs), 'outputs')}`;
  }
  const inputs = node.contract?.inputs ?? {};
  if (input !== null && !Object.hasOwn(inputs, input)) {
    return `${quote(node.outline.id)} has no input ${quote(input)}${suggestion(input, Object.keys(inputs), 'inputs')}`;
  }
  return null;
}

function findMatches(producer: AnyNode, consumer: AnyNode, reference: Reference): Match[] {
  const matches: Match[] = [];
  for (const [output, { kind }] of Object.entries(producer.outputs)) {
    if (reference.port !== null && reference.port !== output) continue;
    for (const [input, port] of Object.entries(consumer.inputs)) {
      if (reference.input !== null && reference.input !== input) continue;
      if (port.kind === kind) matches.push({ output, input, kind });
    }
  }
  return matches;
}

function mismatch(reference: Reference, producer: AnyNode, node: LinkingNode): string {
  const outputs = Object.entries(producer.outputs).filter(([name]) => (reference.port ?? name) === name);
  const inputs = Object.entries(node.contract?.inputs ?? {}).filter(([name]) => (reference.input ?? name) === name);
  return `${reference.node} gives ${ports(outputs)}, but ${node.outline.id} takes ${ports(inputs)}`;
}

function ambiguity(matches: readonly Match[], reference: Reference, id: string): string {
  const outputs = [...new Set(matches.map((match) => match.output))];
  if (outputs.length > 1) {
    const choices = outputs.map((output) => `${reference.node}.${output}`).join(' or ');
    return `several outputs of ${reference.node} fit; write ${choices}`;
  }
  const inputs = matches.map((match) => match.input);
  return `several inputs of ${id} take ${matches[0]?.kind}: ${inputs.join(', ')}; write from: { ${inputs[0]}: ${reference.node} }`;
}

function reportOpen(
  outline: NodeOutline,
  contract: AnyNode,
  found: ReadonlyMap<string, FoundLink>,
  faults: Faults,
): void {
  for (const [name, port] of Object.entries(contract.inputs)) {
    if (port.optional === true || found.has(name)) continue;
    faults.add(
      outline.at,
      outline.path,
      'unconnected',
      `input ${ports([[name, port]])} is not connected; name its producer in from`,
    );
  }
}

/** A node whose outputs are all unused does useless work. */
function reportUnused(nodes: readonly LinkingNode[], faults: Faults): void {
  // An unreadable reference may name any node.
  if (nodes.some((node) => node.outline.fromBroken)) return;
  const ids = nodes.map((node) => node.outline.id);
  const used = new Set<string>();
  for (const { outline } of nodes) {
    for (const reference of outline.from) {
      // A typo has its own fault; the node that it meant must not be reported as unused.
      const meant = ids.includes(reference.node) ? reference.node : nearest(reference.node, ids);
      if (meant !== null && meant !== outline.id) used.add(meant);
    }
  }
  for (const { outline, contract } of nodes) {
    const outputs = Object.keys(contract?.outputs ?? {});
    if (outputs.length === 0 || used.has(outline.id)) continue;
    const what = outputs.length === 1 ? `output ${outputs[0]} is` : `outputs ${outputs.join(', ')} are`;
    faults.add(outline.at, outline.path, 'unused', `${what} not used by any node`);
  }
}

/** `frames (frame)`, or just `tracks` where name and kind are the same. */
function ports(list: readonly (readonly [string, { readonly kind: string }])[]): string {
  if (list.length === 0) return 'nothing';
  return list.map(([name, { kind }]) => (name === kind ? name : `${name} (${kind})`)).join(', ');
}
