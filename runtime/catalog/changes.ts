/** What a change of a graph is about, in words. */
import { isDeepStrictEqual } from 'node:util';
import type { CheckedGraph, CheckedNode } from '../graph/graph.ts';
import type { Changed } from '../session/changes.ts';

/** `detect.confidence`, `track.from`, `+zones`, `-publish`: every setting that is not what it was. */
export function changedSettings(before: CheckedGraph, after: CheckedGraph): string[] {
  const nodes = new Map(before.nodes.map((node) => [node.id, node]));
  const found = after.nodes.flatMap((node) => {
    const old = nodes.get(node.id);
    nodes.delete(node.id);
    return old === undefined ? [`+${node.id}`] : ofNode(old, node);
  });
  return [...found, ...[...nodes.keys()].map((id) => `-${id}`)];
}

function ofNode(before: CheckedNode, after: CheckedNode): string[] {
  const values = ({ params, use, links, worker }: CheckedNode) => {
    // Not what frames are asked for: that follows from the parameters.
    return { ...params, use, from: links.map(({ input, from }) => ({ input, from })), worker };
  };
  const [old, now] = [new Map(Object.entries(values(before))), new Map(Object.entries(values(after)))];
  const keys = new Set([...old.keys(), ...now.keys()]);
  return [...keys].filter((key) => !isDeepStrictEqual(old.get(key), now.get(key))).map((key) => `${after.id}.${key}`);
}

/** `changed detect.confidence (live)` */
export function changeText(settings: readonly string[], { how, workers }: Changed): string {
  if (settings.length === 0) return 'edited; no option has changed';
  const shown = settings.slice(0, MAX_SHOWN).join(', ');
  const more = settings.length > MAX_SHOWN ? ` and ${settings.length - MAX_SHOWN} more` : '';
  const way = how === 'nothing' ? 'when a session starts' : how === 'workers' ? `workers: ${workers.join(', ')}` : how;
  return `changed ${shown}${more} (${way})`;
}

const MAX_SHOWN = 8;
