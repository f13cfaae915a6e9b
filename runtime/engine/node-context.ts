/** The context that `open` gets: the runtime's side of the node API. */
import type { Topics } from '../../schemas/topics.ts';
import type { Clock } from '../clock.ts';
import type { Pace } from '../data.ts';
import { toRecord, WindhoverError } from '../errors.ts';
import type {
  AnyNode,
  BoardTopic,
  Logger,
  NodeContext,
  NodeFault,
  NodeStore,
  Outputs,
  PrepareContext,
} from '../node.ts';
import { type BackoffLimits, retry } from '../retry.ts';
import { TurnBudget } from '../sleep.ts';
import type { Board, Inbox } from './board.ts';
import { declaredTopic } from './contract-checks.ts';
import type { FrameNotes } from './frame-times.ts';
import type { LinkCheck } from './link-check.ts';
import type { NodeJob } from './messages.ts';
import { type PublicationServices, Publications } from './publications.ts';
import { deliverAll, type Sink } from './sinks.ts';

/** Values that a node has emitted and that are not taken yet. */
const MOST_PENDING: Record<Pace, number> = { realtime: 256, asap: 10_000 };

/** What has come back is seen again within three seconds. */
const RETRY_LIMITS: BackoffLimits = { firstMs: 500, longestMs: 1500 };

type Context = NodeContext<Record<string, unknown>, Outputs, Topics>;

/** Services of the worker for a node. */
export interface NodeServices {
  readonly graph: NodeContext<unknown, Outputs>['graph'];
  readonly sessionId: string;
  readonly clock: Clock;
  readonly recording: boolean;
  readonly prepare: PrepareContext;
  readonly board: Board;
  /** `[0]`: values that nodes of the session, in all workers, have been given and are not done with. */
  readonly inHand: Int32Array;
  /** Where a node notes its times; without it, or undefined, no frame is traced. */
  notes?(node: string): FrameNotes | undefined;
  readonly turn: Context['turn'];
  logger(node: string): Logger;
  store(node: string): NodeStore;
  publish(node: string, ...message: Parameters<PublicationServices['publish']>): void | Promise<void>;
  fault(node: string, fault: NodeFault | null): void;
  keep(node: string, state: unknown): void;
  /** The node threw: nothing more is delivered to it. */
  failed(node: string, error: unknown): void;
}

/** What a node has of its own. */
export interface NodeParts extends Pick<Context, 'count' | 'gauge' | 'observe' | 'every'> {
  /** Of what it sends; undefined for nodes that are built in. */
  readonly check: LinkCheck | undefined;
  /** Undefined: no frame is traced. */
  readonly notes: FrameNotes | undefined;
  failed(error: unknown): void;
  readonly sinks: ReadonlyMap<string, readonly Sink[]>;
  readonly inbox: Inbox;
  /** It has a `run` handler; known once it is open. */
  produces(): boolean;
  /** Does what is not the node's own work; see `Pulse`. */
  aside<T>(work: () => T): T;
}

export function nodeContext(job: NodeJob, contract: AnyNode, services: NodeServices, parts: NodeParts): Context {
  const { id } = job;
  const { count, gauge, observe, every, inbox, aside } = parts;
  const { graph, sessionId, clock, recording, prepare } = services;
  const publish: PublicationServices['publish'] = (...message) => services.publish(id, ...message);
  const log = services.logger(id);
  const publications = new Publications(contract.topics ?? {}, { log, count, publish });
  const declared = (use: 'posts' | 'watches', topic: BoardTopic) => declaredTopic(id, contract, use, topic);
  const handOn = handingOn(parts);
  const isQuiet = () => Atomics.load(services.inHand, 0) === 0;
  const own = { id, params: job.params, kept: job.kept, log, count, gauge, observe, every, store: services.store(id) };
  const shared = { graph, sessionId, clock, recording, prepare, isQuiet, turn: services.turn };
  return {
    ...own,
    ...shared,
    emit: emitters(contract, parts, graph.pace, handOn),
    connected: (input) => job.inputs.includes(input),
    fault: (fault) => services.fault(id, fault),
    retry: (what, signal, attempt) => aside(() => retrying(id, services, count)(what, signal, attempt)),
    keep: (state) => services.keep(id, state),
    publish: (topic, message, options = {}) => handOn(() => publications.publish(topic, message, options)),
    board: {
      post: (topic, value) => services.board.post(id, declared('posts', topic).name, value),
      watch: (topic, listener) => inbox.watch(declared('watches', topic), listener),
    },
  };
}

/** What a node waits for when it hands something on; the time is not its own. */
type HandOn = (work: () => void | Promise<void>) => void | Promise<void>;

/** A `run` loop that never waits would block its worker: now and then its `emit` gives the event loop a turn. */
function handingOn({ produces, aside }: NodeParts): HandOn {
  const budget = new TurnBudget();
  return (work) => {
    const done = aside(work);
    if (!produces()) return done;
    return done instanceof Promise ? done.then(() => budget.spend()) : budget.spend();
  };
}

/** A node that does not wait for what it emits fills no memory: beyond a bound its values are dropped, or it fails. */
function emitters(
  { outputs }: AnyNode,
  parts: NodeParts,
  pace: Pace,
  handOn: HandOn,
): Record<string, (value: unknown) => void | Promise<void>> {
  const { sinks, check, notes, failed, count } = parts;
  let pending = 0;
  const isFull = () => {
    if (pending < MOST_PENDING[pace]) return false;
    if (pace === 'realtime') count('dropped_messages');
    else
      failed(
        new WindhoverError('emit_unawaited', `${pending} values that it has emitted wait`, { hint: 'await emit' }),
      );
    return true;
  };
  const deliver = (to: readonly Sink[], value: unknown) => {
    const work = deliverAll(to, value);
    if (!(work instanceof Promise)) return;
    pending += 1;
    return work.finally(() => {
      pending -= 1;
    });
  };
  const send = (output: string, to: readonly Sink[], value: unknown) => {
    try {
      check?.send(output, value);
    } catch (error) {
      // Not thrown: a node that catches it, or waits for nothing, is to blame all the same.
      return failed(error);
    }
    if (isFull()) return undefined;
    const sending = () => handOn(() => deliver(to, value));
    return notes ? notes.sends(value, outputs[output]?.kind ?? '', sending) : sending();
  };
  return Object.fromEntries([...sinks].map(([output, to]) => [output, (value: unknown) => send(output, to, value)]));
}

function retrying(id: string, services: NodeServices, count: Context['count']): Context['retry'] {
  return (what, signal, attempt) =>
    retry({
      signal,
      limits: RETRY_LIMITS,
      attempt: (connected) =>
        attempt(() => {
          connected();
          services.fault(id, null);
        }),
      failed: (error) => {
        const { code, message } = toRecord(error, { code: 'node_failed' });
        services.fault(id, { code, message: `${what}: ${message}` });
        count('reconnects');
        return undefined;
      },
    });
}
