/**
 * What a sink is: a subscriber of the hub that remembers, or tells another system. A sink is off unless `server.yaml` names it.
 *
 * A sink declares itself as data, and loads its libraries in `open` (`await import`), so that a sink that is off costs nothing.
 * Nothing that goes wrong in it harms a session: see open-sinks.ts.
 */
import type { Static, TObject } from '@sinclair/typebox';
import type { AuditListener } from '../access/audit.ts';
import type { Clock } from '../clock.ts';
import type { TraceRate } from '../engine/messages.ts';
import type { Log } from '../log.ts';
import type { Sessions } from '../session/api.ts';
import type { HistoryReader } from './history/rows.ts';

export interface Sink<P extends TObject = TObject> {
  /** Its key in `server.yaml`. */
  readonly name: string;
  /** What it does, in one sentence. */
  readonly doc: string;
  /** Closed (`additionalProperties: false`). An option that holds a secret has a name of secrets: `password`, `token`. */
  readonly options: P;
  /** Frames that sessions trace for it; without it, none. */
  traces?(options: Static<P>): TraceRate;
  /**
   * Looks at variables that other programs know, too. Options of `server.yaml` come before theirs.
   * @throws WindhoverError of a variable that is wrong
   */
  fromEnvironment?(env: Readonly<Record<string, string | undefined>>): FromEnvironment<Static<P>>;
  /**
   * Begins. What connects to something retries by itself, or ends by `failed`.
   * @throws why it can't begin: it is tried again with growing pauses, unless the error is permanent
   */
  open(options: Static<P>, host: SinkHost): SinkHandle | Promise<SinkHandle>;
}

export interface FromEnvironment<T> {
  /** The sink is on also without a `server.yaml` that names it. */
  readonly isOn: boolean;
  readonly options: Partial<T>;
}

/** What a sink gets from the server. */
export interface SinkHost {
  /** All sessions; what they say comes from `sessions.hub`. */
  readonly sessions: Sessions;
  readonly clock: Clock;
  /** Hides the secrets of `server.yaml`; `log.hide` adds others. */
  readonly log: Log;
  /** Folder of what is kept between runs. */
  readonly stateFolder: string;
  /** Calls with each entry of the audit log. @returns how to end it */
  readonly onAudit: (listener: AuditListener) => () => void;
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
  /** Says what keeps the sink from its work; null: nothing any more. Logged once, and shown by `/readyz` with since when. */
  report(fault: SinkFault | null): void;
}

/** A sink that has begun. */
export interface SinkHandle {
  /** Counters and gauges. */
  figures?(): Readonly<Record<string, number | string>>;
  /** What routes of the server use of it. */
  readonly offers?: SinkOffers;
  /** Rejects when it can't go on: it is closed, and opened again. */
  readonly failed?: Promise<never>;
  /** Hands on what is left, and ends; sessions have stopped. May take {@link CLOSE_LIMIT_MS}. */
  close(): Promise<void>;
}

export interface SinkOffers {
  readonly history?: HistoryReader;
}

export interface SinkFault {
  /** Stable. */
  readonly code: string;
  readonly message: string;
}

export const CLOSE_LIMIT_MS = 5000;

/** Declares a sink; its options are typed by their schema. */
export function defineSink<P extends TObject>(sink: Sink<P>): Sink {
  return sink;
}
