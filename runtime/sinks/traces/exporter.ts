/**
 * Sends traces to a collector: OTLP over HTTP, as JSON. Whatever the collector does costs no more than this: one request at a
 * time with a deadline, a queue with a bound, growing pauses after a failure. What is lost is counted.
 *
 *     no answer, 429, 502, 503, 504   the same traces again, later (after Retry-After)
 *     any other answer but 2xx        they are refused
 *     2xx                             taken, but for the spans that the answer says were not
 */
import { errorMessage, WindhoverError } from '../../errors.ts';
import { Backoff, type BackoffLimits } from '../../retry.ts';
import { maskPasswords } from '../../secrets.ts';
import { sleep } from '../../sleep.ts';
import type { SinkFault } from '../sink.ts';
import type { Attribute, Span } from './spans.ts';

export interface ExporterParts {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What all spans have in common. */
  readonly resource: readonly Attribute[];
  report(fault: SinkFault | null): void;
}

export interface ExporterLimits {
  /** Traces that wait; of more the oldest are dropped. */
  readonly queued: number;
  /** Traces in one request. */
  readonly batch: number;
  readonly everyMs: number;
  readonly answerMs: number;
  readonly backoff: BackoffLimits;
}

const LIMITS: ExporterLimits = {
  queued: 500,
  batch: 50,
  everyMs: 1000,
  answerMs: 10_000,
  backoff: { firstMs: 1000, longestMs: 30_000 },
};
const AGAIN = [429, 502, 503, 504];
const LONGEST_DEMANDED_MS = 60_000;
const LAST_SEND_MS = 2000;
const MOST_ANSWER_BYTES = 64 * 1024;

export class Exporter {
  readonly #parts: ExporterParts;
  readonly #limits: ExporterLimits;
  readonly #backoff: Backoff;
  readonly #ending = new AbortController();
  readonly #over: Promise<void>;
  #queue: (readonly Span[])[] = [];
  #sent = 0;
  #dropped = 0;
  #refused = 0;

  constructor(parts: ExporterParts, limits = LIMITS) {
    this.#parts = parts;
    this.#limits = limits;
    this.#backoff = new Backoff(limits.backoff);
    this.#over = this.#run();
  }

  /** Queues the spans of one trace. */
  send(trace: readonly Span[]): void {
    this.#queue.push(trace);
    this.#bound();
  }

  figures() {
    const counts = { spans_sent: this.#sent, spans_dropped: this.#dropped, spans_refused: this.#refused };
    return { ...counts, traces_waiting: this.#queue.length };
  }

  /** Sends once more what waits, as long as that takes no time. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#over;
    const signal = AbortSignal.timeout(LAST_SEND_MS);
    while (this.#queue.length > 0 && !signal.aborted) if ((await this.#sendBatch(signal)) > 0) break;
    this.#drop(this.#queue.splice(0));
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await sleep(this.#limits.everyMs, signal);
      while (this.#queue.length > 0 && !signal.aborted) {
        const answerBy = AbortSignal.any([signal, AbortSignal.timeout(this.#limits.answerMs)]);
        await sleep(await this.#sendBatch(answerBy), signal);
      }
    }
  }

  /** @returns how long to wait before the next one, in milliseconds */
  async #sendBatch(signal: AbortSignal): Promise<number> {
    const batch = this.#queue.splice(0, this.#limits.batch);
    const spans = batch.flat();
    try {
      const notTaken = await this.#post(spans, signal);
      this.#refused += notTaken;
      this.#sent += spans.length - notTaken;
      this.#backoff.reset();
      this.#parts.report(notTaken > 0 ? this.#fault('otlp_refused', `it did not take ${notTaken} spans`) : null);
      return 0;
    } catch (error) {
      const { code, againMs } = failureOf(error);
      if (againMs === undefined) this.#refused += spans.length;
      else this.#queue.unshift(...batch);
      this.#bound();
      if (!this.#ending.signal.aborted) this.#parts.report(this.#fault(code, errorMessage(error)));
      return Math.max(againMs ?? 0, this.#backoff.next(Math.random()));
    }
  }

  /** @returns how many spans the collector did not take. @throws whatever fails, or an {@link Answer} that is no success */
  async #post(spans: readonly Span[], signal: AbortSignal): Promise<number> {
    const { url, headers, resource } = this.#parts;
    const scopeSpans = [{ scope: { name: 'windhover' }, spans }];
    const body = JSON.stringify({ resourceSpans: [{ resource: { attributes: resource }, scopeSpans }] });
    const all = { ...headers, 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers: all, body, signal, redirect: 'manual' });
    const text = await beginningOf(response);
    if (!response.ok) throw new Answer(response);
    return notTakenOf(text);
  }

  #fault(code: string, why: string): SinkFault {
    return { code, message: `${maskPasswords(this.#parts.url)} takes no spans: ${why}` };
  }

  #bound(): void {
    const over = this.#queue.length - this.#limits.queued;
    if (over > 0) this.#drop(this.#queue.splice(0, over));
  }

  #drop(traces: readonly (readonly Span[])[]): void {
    for (const spans of traces) this.#dropped += spans.length;
  }
}

/** An answer that is no success. */
class Answer extends WindhoverError {
  /** Milliseconds after which the same may be sent again; undefined: never. */
  readonly againMs: number | undefined;

  constructor({ status, headers }: Response) {
    super('otlp_refused', `it answers ${status}`);
    const demandedMs = Number(headers.get('retry-after') ?? 0) * 1000;
    if (AGAIN.includes(status)) this.againMs = demandedMs > 0 ? Math.min(demandedMs, LONGEST_DEMANDED_MS) : 0;
  }
}

function failureOf(error: unknown): { readonly code: string; readonly againMs: number | undefined } {
  if (error instanceof Answer) return { code: error.code, againMs: error.againMs };
  if (error instanceof WindhoverError) return { code: error.code, againMs: undefined };
  return { code: 'otlp_unreachable', againMs: 0 };
}

/** Nobody sends more in earnest. */
async function beginningOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > MOST_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).toString();
}

/** `{"partialSuccess":{"rejectedSpans":"3"}}`; an empty answer is a full success. @throws WindhoverError `otlp_answer` */
function notTakenOf(text: string): number {
  if (text === '') return 0;
  try {
    const count = Number(JSON.parse(text)?.partialSuccess?.rejectedSpans ?? 0);
    if (count >= 0) return count;
  } catch (cause) {
    throw new WindhoverError('otlp_answer', 'its answer is none of a collector', { expected: 'JSON', cause });
  }
  throw new WindhoverError('otlp_answer', 'its answer is none of a collector', { expected: 'a number of spans' });
}
