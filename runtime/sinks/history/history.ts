/** The history of a running server: takes what the hub hands out, and has it written; answers what was. */
import type { AuditEntry } from '../../access/audit.ts';
import type { Clock } from '../../clock.ts';
import { errorCode, errorMessage, toRecord, WindhoverError } from '../../errors.ts';
import type { Message, Subscriber } from '../../hub/message.ts';
import { retry } from '../../retry.ts';
import { sleep } from '../../sleep.ts';
import type { SinkFault, SinkHandle, SinkHost } from '../sink.ts';
import { Backlog } from './backlog.ts';
import { nameOf, sizeOf, writeAllBut } from './refusals.ts';
import {
  type AuditRow,
  type Batch,
  type DatabaseOptions,
  type HistoryReader,
  type StoreCalls,
  VALUE_REFUSED,
} from './rows.ts';
import { SessionSampler } from './sampler.ts';
import { StoreThread } from './store-thread.ts';

export interface HistoryOptions {
  readonly database: Pick<DatabaseOptions, 'url' | 'file' | 'server'>;
  readonly sampleMs: number;
  /** Null: for ever. */
  readonly keepMs: number | null;
  /** Null: no limit. */
  readonly maxBytes: number | null;
}

/** What is lost when the process is killed. */
const WRITE_EVERY_MS = 250;
const PRUNE_EVERY_MS = 60_000;
const LIMITS = { firstMs: 250, longestMs: 5000 };
/** How long it is told that rows were refused, after the last of them. */
const REFUSAL_SHOWN_MS = 600_000;
/** When the server stops. */
const LAST_WRITE_LIMIT_MS = 4000;
const TOPICS = new Set(['tick', 'tracks', 'ptz']);

export class History implements SinkHandle {
  readonly reader: HistoryReader;
  readonly failed: Promise<never>;
  readonly #options: HistoryOptions;
  readonly #host: SinkHost;
  readonly #clock: Clock;
  readonly #thread = new StoreThread();
  readonly #backlog = new Backlog();
  readonly #samplers = new Map<string, SessionSampler>();
  readonly #ending = new AbortController();
  /** Ends the writing, also in the middle. */
  readonly #giveUp = new AbortController();
  readonly #over: Promise<unknown>;
  /** End what is listened to. */
  readonly #ends: readonly (() => void)[];
  #written = 0;
  #toldLost = 0;
  /** Rows that the database does not take. */
  readonly #refused = { count: 0, last: '', atMs: Number.NEGATIVE_INFINITY };
  #usedBytes = 0;
  #setAside: string | null = null;
  #notPruned: SinkFault | null = null;
  #prunedMs = Number.NEGATIVE_INFINITY;

  constructor(options: HistoryOptions, host: SinkHost) {
    this.#options = options;
    this.#host = host;
    this.#clock = host.clock;
    this.reader = {
      tracks: (query) => this.#ask('tracks', query),
      track: (key) => this.#ask('track', key),
      samples: (query) => this.#ask('samples', query),
      sessions: (query) => this.#ask('sessions', query),
      retain: (key) => this.#ask('retain', key),
    };
    const { promise, reject } = Promise.withResolvers<never>();
    this.failed = promise;
    const subscriber: Subscriber = {
      topics: TOPICS,
      isRecord: false,
      // It takes all at once; what waits is bounded in the backlog.
      maxQueuedChars: Number.POSITIVE_INFINITY,
      deliver: (batch) => {
        for (const message of batch) this.#take(message);
        return 'ok';
      },
      dropped: (why) => reject(new WindhoverError('history_dropped', `it gets nothing more: ${why}`)),
    };
    const subscription = host.sessions.hub.subscribe(subscriber);
    const endAudit = host.onAudit((entry) => this.#backlog.audit(auditRow(entry)));
    this.#ends = [() => subscription.end(), endAudit];
    this.#over = this.#run();
  }

  get offers() {
    return { history: this.reader };
  }

  figures() {
    const { size: waiting, lost } = this.#backlog;
    return { written: this.#written, waiting, lost, refused: this.#refused.count, used_bytes: this.#usedBytes };
  }

  async close(): Promise<void> {
    for (const end of this.#ends) end();
    this.#ending.abort();
    const timer = setTimeout(() => this.#giveUp.abort(), LAST_WRITE_LIMIT_MS);
    await this.#over;
    clearTimeout(timer);
    const left = this.#backlog.size;
    if (left > 0) this.#host.log.error(`${left} rows of the history were not written`, { code: 'history_lost' });
    if (this.#thread.isRunning && left === 0) await this.#thread.call('close', undefined).catch(() => undefined);
    this.#thread.end();
  }

  #take({ sessionId, topic, json }: Message): void {
    const message = JSON.parse(json);
    const sampler = this.#samplers.get(sessionId) ?? this.#newSampler(sessionId, message.camera_id);
    if (topic === 'tick') sampler.tick(message);
    else if (topic === 'tracks') sampler.event(message);
    else sampler.ptz(message);
  }

  #newSampler(session: string, camera: string): SessionSampler {
    for (const known of this.#samplers.keys()) {
      if (this.#host.sessions.get(known)) continue;
      this.#samplers.delete(known);
      this.#backlog.sessionOver(known);
    }
    const startedMs = this.#host.sessions.get(session)?.started_unix_ms ?? this.#clock.unixMs();
    const picture = { frameWidth: 0, frameHeight: 0, space: 'source' } as const;
    const sampler = new SessionSampler(this.#backlog, {
      ...{ session, camera, startedMs, sampleMs: this.#options.sampleMs },
      ...picture,
    });
    this.#samplers.set(session, sampler);
    return sampler;
  }

  /** Writes what waits, until all is written after the end. */
  async #run(): Promise<void> {
    while (!this.#giveUp.signal.aborted) {
      await this.#attempt(() => this.#writeAll());
      if (this.#ending.signal.aborted) return;
      await this.#prune();
      await sleep(WRITE_EVERY_MS, this.#ending.signal);
    }
  }

  /** Until it works. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    const { log } = this.#host;
    await retry({
      signal: this.#giveUp.signal,
      limits: LIMITS,
      attempt: work,
      failed: (error) => {
        const { size, lost } = this.#backlog;
        const counts = `${size} rows wait${lost > 0 ? `, ${lost} are lost` : ''}`;
        const { code, message } = toRecord(error);
        this.#host.report({ code, message: log.redact(`not written: ${message}; ${counts}`) });
      },
    });
  }

  async #writeAll(): Promise<void> {
    await this.#open();
    for (let batch = this.#backlog.next(); batch; batch = this.#backlog.next()) {
      const write = (part: Batch) => {
        this.#giveUp.signal.throwIfAborted();
        return this.#thread.call('write', part);
      };
      await writeAllBut(batch, write, {
        written: (part) => {
          this.#backlog.written(part);
          this.#written += sizeOf(part);
        },
        refused: (row, why) => {
          this.#backlog.written(row);
          this.#refused.count += 1;
          this.#refused.last = `${nameOf(row)}: ${errorMessage(why)}`;
          this.#refused.atMs = this.#clock.monoMs();
        },
      });
    }
    this.#tell();
  }

  /** It works: what remains to be said. */
  #tell(): void {
    const { log, report } = this.#host;
    const { lost } = this.#backlog;
    if (lost > this.#toldLost) {
      log.warn(`${lost - this.#toldLost} rows of the history are lost`, { code: 'history_lost' });
      this.#toldLost = lost;
    }
    const damaged = `the damaged database is kept as ${this.#setAside}; a new one was begun`;
    const setAside = this.#setAside === null ? null : { code: 'database_damaged', message: damaged };
    report(this.#notPruned ?? this.#refusal() ?? setAside);
  }

  /** What the database would not take lately. */
  #refusal(): SinkFault | null {
    const { count, last, atMs } = this.#refused;
    if (this.#clock.monoMs() - atMs > REFUSAL_SHOWN_MS) return null;
    const rows = count === 1 ? '1 row was refused and is left out' : `${count} rows were refused and are left out`;
    return { code: 'rows_refused', message: this.#host.log.redact(`${rows}; ${last}`) };
  }

  /** Now and then. What keeps it from that is told, and keeps nothing from being written. */
  async #prune(): Promise<void> {
    if (this.#clock.monoMs() - this.#prunedMs < PRUNE_EVERY_MS) return;
    this.#prunedMs = this.#clock.monoMs();
    const { keepMs, maxBytes } = this.#options;
    const untilMs = keepMs === null ? null : Math.round(this.#clock.unixMs() - keepMs);
    try {
      for (let isDone = false; !isDone && !this.#ending.signal.aborted; ) {
        const pruned = await this.#thread.call('prune', { untilMs, maxBytes });
        ({ isDone, usedBytes: this.#usedBytes } = pruned);
        if (!isDone) await this.#writeAll();
      }
      this.#notPruned = null;
    } catch (error) {
      const { code, message } = toRecord(error);
      this.#notPruned = { code, message: this.#host.log.redact(`old tracks are not removed: ${message}`) };
    }
  }

  async #open(): Promise<void> {
    const liveSessions = this.#host.sessions.list().map(({ session_id }) => session_id);
    const sessions = [...new Set([...liveSessions, ...this.#samplers.keys()])];
    const { setAside } = await this.#thread.call('open', { ...this.#options.database, liveSessions: sessions });
    this.#setAside = setAside ?? this.#setAside;
  }

  /** @throws WindhoverError `history_unavailable`, `bad_query` */
  async #ask<N extends keyof HistoryReader>(
    name: N,
    argument: Parameters<StoreCalls[N]>[0],
  ): Promise<Awaited<ReturnType<StoreCalls[N]>>> {
    try {
      await this.#open();
      return await this.#thread.call(name, argument);
    } catch (cause) {
      if (errorCode(cause) === 'bad_query') throw cause;
      const why = this.#host.log.redact(errorMessage(cause));
      if (errorCode(cause) === VALUE_REFUSED) throw new WindhoverError('bad_query', why, { cause });
      throw new WindhoverError('history_unavailable', `The history can't be read now: ${why}`, { cause });
    }
  }
}

function auditRow({ time_unix_ms, request_id, caller, action, outcome, ...details }: AuditEntry): AuditRow {
  const same = { atMs: time_unix_ms, requestId: request_id, caller, action };
  return { ...same, result: outcome, details: JSON.stringify(details) };
}
