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
  readonly #nodes = new Map<string, NodeOutbox>();
  #sending: Promise<void> | undefined;

  constructor(services: OutboxServices) {
    this.#services = services;
  }

  /** @param latest only the latest message of its topic counts */
  publish(node: string, message: Published, latest: boolean): void | Promise<void> {
    const own = this.#ofNode(node);
    if (own.waiting.length === 0 && Atomics.load(this.#services.sendCredits, 0) < SEND_CREDITS)
      return this.#send(message);
    const replaces = latest && !this.#services.recording;
    if (replaces && own.remove(message.topic)) this.#services.count(node, 'dropped_messages');
    if (own.waitingChars + message.json.length > MOST_WAITING_CHARS) {
      this.#services.count(node, 'dropped_messages');
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    own.add({ message, sent: resolve });
    this.#sending ??= this.#sendWaiting();
    return replaces ? undefined : promise;
  }

  log(entry: LogEntry & { readonly node: string }): void {
    const { logLimit } = this.#ofNode(entry.node);
    if (logLimit.take(this.#services.clock.monoMs())) this.#services.post({ type: 'log', entry });
  }

  report(report: Report): void {
    const { limits, later } = this.#ofNode(report.node);
    later.delete(report.type);
    if (limits[report.type].take(this.#services.clock.monoMs())) this.#services.post(report);
    else later.set(report.type, report);
  }

  /** Tells what came too fast; called a few times a second. */
  flush(): void {
    for (const [node, own] of this.#nodes) {
      for (const report of own.later.values()) this.#services.post(report);
      own.later.clear();
      const leftOut = own.logLimit.takeRefused();
      if (leftOut === 0) continue;
      const entry = { level: 'warn', node, message: 'too much to log', fields: { lines_left_out: leftOut } } as const;
      this.#services.post({ type: 'log', entry });
    }
  }

  /** Resolves when no message waits. */
  async empty(): Promise<void> {
    await this.#sending;
  }

  #ofNode(node: string): NodeOutbox {
    const own = this.#nodes.get(node) ?? new NodeOutbox();
    this.#nodes.set(node, own);
    return own;
  }

  async #sendWaiting(): Promise<void> {
    for (let left = true; left; ) {
      left = false;
      for (const own of this.#nodes.values()) {
        if (own.waiting.length === 0) continue;
        left = true;
        await untilBelow(this.#services.sendCredits, SEND_CREDITS);
        const next = own.take();
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

/** Limits of one node, and what of it has not been sent yet. */
class NodeOutbox {
  readonly logLimit = new RateLimit(LOG_LIMIT.perS, LOG_LIMIT.burst);
  readonly limits = {
    fault: new RateLimit(REPORT_LIMITS.fault.perS, REPORT_LIMITS.fault.burst),
    keep: new RateLimit(REPORT_LIMITS.keep.perS, REPORT_LIMITS.keep.burst),
  };
  readonly later = new Map<Report['type'], Report>();
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
