/**
 * Every message between the server's process and a session's process (Bun IPC), and nothing else.
 *
 * Protocol: the child says `hello`; the parent answers `start`. `opened` follows when the models are loaded and frames
 * may flow. A `request` is answered by a `reply` with its id, a `change` by `changed`; there is one change at a time.
 * `published` messages are counted; the parent sends `ack` for them, which bounds what is under way. The run
 * ends with `done` — after the end of the source, a `stop`, or `failed` — and the child exits.
 */
import type { Moment } from '../clock.ts';
import type { EngineGraph } from '../engine/engine-graph.ts';
import type { HowChanged } from '../engine/graph-change.ts';
import type { NodeReport, NodeRequest, RunOptions } from '../engine/messages.ts';
import type { ErrorRecord } from '../errors.ts';

export type ToChild =
  | {
      readonly type: 'start';
      readonly graph: EngineGraph;
      readonly options: RunOptions;
      readonly kept: ReadonlyMap<string, unknown>;
      /** Now. */
      readonly now: Moment;
    }
  | NodeRequest
  | { readonly type: 'change'; readonly graph: EngineGraph }
  | { readonly type: 'ack'; readonly count: number }
  | { readonly type: 'stop' };

export type FromChild =
  | { readonly type: 'hello' }
  /** Sent every second: the process is not stopped. */
  | { readonly type: 'alive' }
  | { readonly type: 'opened' }
  | { readonly type: 'failed'; readonly error: ErrorRecord }
  | { readonly type: 'done' }
  /** Result of a `change`; with an error, the previous graph is active, in these workers. */
  | {
      readonly type: 'changed';
      readonly outcome: HowChanged | { readonly error: ErrorRecord; readonly workers?: EngineGraph['workers'] };
    }
  | NodeReport;
