/**
 * Every message between the session's process (engine.ts) and its workers (worker.ts), and nothing else.
 *
 * Protocol: a worker says `hello` once it can hear; the engine posts its one `job` and gets `opened` (or `failed`);
 * when all workers have opened it posts `start`, with the links of their nodes.
 * Values between nodes of different workers travel on MessagePorts made by the engine (`PortMessage`). When every node
 * of a worker has ended, the worker closes them and posts `done`. `stop` asks the producing nodes to end; the end then
 * travels through the graph like the end of a file, so nothing that was decoded is lost on the way.
 * When the graph changes, the engine asks `task`s of workers, each answered by `task_done` or `task_failed` with its
 * id. A `request` is answered by a `reply` of the same id, once, by the node that it is for.
 * What nodes post on the board goes straight to all other workers, on a BroadcastChannel of the session
 * (`BoardMessage`).
 */

import type { Moment } from '../clock.ts';
import type { AboutFrame, Pace } from '../data.ts';
import { type ErrorRecord, toRecord, WindhoverError } from '../errors.ts';
import type { HistogramCounts } from '../metrics.ts';
import type { NodeFault } from '../node.ts';
import type { RequestScope } from '../request-scope.ts';
import type { FrameTimes } from './frame-times.ts';
import type { RingDescription } from './ring-layout.ts';

/** One node for a worker to open. */
export interface NodeJob {
  readonly id: string;
  /** Built-in name, or absolute path of the module. */
  readonly use: string;
  readonly params: Record<string, unknown>;
  /** Inputs that something is connected to. */
  readonly inputs: readonly string[];
  readonly kept: unknown;
  /** Its counters so far, when it takes over from another one. */
  readonly stats?: Readonly<Record<string, number | string>> | undefined;
}

/** A link between two nodes of the same worker: the handler is called directly. */
export interface LocalLink {
  readonly from: { readonly node: string; readonly output: string };
  readonly to: { readonly node: string; readonly input: string };
}

/** A ring that a node of this worker writes or reads. */
export interface RingJob {
  readonly ring: RingDescription;
  readonly writer: { readonly node: string; readonly output: string } | null;
  readonly readers: readonly { readonly node: string; readonly input: string; readonly reader: number }[];
}

/** One end of a message link to another worker. `credits[0]`: messages sent and not yet handled. */
export interface PortJob {
  /** Names the link in its worker and in the other one. */
  readonly link: string;
  readonly port: MessagePort;
  readonly credits: SharedArrayBuffer;
  readonly direction: 'in' | 'out';
  readonly node: string;
  /** Input or output name. */
  readonly name: string;
}

/** All links of a worker's nodes. */
export interface Wiring {
  readonly local: readonly LocalLink[];
  readonly rings: readonly RingJob[];
  /** Links to other workers that are new, or have another worker at their other end. */
  readonly ports: readonly PortJob[];
  /** Links to other workers that stay as they are. */
  readonly kept: readonly string[];
}

export interface RunOptions {
  readonly file: string;
  readonly camera: string;
  readonly sessionId: string;
  readonly pace: Pace;
  readonly recording: boolean;
  readonly modelFolders: readonly string[];
  /** Where nodes keep what they learn; without it, only while they run. */
  readonly stateFolder?: string;
  /** Socket of the server that says whose turn it is to run a model; without it, everybody's. */
  readonly turns?: string;
  /** Frames that are traced; absent: none. */
  readonly traces?: TraceRate;
}

/** How many of the frames that come to a message are traced: so many a second at most, or this share. */
export type TraceRate = { readonly perS: number } | { readonly share: number };

/** The way of one frame through the graph. Times are monotonic. */
export interface FrameTrace {
  readonly frameIndex: number;
  /** Undefined in `asap` pace: it was captured at a time of the media. */
  readonly capturedMs: number | undefined;
  /** Topic of its message, and when that left for the server's process. */
  readonly topic: string;
  readonly leftMs: number;
  /** Nodes that were done with it soon after. */
  readonly nodes: readonly ({ readonly node: string } & FrameTimes)[];
}

export type PortMessage = { readonly value: unknown } | { readonly end: true };

/** News from a node of one worker to the nodes of all others. */
export interface BoardMessage {
  readonly topic: string;
  readonly value: unknown;
}

/**
 * What a node publishes: a message of one of its topics, checked. As the JSON that clients get: text crosses workers
 * and processes at a tenth of what an object costs, and most messages are never looked into on their way.
 */
export interface Published {
  readonly topic: string;
  readonly json: string;
  readonly live: boolean;
  readonly frame?: AboutFrame;
  /** Its frame is traced: a `trace` follows. */
  readonly traced?: true;
}

/** A request to a node; `params` as its contract declares them. */
export interface NodeRequest {
  readonly type: 'request';
  /** Named again by the reply; never the same twice in a session. */
  readonly id: number;
  readonly name: string;
  readonly params: unknown;
  /** What the log calls it: the request or command of a client that it is from. */
  readonly scope?: RequestScope;
}

export type NodeReply = { readonly type: 'reply'; readonly id: number } & Outcome;

/** Result of a request. */
export type Outcome = { readonly result: unknown } | { readonly error: ErrorRecord };

/** Of a request that no node of the graph declares. */
export function unanswered(name: string): { readonly error: ErrorRecord } {
  return { error: toRecord(new WindhoverError('unknown_request', `no node of this graph answers ${name}`)) };
}

export type ToWorker =
  | {
      readonly type: 'job';
      readonly name: string;
      readonly nodes: readonly NodeJob[];
      /** `[0]`: published messages on their way to the parent process. */
      readonly sendCredits: SharedArrayBuffer;
      /** `[0]`: values that nodes have been given and are not done with. */
      readonly inHand: SharedArrayBuffer;
      /** See pulse.ts. */
      readonly pulses: Int32Array;
      /** See frame-times.ts; absent: no frame is traced. */
      readonly frameTimes?: Float64Array;
      readonly options: RunOptions;
      /** Now. */
      readonly now: Moment;
    }
  | { readonly type: 'start'; readonly wiring: Wiring }
  | (NodeRequest & { readonly node: string })
  | (Task & { readonly type: 'task'; readonly id: number })
  | { readonly type: 'stop' };

/** What the engine asks of a worker when the graph changes (see graph-change.ts): parameters and answer. */
export interface Tasks {
  /** Import the modules of the nodes that the job will name. */
  load: { params: { readonly uses: readonly string[] }; answer: null };
  /** Give a node other values of its live options. */
  update: { params: { readonly node: string; readonly params: Record<string, unknown> }; answer: null };
  /** Send nothing on these links and rings until `connect`. */
  hold: { params: { readonly links: readonly string[]; readonly rings: readonly string[] }; answer: null };
  /** These nodes produce nothing more, and finish what is in hand. Rings that are given up are read to the end. */
  pause: {
    params: { readonly nodes: readonly string[]; readonly rings: readonly string[] };
    answer: { readonly ended: boolean };
  };
  /** Close these nodes. Those that another worker goes on with hand over, the others end. */
  leave: { params: { readonly nodes: readonly string[]; readonly goOn: readonly string[] }; answer: Handover };
  connect: { params: { readonly wiring: Wiring }; answer: null };
}
export type Task = { [K in keyof Tasks]: { readonly task: K } & Tasks[K]['params'] }[keyof Tasks];

/** What nodes leave to their successors, by node id. */
export interface Handover {
  readonly states: ReadonlyMap<string, unknown>;
  readonly stats: NodeStats;
}

export const NOTHING_HANDED: Handover = { states: new Map(), stats: new Map() };

/** Counters and gauges by node id. */
export type NodeStats = ReadonlyMap<string, Readonly<Record<string, number | string>>>;

/** What a node has counted beside them. */
export interface NodeMeasures {
  readonly histograms: Readonly<Record<string, HistogramCounts>>;
  /** Values that wait until the node has time for them. */
  readonly waiting: number;
}

export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly node: string | null;
  readonly message: string;
  readonly fields?: Record<string, unknown>;
}

/** What a node reports; the engine passes these on to the parent process unchanged. */
export type NodeReport =
  | NodeReply
  | { readonly type: 'log'; readonly entry: LogEntry }
  | { readonly type: 'published'; readonly message: Published }
  | { readonly type: 'trace'; readonly trace: FrameTrace }
  | { readonly type: 'stats'; readonly nodes: NodeStats; readonly measures: ReadonlyMap<string, NodeMeasures> }
  | { readonly type: 'fault'; readonly node: string; readonly fault: NodeFault | null }
  | { readonly type: 'keep'; readonly node: string; readonly state: unknown };

export type FromWorker =
  | { readonly type: 'hello' }
  | { readonly type: 'opened' }
  | { readonly type: 'failed'; readonly error: ErrorRecord }
  | { readonly type: 'done' }
  | { readonly type: 'task_done'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'task_failed'; readonly id: number; readonly error: ErrorRecord }
  | NodeReport;
