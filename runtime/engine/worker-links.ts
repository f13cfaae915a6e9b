/** The links of one worker's nodes: made when it opens, and made again where the graph changes. */
import type { Pace } from '../data.ts';
import type { PortJob, RingJob, Wiring } from './messages.ts';
import { RingPump, RingSink } from './ring-links.ts';
import type { RunningNode } from './running-node.ts';
import { LocalSink, PortSink, pumpPort, type Sink } from './sinks.ts';

/** A link to a node of another worker. */
interface PortOut {
  readonly sink: PortSink;
  readonly node: string;
  readonly output: string;
}

export class WorkerLinks {
  readonly #nodes: ReadonlyMap<string, RunningNode>;
  readonly #pace: Pace;
  readonly #failed: (error: unknown) => void;
  /** By id of the ring. */
  readonly #ringSinks = new Map<string, RingSink>();
  /** By node and input. */
  readonly #pumps = new Map<string, { readonly node: string; readonly pump: RingPump }>();
  /** By key of the link. */
  readonly #portsOut = new Map<string, PortOut>();
  readonly #portsIn = new Map<string, MessagePort>();

  /** @param failed told when a pump breaks */
  constructor(nodes: ReadonlyMap<string, RunningNode>, pace: Pace, failed: (error: unknown) => void) {
    this.#nodes = nodes;
    this.#pace = pace;
    this.#failed = failed;
  }

  /** Links the nodes in this way, and in no other any more. Lets through what was held. */
  connect({ local, rings, ports, kept }: Wiring): void {
    this.#close([...kept, ...ports.map(({ link }) => link)], rings);
    for (const node of this.#nodes.values()) for (const sinks of node.sinks.values()) sinks.length = 0;
    for (const { from, to } of local) {
      this.#add(from.node, from.output, new LocalSink(this.#node(to.node), to.input));
    }
    for (const job of rings) this.#connectRing(job);
    for (const job of ports) this.#connectPort(job);
    for (const { sink, node, output } of this.#portsOut.values()) {
      sink.open();
      this.#add(node, output, sink);
    }
  }

  /** The rings are read from now on. */
  start(): void {
    for (const { pump } of this.#pumps.values()) void pump.run().catch(this.#failed);
  }

  /** Nothing leaves on these links until `connect`. @param links keys @param rings ids */
  hold(links: readonly string[], rings: readonly string[]): void {
    for (const key of links) this.#portsOut.get(key)?.sink.shut('held');
    for (const id of rings) this.#ringSinks.get(id)?.shut('held');
  }

  /**
   * These nodes read no rings any more; those with these ids are read to the end first. Resolves when they have no frame in
   * hand.
   */
  async stop(nodes: readonly string[], givenUp: readonly string[]): Promise<void> {
    const theirs = [...this.#pumps].filter(([, { node }]) => nodes.includes(node));
    await Promise.all(theirs.map(([, { pump }]) => pump.stop(givenUp)));
    for (const [key] of theirs) this.#pumps.delete(key);
  }

  #connectRing({ ring, writer, readers }: RingJob): void {
    if (writer) {
      const sink = this.#ringSinks.get(ring.id) ?? new RingSink(ring);
      sink.connect(ring);
      this.#ringSinks.set(ring.id, sink);
      this.#add(writer.node, writer.output, sink);
    }
    for (const { node, input, reader } of readers) {
      const key = `${node}.${input}`;
      const known = this.#pumps.get(key);
      if (known) known.pump.connect(ring, reader);
      else this.#pumps.set(key, { node, pump: new RingPump(ring, reader, this.#node(node), input) });
    }
  }

  #connectPort({ link, port, credits, direction, node, name }: PortJob): void {
    const receiver = this.#node(node);
    if (direction === 'in') {
      this.#portsIn.get(link)?.close();
      this.#portsIn.set(link, port);
      pumpPort(port, credits, receiver, name);
      return;
    }
    const known = this.#portsOut.get(link)?.sink;
    const sink = known ?? new PortSink(port, credits, this.#pace, () => receiver.count('dropped_messages'));
    known?.connect(port, credits);
    this.#portsOut.set(link, { sink, node, output: name });
  }

  /** Gives up the links that are not among these. */
  #close(links: readonly string[], rings: readonly RingJob[]): void {
    for (const [key, { sink }] of this.#portsOut) {
      if (links.includes(key)) continue;
      sink.shut('closed');
      this.#portsOut.delete(key);
    }
    for (const [key, port] of this.#portsIn) {
      if (links.includes(key)) continue;
      port.close();
      this.#portsIn.delete(key);
    }
    for (const [id, sink] of this.#ringSinks) {
      if (rings.some(({ ring, writer }) => writer && ring.id === id)) continue;
      sink.shut('closed');
      this.#ringSinks.delete(id);
    }
  }

  #add(node: string, output: string, sink: Sink): void {
    const sinks = this.#node(node).sinks.get(output);
    if (!sinks) throw new Error(`node ${node} has no output ${output}`);
    sinks.push(sink);
  }

  #node(id: string): RunningNode {
    const node = this.#nodes.get(id);
    if (!node) throw new Error(`node ${id} is not in this worker`);
    return node;
  }
}
