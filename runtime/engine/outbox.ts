/**
 * What the nodes of one worker tell the parent process, bounded: a node that says too much waits, or what it says is left
 * out and counted. The others, the rest of the session and the server do not notice.
 *
 *     published   while too many messages are under way they wait, node by node in turn. Of a topic of which the latest
 *                 counts one waits; of the others as many as fit, and `publish` resolves once they are sent
 *     fault, keep what comes too fast waits for the next flush; the latest counts
 *     log         what comes too fast is left out, and its lines are counted in the log
 */
import type { Clock } from '../clock.ts';
import { RateLimit } from '../rate-limit.ts';
import type { FromWorker, LogEntry, NodeReport, Published } from './messages.ts';
import { untilBelow } from './sinks.ts';

/** Published messages of the session that may be under way. */
const SEND_CREDITS = 256;
/** Characters of one node's messages that may wait. */
const MOST_WAITING_CHARS = 4_000_000;
const LOG_LIMIT = { perS: 50, burst: 500 };
const REPORT_LIMITS = { fault: { perS: 5, burst: 20 }, keep: { perS: 50, burst: 100 } };

type Report = Extract<NodeReport, { type: 'fault' | 'keep' }>;

interface Waiting {
  readonly message: Published;
  readonly sent: () => void;
}

export interface OutboxServices {
  readonly clock: Clock;
  /** `[0]`: published messages on their way to the parent process. */
  readonly sendCredits: Int32Array;
  /** Every message counts: none is replaced by a later one. */
  readonly recording: boolean;
  post(message: FromWorker): void;
  count(node: string, name: string): void;
}

export class Outbox {
  readonly #services: OutboxServices;
  readonly #voices = new Map<string, Voice>();
  #sending: Promise<void> | undefined;

  constructor(services: OutboxServices) {
    this.#services = services;
  }

  /** @param latest only the latest message of its topic counts */
  publish(node: string, message: Published, latest: boolean): void | Promise<void> {
    const voice = this.#voice(node);
    if (voice.waiting.length === 0 && Atomics.load(this.#services.sendCredits, 0) < SEND_CREDITS)
      return this.#send(message);
    const replaces = latest && !this.#services.recording;
    if (replaces && voice.remove(message.topic)) this.#services.count(node, 'dropped_messages');
    if (voice.waitingChars + message.json.length > MOST_WAITING_CHARS) {
      this.#services.count(node, 'dropped_messages');
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    voice.add({ message, sent: resolve });
    this.#sending ??= this.#sendWaiting();
    return replaces ? undefined : promise;
  }

  log(entry: LogEntry & { readonly node: string }): void {
    const voice = this.#voice(entry.node);
    if (voice.logLimit.take(this.#services.clock.monoMs())) this.#services.post({ type: 'log', entry });
    else voice.unsaid += 1;
  }

  report(report: Report): void {
    const { limits, later } = this.#voice(report.node);
    later.delete(report.type);
    if (limits[report.type].take(this.#services.clock.monoMs())) this.#services.post(report);
    else later.set(report.type, report);
  }

  /** Tells what came too fast; called a few times a second. */
  flush(): void {
    for (const [node, voice] of this.#voices) {
      for (const report of voice.later.values()) this.#services.post(report);
      voice.later.clear();
      if (voice.unsaid === 0) continue;
      const entry = {
        level: 'warn',
        node,
        message: 'too much to log',
        fields: { lines_left_out: voice.unsaid },
      } as const;
      this.#services.post({ type: 'log', entry });
      voice.unsaid = 0;
    }
  }

  /** Resolves when no message waits. */
  async empty(): Promise<void> {
    await this.#sending;
  }

  #voice(node: string): Voice {
    const voice = this.#voices.get(node) ?? new Voice();
    this.#voices.set(node, voice);
    return voice;
  }

  async #sendWaiting(): Promise<void> {
    for (let left = true; left; ) {
      left = false;
      for (const voice of this.#voices.values()) {
        if (voice.waiting.length === 0) continue;
        left = true;
        await untilBelow(this.#services.sendCredits, SEND_CREDITS);
        const next = voice.take();
        if (!next) continue;
        this.#send(next.message);
        next.sent();
      }
    }
    this.#sending = undefined;
  }

  #send(message: Published): void {
    Atomics.add(this.#services.sendCredits, 0, 1);
    this.#services.post({ type: 'published', message });
  }
}

/** What one node has to say and has not said yet. */
class Voice {
  readonly logLimit = new RateLimit(LOG_LIMIT.perS, LOG_LIMIT.burst);
  readonly limits = {
    fault: new RateLimit(REPORT_LIMITS.fault.perS, REPORT_LIMITS.fault.burst),
    keep: new RateLimit(REPORT_LIMITS.keep.perS, REPORT_LIMITS.keep.burst),
  };
  readonly later = new Map<Report['type'], Report>();
  /** Lines that were left out of the log. */
  unsaid = 0;
  waitingChars = 0;
  readonly waiting: Waiting[] = [];

  add(waiting: Waiting): void {
    this.waiting.push(waiting);
    this.waitingChars += waiting.message.json.length;
  }

  take(at = 0): Waiting | undefined {
    const [taken] = this.waiting.splice(at, 1);
    this.waitingChars -= taken?.message.json.length ?? 0;
    return taken;
  }

  /** @returns whether one of this topic waited */
  remove(topic: string): boolean {
    const at = this.waiting.findIndex(({ message }) => message.topic === topic);
    if (at < 0) return false;
    this.take(at)?.sent();
    return true;
  }
}
