/**
 * Every message between the server's process and a session's process (Bun IPC), and nothing else.
 *
 * Protocol: the child says `hello`; the parent answers `start`. `opened` follows when the models are loaded and frames
 * may flow. `client` messages are counted; the parent sends `ack` for them, which bounds what is under way. The run
 * ends with `done` — after the end of the source, a `stop`, or `failed` — and the child exits.
 */
import type { EngineGraph } from '../engine/engine.ts';
import type { NodeReport, RunOptions } from '../engine/messages.ts';
import type { ErrorRecord } from '../errors.ts';
import type { Command } from '../node.ts';

export type ToChild =
  | {
      readonly type: 'start';
      readonly graph: EngineGraph;
      readonly options: RunOptions;
      readonly kept: Readonly<Record<string, unknown>>;
      /** The parent's monotonic clock at sending. */
      readonly monoMs: number;
    }
  | { readonly type: 'command'; readonly command: Command }
  | { readonly type: 'ack'; readonly count: number }
  | { readonly type: 'stop' };

export type FromChild =
  | { readonly type: 'hello' }
  | { readonly type: 'opened' }
  | { readonly type: 'failed'; readonly error: ErrorRecord }
  | { readonly type: 'done' }
  | NodeReport;
