/** How the nodes of a graph are linked over its workers: rings and channels, and which of them stay when it changes. */
import { isDeepStrictEqual } from 'node:util';
import type { EngineGraph } from './engine-graph.ts';
import type { LocalLink, PortJob, Wiring } from './messages.ts';
import { createRing, type RingDescription } from './ring-layout.ts';

/** A link that carries messages. */
interface MessageLink extends LocalLink {
  readonly key: string;
  /** Names of the workers at both ends. */
  readonly workers: readonly [from: string, to: string];
}

/** What a change of the graph takes away of its links: channels by key, rings by id. */
export interface Cut {
  readonly links: readonly string[];
  readonly rings: readonly string[];
}

/** The memory and the channels of a graph's links. Those of the graph before that can stay are taken over. */
export class Wires {
  readonly graph: EngineGraph;
  readonly #rings: readonly RingDescription[];
  /** Messages under way on each link between two workers, by its key. */
  readonly #credits = new Map<string, SharedArrayBuffer>();
  readonly #ports: PortJob[] = [];

  /** @param started workers of the graph that are not those of the graph before */
  constructor(graph: EngineGraph, before?: Wires, started: readonly string[] = []) {
    this.graph = graph;
    this.#rings = graph.rings.map((ring) => {
      const known = before?.ring(ring.id);
      if (
        known &&
        isDeepStrictEqual(
          before?.graph.rings.find(({ id }) => id === ring.id),
          ring,
        )
      )
        return known;
      const { id, request, slots } = ring;
      return createRing({ id, request, slots, readers: ring.readers.length, pace: graph.pace });
    });
    for (const link of acrossWorkers(graph)) {
      const kept = before && staysLinked(link, before.graph, started) ? before.#credits.get(link.key) : undefined;
      const credits = kept ?? new SharedArrayBuffer(4);
      this.#credits.set(link.key, credits);
      if (!kept) this.#ports.push(...channel(link, credits));
    }
  }

  ring(id: string): RingDescription | undefined {
    return this.#rings.find((ring) => ring.id === id);
  }

  /** All links of the nodes of one worker, and the ports that are its own from now on. */
  of(worker: string): { wiring: Wiring; transfer: MessagePort[] } {
    const ids = this.graph.workers.find(({ name }) => name === worker)?.nodes ?? [];
    const all = messageLinks(this.graph).filter(({ workers }) => workers.includes(worker));
    const ports = this.#ports.filter(({ node }) => ids.includes(node));
    const rings = this.graph.rings.flatMap(({ id, from, readers }) => {
      const ring = this.ring(id);
      const own = readers.map((reader, number) => ({ ...reader, reader: number })).filter((r) => ids.includes(r.node));
      const writer = ids.includes(from.node) ? from : null;
      return ring && (writer || own.length > 0) ? [{ ring, writer, readers: own }] : [];
    });
    const local = all.filter(({ workers: [from, to] }) => from === to);
    const across = all.filter(({ workers: [from, to] }) => from !== to);
    const wiring = {
      local: local.map(({ from, to }) => ({ from, to })),
      rings,
      ports,
      kept: across.map(({ key }) => key).filter((key) => !ports.some(({ link }) => link === key)),
    };
    return { wiring, transfer: ports.map(({ port }) => port) };
  }

  /** Resolves when no message is under way on these links. The upstream ones are asked first. */
  async quiet(links: readonly string[]): Promise<void> {
    for (const [key, credits] of this.#credits) {
      if (!links.includes(key)) continue;
      const words = new Int32Array(credits);
      while (Atomics.load(words, 0) > 0) await Bun.sleep(1);
    }
  }

  /** The links of this graph that end when it becomes another one, with these workers of it stopped. */
  cut(next: EngineGraph, stopped: readonly string[]): Cut {
    const rings = this.graph.rings.filter(
      (ring) =>
        !isDeepStrictEqual(
          ring,
          next.rings.find(({ id }) => id === ring.id),
        ),
    );
    const links = acrossWorkers(this.graph).filter((link) => !staysLinked(link, next, stopped));
    return { links: links.map(({ key }) => key), rings: rings.map(({ id }) => id) };
  }

  /** Those of them that none of these nodes sends on. */
  ofOthers({ links, rings }: Cut, nodes: readonly string[]): Cut {
    const sends = ({ from }: { readonly from: { readonly node: string } }) => nodes.includes(from.node);
    const own = messageLinks(this.graph).filter(sends);
    const ownRings = this.graph.rings.filter(sends);
    return {
      links: links.filter((key) => !own.some((link) => link.key === key)),
      rings: rings.filter((id) => !ownRings.some((ring) => ring.id === id)),
    };
  }

  /** Those of the links that lead to one of these nodes. */
  into(nodes: readonly string[], links: readonly string[]): string[] {
    const found = acrossWorkers(this.graph).filter(({ to, key }) => nodes.includes(to.node) && links.includes(key));
    return found.map(({ key }) => key);
  }
}

function channel({ key, from, to }: MessageLink, credits: SharedArrayBuffer): PortJob[] {
  const { port1, port2 } = new MessageChannel();
  return [
    { link: key, port: port1, credits, direction: 'out', node: from.node, name: from.output },
    { link: key, port: port2, credits, direction: 'in', node: to.node, name: to.input },
  ];
}

/** In the order of the nodes that they lead to, so upstream ones come first. */
function messageLinks(graph: EngineGraph): MessageLink[] {
  const workerOf = (node: string) => graph.workers.find(({ nodes }) => nodes.includes(node))?.name ?? '';
  return graph.nodes.flatMap(({ id, links }) =>
    links
      .filter(({ kind }) => kind !== 'frame')
      .map(({ input, from }) => ({
        key: `${from.node}.${from.output} > ${id}.${input}`,
        from,
        to: { node: id, input },
        workers: [workerOf(from.node), workerOf(id)] as const,
      })),
  );
}

function acrossWorkers(graph: EngineGraph): MessageLink[] {
  return messageLinks(graph).filter(({ workers: [from, to] }) => from !== to);
}

/** True when the link is in the other graph too, between the same workers, and none of them is in the list. */
function staysLinked({ key, workers }: MessageLink, other: EngineGraph, gone: readonly string[]): boolean {
  const same = messageLinks(other).find((link) => link.key === key);
  return isDeepStrictEqual(same?.workers, workers) && !workers.some((name) => gone.includes(name));
}
