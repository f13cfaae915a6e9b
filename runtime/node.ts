/**
 * The node API: the only runtime file that a node imports.
 *
 * A node is a contract declared as data (name, doc, parameters, ports) and an `open` function that returns handlers.
 * The runtime checks the graph against the contract, places the node on a worker, and calls the handlers one at a
 * time, in order. See docs/nodes.md, and graphs/custom-node/ for complete ones.
 */
import { type Static, type TObject, Type } from '@sinclair/typebox';
import type { MessageOf, Topics } from '../schemas/topics.ts';
import type { Clock } from './clock.ts';
import type { AboutFrame, FrameRequest, FrameView, Pace } from './data.ts';
import type { Metrics } from './metrics.ts';
import type { ModelCard, RefusedModel } from './model-card.ts';
import type { BoardUse, NodeBoard } from './node-board.ts';
import type { Emit, Inputs, LinkValue, Outputs, PrepareContext } from './ports.ts';
import type { RequestHandlers, Requests } from './requests.ts';
import type { RetryOptions } from './retry.ts';

export { type Static, type TSchema, Type } from '@sinclair/typebox';
export * from '../schemas/board.ts';
export { autotrackRequests, targetRequests } from '../schemas/command.ts';
export { previewRequests } from '../schemas/preview.ts';
export { SiteSchema } from '../schemas/site.ts';
export { type MessageOf, type Topic, type Topics, topic, topics } from '../schemas/topics.ts';
export { type CaptureClock, type Clock, type Moment, momentOf, WallTime } from './clock.ts';
export type * from './data.ts';
export { FITS, frameBytes, PACKET_TICKS_PER_S, SCALE_FILTERS, toSourcePx } from './data.ts';
export { errorCode, errorMessage, WindhoverError } from './errors.ts';
export * from './geometry.ts';
export { droppedFrames, LATENCY_BUCKETS_MS, type Metric, type Metrics } from './metrics.ts';
export type { ModelCard, RefusedModel } from './model-card.ts';
export type * from './node-board.ts';
export type * from './ports.ts';
export type { RequestSpec, Requests } from './requests.ts';
export { Backoff, type BackoffLimits, type RetryOptions, retry } from './retry.ts';
export { maskPasswords, percentDecoded } from './secrets.ts';
export { sleep } from './sleep.ts';
export { TargetPhase } from './target-phase.ts';

export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** What a model is tried with. */
export interface ModelTrial {
  readonly clock: Clock;
  readonly log: Logger;
  /** A real picture, as the model wants it; null: only the grey one. */
  readonly picture: ((request: FrameRequest) => Promise<FrameView>) | null;
}

/** A small JSON value on disk, in the state folder. */
export interface NodeStore {
  /** What was saved last; null when there is nothing, or nothing that can be read (which is logged). */
  load(): unknown;
  /** @throws WindhoverError `state_too_large`; what can't be written is logged */
  save(value: unknown): void;
}

/** Options of a published message. */
export interface MessageOptions {
  /** False: only for the record (`--jsonl`), not for live clients. Default: true. */
  readonly live?: boolean;
  /** The frame that it is about, for latency figures and traces. */
  readonly frame?: AboutFrame;
}

/** What keeps a node from its work. */
export interface NodeFault {
  readonly code: string;
  readonly message: string;
  /** Frames are delivered all the same: among the warnings of /readyz, which stays 200. */
  readonly isWarning?: boolean;
}

/** What `open` gets from the runtime. */
export interface NodeContext<P, O extends Outputs, T extends Topics = Record<never, never>> {
  readonly id: string;
  readonly graph: { readonly file: string; readonly camera: string; readonly pace: Pace };
  /** Checked, with defaults filled in and paths made absolute. */
  readonly params: P;
  readonly sessionId: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: Emit<O>;
  /** True when something is connected to that input. */
  readonly connected: (input: string) => boolean;
  /**
   * Adds to a counter that GET /sessions/{id} shows under this node. Counters only rise. Three names mean something to
   * the session: `decoded` (frames that came in), `processed` (frames whose result was ready to publish) and, as a
   * gauge, `settled` (index of the last processed frame + 1: every frame below is processed or dropped). The gauge
   * `progress` is the share of a finite source that has been read.
   */
  readonly count: (name: string, by?: number) => void;
  /**
   * True when no node of the session has been given a value that it is not done with: what has not come by now is not
   * on its way.
   */
  readonly isQuiet: () => boolean;
  /** Sets a value that GET /sessions/{id} shows under this node. */
  readonly gauge: (name: string, value: number | string) => void;
  /**
   * Does heavy work, such as a run of a model, when it is the turn of this session: the sessions of a server share its cores.
   * `threads`: that the work takes; 0: all.
   */
  readonly turn: <R>(threads: number, work: () => Promise<R>) => Promise<R>;
  /** Adds a value to a histogram that the contract declares in `metrics`. */
  readonly observe: (name: string, value: number) => void;
  /**
   * Reports that the node cannot work at the moment; shown in /readyz. Null: it can again; shown until a frame is
   * processed that comes after that, unless it is a warning.
   */
  readonly fault: (fault: NodeFault | null) => void;
  /**
   * Connects, and connects again after each error, with jittered exponential backoff. A failure is the node's fault in
   * /readyz, named after `what`, until `connected` is called and a frame of then is processed, and counted as `reconnects`. Permanent errors are thrown.
   */
  readonly retry: <T>(what: string, signal: AbortSignal, attempt: RetryOptions<T>['attempt']) => Promise<T | undefined>;
  /** Small JSON state that survives a crash of the process: `kept` is what the last `keep` of this node id saved. */
  readonly kept: unknown;
  readonly keep: (state: unknown) => void;
  /** State on disk that survives the program: what the node has learned about its camera. */
  readonly store: NodeStore;
  /**
   * Sends a message of a topic that the contract declares to the session's clients. One that differs from the topic's
   * schema is dropped and logged. Await it: it bounds what is under way. When messages come faster than they can be
   * sent, those of a topic that keeps the latest are replaced by newer ones, and counted as `dropped_messages`.
   */
  readonly publish: <K extends keyof T & string>(
    topic: K,
    message: MessageOf<T[K]>,
    options?: MessageOptions,
  ) => void | Promise<void>;
  /** True when every message must be published, also those not meant for live clients (`--jsonl`). */
  readonly recording: boolean;
  /** Calls `tick` every `ms` until the node is closed; never at the same time as another handler. */
  readonly every: (ms: number, tick: () => void | Promise<void>) => void;
  readonly board: NodeBoard;
  readonly prepare: PrepareContext;
}

/** What `open` returns. Handlers of one node never run at the same time. */
export interface NodeHandlers<I> {
  /** One handler per input. The value is valid only until the handler's promise is done. */
  readonly on?: { readonly [K in keyof I]?: (value: never) => void | Promise<void> };
  /**
   * With `join: 'frame'`, instead of `on`: one call per frame, in order, with the values of all connected inputs. An
   * optional input has none when it is not connected, has sent nothing about this frame, or has ended.
   */
  readonly joined?: (values: never) => void | Promise<void>;
  /** Sources: produce until done or aborted. Returning ends the stream. */
  readonly run?: (signal: AbortSignal) => Promise<void>;
  /** All inputs have ended: flush what is held back. The outputs end after it. */
  readonly end?: () => void | Promise<void>;
  /** One handler per declared request. Missing when another node answers them (see publish). */
  readonly requests?: Readonly<Record<string, (params: never) => unknown>>;
  /**
   * Takes new values of the `live: true` options; gets all options. Required when there are any. An error
   * refuses the change, so it must be thrown before anything is applied.
   */
  readonly update?: (params: never) => void | Promise<void>;
  /**
   * The graph changes, and another node of the same id and kind takes over in another worker: what it returns (plain
   * data) is that one's `kept`. Called after the last value, in place of `end`.
   */
  readonly handover?: () => unknown;
  /** Frees all resources. Called once, after the last handler; also after a failure. */
  readonly close?: () => void | Promise<void>;
}

type TypedHandlers<P, I extends Inputs<P>, R extends Requests> = Omit<
  NodeHandlers<I>,
  'on' | 'joined' | 'requests' | 'update'
> & {
  readonly update?: (params: P) => void | Promise<void>;
  readonly joined?: (values: JoinedValues<P, I>) => void | Promise<void>;
  readonly on?: { readonly [K in keyof I]?: (value: LinkValue<I[K]>) => void | Promise<void> };
  readonly requests?: RequestHandlers<R>;
};

type JoinedValues<P, I extends Inputs<P>> = {
  readonly [K in keyof I]: LinkValue<I[K]> | (I[K]['optional'] extends true ? undefined : never);
};

export type HangLimits = { readonly open?: number; readonly other?: number };

export interface NodeContract<
  S extends TObject,
  I extends Inputs<Static<S>>,
  O extends Outputs,
  R extends Requests,
  T extends Topics,
> {
  /** How graphs name it (`use: name`). */
  readonly name: string;
  /** What it does, in a sentence or two; shown by editors. */
  readonly doc: string;
  /** TypeBox schema: type, default, range, unit and description of every parameter. */
  readonly params: S;
  readonly inputs: I;
  readonly outputs: O;
  /** Values of the inputs about the same frame are handed over together, to the handler `joined`. Messages only. */
  readonly join?: 'frame';
  /** Topics that it publishes, by name: those of the wire contract (`topics`), or its own. */
  readonly topics?: T;
  /** What GET /metrics shows of its counters, gauges and histograms, by their names. */
  readonly metrics?: Metrics;
  readonly board?: BoardUse;
  /** Requests that it answers, by name. */
  readonly requests?: R;
  /** Set when a handler blocks its thread for long (inference): the node gets its own worker. */
  readonly blocks?: boolean;
  /**
   * Its handlers take far less than a millisecond, and may wait for the decoder to be done with a picture: it needs no thread
   * of its own.
   */
  readonly light?: boolean;
  /**
   * Nothing goes from one value to the next, and it holds nothing that only one can have: when the graph changes, its
   * successor is opened while it still works.
   */
  readonly stateless?: boolean;
  /**
   * Seconds after which `open` (default 120) or any other of its handlers (default 20) counts as hanging: the node's
   * worker, or the session's process, is then started again. Waiting for others (`emit`, `publish`, `retry`) and `run`,
   * unless it holds its thread, do not count.
   */
  readonly hangsAfterS?: HangLimits;
  /** The pace of a node that produces by itself. */
  readonly pace?: (params: Static<S>) => Pace;
  /** Checks what the schema cannot express; throws a WindhoverError to refuse. May read files, nothing else. */
  readonly validate?: (params: Static<S>, context: PrepareContext) => void | Promise<void>;
  /** For nodes that run model files: describes that of the parameters for `bun run models`; runs it only with a trial. */
  readonly inspect?: (
    params: Static<S>,
    context: PrepareContext,
    trial: ModelTrial | null,
  ) => Promise<ModelCard | RefusedModel>;
  /** For nodes that make frames: reads a picture file as one, for `bun run models`. */
  readonly picture?: (file: string, request: FrameRequest) => Promise<FrameView>;
  readonly open: (
    context: NodeContext<Static<S>, O, T>,
  ) => TypedHandlers<Static<S>, I, R> | Promise<TypedHandlers<Static<S>, I, R>>;
}

/** A contract without its specific types: the form in which the runtime handles all nodes. */
export interface AnyNode
  extends Omit<NodeContract<TObject, Inputs<Record<string, unknown>>, Outputs, Requests, Topics>, 'pace' | 'open'> {
  /** May be asked in another process. */
  readonly pace?: (params: Record<string, unknown>) => Pace | Promise<Pace>;
  readonly open: (
    context: NodeContext<Record<string, unknown>, Outputs, Topics>,
  ) => NodeHandlers<Record<string, unknown>> | Promise<NodeHandlers<Record<string, unknown>>>;
}

/**
 * Declares a node. Returns the contract with its types erased, ready to be the default export of a module.
 * Parameter schemas are closed: an unknown key in a graph, or in a request, is an error.
 */
export function defineNode<
  S extends TObject,
  I extends Inputs<Static<S>>,
  O extends Outputs,
  R extends Requests = Record<never, never>,
  T extends Topics = Record<never, never>,
>(contract: NodeContract<S, I, O, R, T>): AnyNode {
  const requests = Object.entries(contract.requests ?? {}).map(([name, request]) => {
    return [name, { ...request, params: closedObject(request.params) }];
  });
  const closed = { params: closedObject(contract.params), requests: Object.fromEntries(requests) };
  return { ...contract, ...closed } as unknown as AnyNode;
}

function closedObject(schema: TObject): TObject {
  return Type.Object(schema.properties, { ...schema, additionalProperties: false });
}

/**
 * Options of a string parameter that names a file: made absolute against the graph file's folder (or, from `--set`, the
 * working folder). With `urls`, values with a scheme (`rtsp://…`) are left alone; with `names`, bare words are.
 */
export function pathOption(options: { urls?: boolean; names?: boolean } = {}): {
  path: true;
  urls: boolean;
  names: boolean;
} {
  const { urls = false, names = false } = options;
  return { path: true, urls, names };
}
