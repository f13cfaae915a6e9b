/**
 * Checked graph → plan: which worker runs which nodes, and which links are rings.
 *
 *     source ─packet─ decode ═frame═► detect ─detections─► track ─tracks─► autotrack ─ptz─► publish
 *     └───── worker source ─┘  ring  └ worker detect ┘     └─────────── worker track ────────────┘
 *
 * Rules:
 * 1. Nodes joined by packets share a worker: packets are native objects and can't leave it.
 * 2. Nodes that name the same `worker` share it; no other node joins them (except by rule 1).
 * 3. Any other link but a frame link joins its ends, unless one of them blocks its thread.
 * 4. A frame link is a boundary: rule 3 never brings its two ends together, also not by a way around.
 * 5. At the pace of a camera, nodes that are all `light` join the worker in which the graph begins, if all nodes there are
 *    built in: without autotrack, track and publish above are in the worker source. A thread takes 5 MB.
 */
import { type FrameRequest, frameBytes, type Pace } from '../data.ts';
import type { CheckedGraph, CheckedNode } from './graph.ts';
import { freeName, Groups } from './groups.ts';
import { isModulePath } from './modules.ts';

export interface Plan {
  /** In the order of their first nodes. */
  readonly workers: readonly WorkerPlan[];
  readonly rings: readonly RingPlan[];
  /** Links that are messages between two workers. */
  readonly links: readonly MessageLink[];
  readonly pace: Pace;
}

export interface WorkerPlan {
  /** What the graph calls it, else the id of its first node. */
  readonly name: string;
  /** Node ids, producers before consumers. */
  readonly nodes: readonly string[];
}

/** Frames of one output, made to one request. Its readers share the slots. */
export interface RingPlan {
  /** `decode.frames`, or `decode.frames#2` for the second request of an output. */
  readonly id: string;
  readonly from: { readonly node: string; readonly output: string };
  readonly readers: readonly { readonly node: string; readonly input: string }[];
  readonly request: FrameRequest;
  readonly bytesPerSlot: number;
  readonly slots: number;
}

export interface MessageLink {
  readonly from: { readonly node: string; readonly output: string; readonly worker: string };
  readonly to: { readonly node: string; readonly input: string; readonly worker: string };
  readonly kind: string;
}

/** Slots beside the one that each reader may hold: one being written, and the newest frame, which waits to be read. */
const SPARE_SLOTS = 2;

export function planGraph(graph: CheckedGraph): Plan {
  const groups = placeNodes(graph);
  const workers = nameWorkers(graph, groups);
  const workerOf = new Map(workers.flatMap((worker) => worker.nodes.map((id) => [id, worker.name] as const)));
  return { workers, rings: planRings(graph), links: planLinks(graph, workerOf), pace: graph.pace };
}

function placeNodes(graph: CheckedGraph): Groups {
  const groups = new Groups(graph.nodes.map((node) => node.id));
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const links = graph.nodes.flatMap((node) => node.links.map((link) => ({ ...link, to: node.id })));
  for (const link of links) if (link.kind === 'packet') groups.join(link.from.node, link.to);
  for (const node of graph.nodes) {
    const sameWorker =
      node.worker === undefined ? undefined : graph.nodes.find((other) => other.worker === node.worker);
    if (sameWorker !== undefined) groups.join(sameWorker.id, node.id);
  }
  const named = (id: string) => groups.members(id).some((member) => byId.get(member)?.worker !== undefined);
  const blocks = (id: string) => byId.get(id)?.contract.blocks === true;
  const framesBetween = (a: string, b: string) =>
    links.some(({ kind, from, to }) => {
      const [low, high] = [groups.root(from.node), groups.root(to)];
      const ends = [groups.root(a), groups.root(b)];
      return kind === 'frame' && low !== high && ends.includes(low) && ends.includes(high);
    });
  for (const { kind, from, to } of links) {
    if (kind === 'packet' || kind === 'frame' || blocks(from.node) || blocks(to)) continue;
    if (named(from.node) || named(to) || framesBetween(from.node, to)) continue;
    groups.join(from.node, to);
  }
  joinLight(graph, groups);
  return groups;
}

/** Rule 5. */
function joinLight(graph: CheckedGraph, groups: Groups): void {
  const [first] = graph.nodes;
  if (first === undefined || graph.pace !== 'realtime') return;
  const inGroup = (id: string) => graph.nodes.filter((node) => groups.root(node.id) === groups.root(id));
  const isOrigin = ({ worker, use }: CheckedNode) => worker === undefined && !isModulePath(use);
  const isLight = ({ worker, links, contract }: CheckedNode) =>
    worker === undefined && contract.light === true && links.every(({ kind }) => kind !== 'frame');
  const roots = new Set(graph.nodes.filter(({ links }) => links.length === 0).map(({ id }) => groups.root(id)));
  if (roots.size > 1 || !inGroup(first.id).every(isOrigin)) return;
  for (const { id } of graph.nodes) if (inGroup(id).every(isLight)) groups.join(first.id, id);
}

function nameWorkers(graph: CheckedGraph, groups: Groups): WorkerPlan[] {
  const members = new Map<string, CheckedNode[]>();
  for (const node of graph.nodes) {
    const root = groups.root(node.id);
    members.set(root, [...(members.get(root) ?? []), node]);
  }
  const taken = new Set(graph.nodes.flatMap((node) => node.worker ?? []));
  return [...members.values()].map((nodes) => {
    const given = nodes.find((node) => node.worker !== undefined)?.worker;
    const name = given ?? freeName(nodes[0]?.id ?? '', taken);
    taken.add(name);
    return { name, nodes: nodes.map((node) => node.id) };
  });
}

function planRings(graph: CheckedGraph): RingPlan[] {
  const rings = new Map<
    string,
    { from: RingPlan['from']; request: FrameRequest; readers: RingPlan['readers'][number][] }
  >();
  for (const node of graph.nodes) {
    for (const { kind, from, input, request } of node.links) {
      if (kind !== 'frame' || request === undefined) continue;
      // What parts are looked at is one consumer's choice.
      const own = request.regions ? ` ${node.id}.${input}` : '';
      const key = `${from.node}.${from.output} ${requestKey(request)}${own}`;
      const ring = rings.get(key) ?? { from, request, readers: [] };
      ring.readers.push({ node: node.id, input });
      rings.set(key, ring);
    }
  }
  const counts = new Map<string, number>();
  return [...rings.values()].map(({ from, request, readers }) => {
    const output = `${from.node}.${from.output}`;
    const count = (counts.get(output) ?? 0) + 1;
    counts.set(output, count);
    const slots = readers.length + SPARE_SLOTS;
    const id = count === 1 ? output : `${output}#${count}`;
    return { id, from, readers, request, bytesPerSlot: frameBytes(request) * (request.regions ?? 1), slots };
  });
}

/** Requests with the same key give the same pixels, so their consumers can share a ring. */
function requestKey(request: FrameRequest): string {
  const { width, height, format, fit, pad = 0, white = 1, filter = 'bilinear' } = request;
  const shownPad = fit === 'stretch' ? 0 : pad;
  return JSON.stringify([width, height, format, fit, shownPad, format.endsWith('f32') ? white : 1, filter]);
}

function planLinks(graph: CheckedGraph, workerOf: ReadonlyMap<string, string>): MessageLink[] {
  const worker = (id: string) => workerOf.get(id) ?? '';
  return graph.nodes.flatMap((node) =>
    node.links.flatMap(({ kind, from, input }) => {
      if (kind === 'frame' || worker(from.node) === worker(node.id)) return [];
      return [
        { from: { ...from, worker: worker(from.node) }, to: { node: node.id, input, worker: worker(node.id) }, kind },
      ];
    }),
  );
}
