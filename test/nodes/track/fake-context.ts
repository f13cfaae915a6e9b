/** Runs one node without an engine and records what it does. */
import { Value } from '@sinclair/typebox/value';
import { MemoryStore } from '../../../runtime/engine/store.ts';
import type { AnyNode, Clock, NodeHandlers, Pace } from '../../../runtime/node.ts';
import { ManualClock } from '../../support/manual-clock.ts';

export interface FakeRun {
  readonly handlers: NodeHandlers<Record<string, unknown>>;
  /** Values sent down each output, in order. */
  readonly sent: Record<string, unknown[]>;
  readonly counts: Record<string, number>;
  readonly gauges: Record<string, number | string>;
  /** Every state given to `keep`. */
  readonly kept: unknown[];
  /** Messages to clients, in order. */
  readonly published: { readonly topic: string; readonly message: unknown }[];
  /** Posts on the board, in order. */
  readonly posts: { readonly topic: string; readonly value: unknown }[];
  /** Tells the node news of the board. */
  readonly hear: (topic: string, value: unknown) => void;
  /** What it has called on a beat. */
  readonly beats: (() => void | Promise<void>)[];
}

export interface FakeOptions {
  readonly params?: Record<string, unknown>;
  readonly kept?: unknown;
  readonly clock?: Clock;
  readonly pace?: Pace;
  readonly isQuiet?: () => boolean;
  /** Called after each value that is sent; the sender waits for it. */
  readonly onSend?: (value: unknown) => void | Promise<void>;
}

/** Opens a node with its defaults under the given parameters. */
export async function openNode(node: AnyNode, options: FakeOptions = {}): Promise<FakeRun> {
  const sent: Record<string, unknown[]> = {};
  const counts: Record<string, number> = {};
  const gauges: Record<string, number | string> = {};
  const kept: unknown[] = [];
  const published: FakeRun['published'] = [];
  const posts: FakeRun['posts'] = [];
  const beats: FakeRun['beats'] = [];
  const listeners = new Map<string, (value: never) => void | Promise<void>>();
  const emit = Object.fromEntries(
    Object.keys(node.outputs).map((port) => {
      const values: unknown[] = [];
      sent[port] = values;
      const send = async (value: unknown): Promise<void> => {
        values.push(value);
        await options.onSend?.(value);
      };
      return [port, send];
    }),
  );
  const ignore = () => undefined;
  const handlers = await node.open({
    id: node.name,
    graph: { file: 'test.yaml', camera: 'cam', pace: options.pace ?? 'asap' },
    params: Value.Default(node.params, { ...options.params }) as Record<string, unknown>,
    sessionId: 'test',
    clock: options.clock ?? new ManualClock(),
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    emit,
    connected: () => true,
    count: (name, by = 1) => {
      counts[name] = (counts[name] ?? 0) + by;
    },
    observe: ignore,
    gauge: (name, value) => {
      gauges[name] = value;
    },
    isQuiet: options.isQuiet ?? (() => true),
    turn: (_threads, work) => work(),
    fault: ignore,
    retry: (_what, _signal, attempt) => attempt(ignore),
    kept: options.kept,
    keep: (state) => kept.push(state),
    store: new MemoryStore(),
    publish: (topic, message) => void published.push({ topic, message }),
    recording: false,
    every: (_ms, tick) => void beats.push(tick),
    board: {
      post: ({ name }, value) => void posts.push({ topic: name, value }),
      watch: ({ name }, listener) => void listeners.set(name, listener),
    },
    prepare: { modelFolders: [] },
  });
  const hear = (topic: string, value: unknown) => void listeners.get(topic)?.(value as never);
  return { handlers, sent, counts, gauges, kept, published, posts, hear, beats };
}
