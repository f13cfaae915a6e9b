/** The sinks that are on: opened, tried again when they fail, and closed in order. What fails in one harms nothing else. */
import { type Clock, WallTime } from '../clock.ts';
import { errorCode, errorMessage } from '../errors.ts';
import type { Log } from '../log.ts';
import { type RetryTime, retry } from '../retry.ts';
import type { Sessions } from '../session/api.ts';
import { sleep } from '../sleep.ts';
import type { ConfiguredSink } from './config.ts';
import { CLOSE_LIMIT_MS, type Sink, type SinkFault, type SinkHandle, type SinkHost, type SinkOffers } from './sink.ts';

export interface OpenSinksParts {
  /** The file that names them, for warnings. */
  readonly file: string;
  readonly sinks: readonly ConfiguredSink[];
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly log: Log;
  readonly stateFolder: string;
  readonly onAudit: SinkHost['onAudit'];
  /** Of the pauses between attempts; injected by tests. */
  readonly time?: RetryTime;
}

/** For `/readyz`. */
export interface SinkWarning {
  readonly file: string;
  readonly code: string;
  readonly message: string;
  readonly since_unix_ms: number;
}

export class OpenSinks {
  readonly #parts: OpenSinksParts;
  readonly #running: readonly RunningSink[];
  readonly #ending = new AbortController();

  constructor(parts: OpenSinksParts) {
    this.#parts = parts;
    this.#running = parts.sinks.map(({ sink, options }) => new RunningSink(sink, options, parts, this.#ending.signal));
  }

  /** What one of them offers, while it is open. */
  offered<N extends keyof SinkOffers>(name: N): SinkOffers[N] | undefined {
    return this.#running.map(({ handle }) => handle?.offers?.[name]).find((offer) => offer !== undefined);
  }

  warnings(): SinkWarning[] {
    return this.#running.flatMap(({ sink, fault }) => {
      if (!fault) return [];
      const { code, message, since } = fault;
      return [{ file: this.#parts.file, code, message: `${sink.name}: ${message}`, since_unix_ms: since() }];
    });
  }

  /** Counters and gauges of each sink that is open. */
  figures(): Record<string, Readonly<Record<string, number | string>>> {
    return Object.fromEntries(this.#running.map(({ sink, handle }) => [sink.name, handle?.figures?.() ?? {}]));
  }

  /** After the sessions have stopped and their last messages are delivered. */
  async close(): Promise<void> {
    this.#ending.abort();
    await isDone(Promise.all(this.#running.map((running) => running.over)));
  }
}

interface Fault extends SinkFault {
  /** Unix time, by the wall clock as it is when it is asked for. */
  readonly since: () => number;
}

class RunningSink {
  readonly sink: Sink;
  handle: SinkHandle | undefined;
  /** Resolves when it is closed for good. */
  readonly over: Promise<void>;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #wall: WallTime;
  /** Why it is not open. */
  #failure: Fault | undefined;
  /** What it says itself. */
  #reported: Fault | undefined;

  constructor(sink: Sink, options: Readonly<Record<string, unknown>>, parts: OpenSinksParts, signal: AbortSignal) {
    const { sessions, clock, stateFolder, onAudit, time } = parts;
    this.sink = sink;
    this.#log = parts.log.with({ sink: sink.name });
    this.#clock = clock;
    this.#wall = new WallTime(clock);
    const report = (fault: SinkFault | null) => {
      this.#reported = this.#noted(this.#reported, fault);
    };
    const host = { sessions, clock, log: this.#log, stateFolder, onAudit, signal, report };
    this.over = retry({
      signal,
      attempt: (opened) => this.#run(options, host, opened),
      failed: (error) => this.#failed(error),
      ...(time ? { time } : {}),
    }).then(
      () => undefined,
      (error: unknown) => this.#failed(error),
    );
  }

  get fault(): Fault | undefined {
    return this.#failure ?? this.#reported;
  }

  /** From open to close. @throws why it failed */
  async #run(options: Readonly<Record<string, unknown>>, host: SinkHost, opened: () => void): Promise<void> {
    const handle = await this.sink.open(options, host);
    this.handle = handle;
    this.#failure = this.#noted(this.#failure, null);
    opened();
    try {
      await Promise.race([aborted(host.signal), ...(handle.failed ? [handle.failed] : [])]);
    } finally {
      this.handle = undefined;
      this.#reported = undefined;
      if (!(await isDone(handle.close()))) this.#log.error('the sink did not close', { code: 'sink_hangs' });
    }
  }

  #failed(error: unknown): undefined {
    const message = this.#log.redact(errorMessage(error));
    this.#failure = this.#noted(this.#failure, { code: errorCode(error) ?? 'sink_failed', message });
  }

  /** The same fault again is no news. */
  #noted(before: Fault | undefined, fault: SinkFault | null): Fault | undefined {
    if (before && before.code === fault?.code) return { ...before, message: fault.message };
    if (!fault && !before) return undefined;
    if (!fault) {
      this.#log.info('the sink works again', { code: before?.code });
      return undefined;
    }
    const { code, message } = fault;
    this.#log.error(message, { code });
    const nowMs = this.#clock.monoMs();
    return { code, message, since: () => Math.round(this.#wall.at(nowMs)) };
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** False: not within {@link CLOSE_LIMIT_MS}. */
async function isDone(work: Promise<unknown>): Promise<boolean> {
  const limit = new AbortController();
  const done = work.then(() => true);
  const isInTime = await Promise.race([done, sleep(CLOSE_LIMIT_MS, limit.signal).then(() => false)]);
  limit.abort();
  return isInTime;
}
