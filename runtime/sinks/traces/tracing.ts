/** Makes spans of the frames that sessions trace: what nodes have noted, and how the message went to clients. */
import { WallTime } from '../../clock.ts';
import type { Answer, Message, SessionTrace, Subscriber } from '../../hub/message.ts';
import { passwordsIn } from '../../secrets.ts';
import type { MeasuredNode, MeasuredSession } from '../../session/api.ts';
import type { SinkHandle, SinkHost } from '../sink.ts';
import { Exporter, type ExporterLimits } from './exporter.ts';
import type { TracesOptions } from './options.ts';
import { type AboutSession, type Delivery, type NodeFacts, otlpValue, spansOf } from './spans.ts';

/** Deliveries whose trace has not come: of a process that has died meanwhile none will. */
const MOST_DELIVERIES = 1000;
/** How old figures of a session may be. */
const MEASURED_MS = 1000;

export class Tracing implements SinkHandle, Subscriber {
  readonly isRecord = false;
  // It takes all at once.
  readonly maxQueuedChars = Number.POSITIVE_INFINITY;
  readonly #host: SinkHost;
  readonly #wall: WallTime;
  readonly #exporter: Exporter;
  readonly #ends: readonly (() => void)[];
  readonly #deliveries = new Map<string, Delivery>();
  /** By session: frames that were dropped up to the last trace. */
  readonly #droppedBefore = new Map<string, number>();
  #measured: readonly MeasuredSession[] = [];
  #measuredMs = Number.NEGATIVE_INFINITY;

  constructor(options: TracesOptions, host: SinkHost, limits?: ExporterLimits) {
    this.#host = host;
    this.#wall = new WallTime(host.clock);
    const { endpoint = 'http://127.0.0.1:4318', headers = {}, service_name = 'windhover', attributes = {} } = options;
    for (const value of Object.values(headers)) hideHeader(value, host);
    for (const password of passwordsIn(endpoint)) host.log.hide(password);
    const facts = { ...attributes, 'service.name': service_name };
    const resource = Object.entries(facts).map(([key, fact]) => ({ key, value: otlpValue(fact) }));
    const report: SinkHost['report'] = (fault) => host.report(fault);
    this.#exporter = new Exporter({ url: addressOf(endpoint), headers, resource, report }, limits);
    const { hub } = host.sessions;
    const subscription = hub.subscribe(this);
    this.#ends = [() => subscription.end(), hub.onTrace((trace) => this.#take(trace))];
  }

  /** Comes before the clients: it has subscribed before them. */
  deliver(batch: readonly Message[]): Answer {
    for (const message of batch) if (message.traced && message.frame) this.#watch(message, message.frame.index);
    return 'ok';
  }

  figures() {
    return this.#exporter.figures();
  }

  async close(): Promise<void> {
    for (const end of this.#ends) end();
    await this.#exporter.close();
  }

  #watch(message: Message, frameIndex: number): void {
    const { sessions, clock } = this.#host;
    const arrivedMs = clock.monoMs();
    // When all of this turn of the event loop have been handed theirs.
    queueMicrotask(() => {
      const key = keyOf(message.sessionId, frameIndex);
      this.#deliveries.set(key, { arrivedMs, deliveredMs: clock.monoMs(), ...sessions.hub.audience(message) });
      const [oldest] = this.#deliveries.keys();
      if (oldest !== undefined && this.#deliveries.size > MOST_DELIVERIES) this.#deliveries.delete(oldest);
    });
  }

  #take(trace: SessionTrace): void {
    const key = keyOf(trace.sessionId, trace.frameIndex);
    const delivery = this.#deliveries.get(key);
    this.#deliveries.delete(key);
    this.#exporter.send(spansOf(trace, delivery, this.#about(trace.sessionId), (monoMs) => this.#wall.at(monoMs)));
  }

  #about(sessionId: string): AboutSession {
    const measured = this.#measures().find(({ view }) => view.session_id === sessionId);
    const dropped = measured?.view.frames.dropped ?? 0;
    const framesDropped = Math.max(0, dropped - (this.#droppedBefore.get(sessionId) ?? 0));
    this.#droppedBefore.set(sessionId, dropped);
    const { nodes = [], links = [] } = this.#host.sessions.graph?.(sessionId) ?? {};
    const facts = nodes.map(({ id, use }): [string, NodeFacts] => {
      const kind = links.find(({ from }) => from === id)?.kind;
      return [id, { use, kind, words: this.#wordsOf(measured?.nodes.find((node) => node.id === id)) }];
    });
    return { framesDropped, nodes: new Map(facts) };
  }

  /** Gauges whose value is a word, by the name that /metrics has for it. */
  #wordsOf(node: MeasuredNode | undefined): Record<string, string> {
    if (!node) return {};
    const words = Object.entries(node.metrics).flatMap(([key, { wordLabel }]) => {
      const word = node.stats[key];
      return wordLabel === undefined || typeof word !== 'string' ? [] : [[wordLabel, this.#host.log.redact(word)]];
    });
    return Object.fromEntries(words);
  }

  #measures(): readonly MeasuredSession[] {
    const nowMs = this.#host.clock.monoMs();
    if (nowMs - this.#measuredMs < MEASURED_MS) return this.#measured;
    this.#measuredMs = nowMs;
    this.#measured = this.#host.sessions.measured?.() ?? [];
    for (const known of this.#droppedBefore.keys()) {
      if (!this.#host.sessions.get(known)) this.#droppedBefore.delete(known);
    }
    return this.#measured;
  }
}

function keyOf(sessionId: string, frameIndex: number): string {
  return `${sessionId} ${frameIndex}`;
}

/** The address that OpenTelemetry has for spans below that of the collector. */
function addressOf(endpoint: string): string {
  const url = new URL(endpoint);
  if (!url.pathname.endsWith('/v1/traces')) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url.href;
}

/** `Bearer abc`: the key alone, too. */
function hideHeader(value: string, { log }: SinkHost): void {
  log.hide(value);
  const [, key] = value.match(/^\w+ +(\S+)$/) ?? [];
  if (key !== undefined) log.hide(key);
}
