/**
 * The way of a frame as spans of OpenTelemetry (OTLP as JSON). Pure, but for the random ids.
 *
 *     frame     from its capture to the last client
 *     ├─ decode, detect, track, …   one for each node that worked on it, named by its id
 *     ├─ tick                       its message, from the session's process to the server's
 *     └─ clients                    the message, to all clients
 */
import type { SessionTrace } from '../../hub/message.ts';

type Value = { readonly stringValue: string } | { readonly doubleValue: number } | { readonly intValue: string };

export interface Attribute {
  readonly key: string;
  readonly value: Value;
}

/** A span of `opentelemetry/proto/trace/v1`, as JSON: ids in hex, times as text in Unix nanoseconds. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
}

/** How the message of the frame went to clients. Times are monotonic. */
export interface Delivery {
  readonly arrivedMs: number;
  readonly deliveredMs: number;
  readonly clients: number;
  /** Clients that have not been sent it yet. */
  readonly waiting: number;
}

/** What is known of a session beside the times of the frame. */
export interface AboutSession {
  readonly framesDropped: number;
  /** Attributes of the nodes, by id. `kind`: of what it sends. */
  readonly nodes: ReadonlyMap<string, NodeFacts>;
}

export interface NodeFacts {
  readonly use: string;
  readonly kind: string | undefined;
  /** What it runs, by word: `model`, `provider`. */
  readonly words: Readonly<Record<string, string>>;
}

const INTERNAL = 1;

/** @param delivery undefined: the message was not seen, because a newer one took its place @param unixMsAt of a monotonic time */
export function spansOf(
  trace: SessionTrace,
  delivery: Delivery | undefined,
  about: AboutSession,
  unixMsAt: (monoMs: number) => number,
): Span[] {
  const traceId = randomHex(16);
  const rootId = randomHex(8);
  const nano = (monoMs: number) => `${Math.round(unixMsAt(monoMs) * 1000)}000`;
  const span = (name: string, beganMs: number, endedMs: number, attributes: Record<string, Fact>): Span => ({
    ...{ traceId, spanId: randomHex(8), parentSpanId: rootId, name, kind: INTERNAL },
    startTimeUnixNano: nano(beganMs),
    endTimeUnixNano: nano(Math.max(beganMs, endedMs)),
    attributes: attributesOf(attributes),
  });
  const ofNodes = trace.nodes.map(({ node, beganMs, workedMs, sendingMs, items }) => {
    const { use, kind, words } = about.nodes.get(node) ?? { use: undefined, kind: undefined, words: {} };
    const counted = kind === undefined ? {} : { [kind]: items };
    const sending = sendingMs > 0 ? { sending_ms: Math.round(sendingMs * 1000) / 1000 } : {};
    return span(node, beganMs, beganMs + workedMs, { node, use, ...sending, ...counted, ...words });
  });
  const { topic, leftMs } = trace;
  // The clocks of two processes differ a little; nothing arrives before it has left.
  const arrivedMs = Math.max(leftMs, delivery?.arrivedMs ?? 0);
  const deliveredMs = arrivedMs + (delivery ? delivery.deliveredMs - delivery.arrivedMs : 0);
  const clients = delivery && { clients: delivery.clients, clients_waiting: delivery.waiting };
  const children = [
    ...ofNodes,
    span(topic, leftMs, arrivedMs, { topic }),
    ...(clients ? [span('clients', arrivedMs, deliveredMs, clients)] : []),
  ];
  const beganMs = Math.min(trace.capturedMs ?? Number.POSITIVE_INFINITY, leftMs, ...trace.nodes.map((n) => n.beganMs));
  const ends = trace.nodes.map((node) => node.beganMs + node.workedMs);
  const endedMs = Math.max(deliveredMs, ...ends);
  const facts = { camera: trace.cameraId, session: trace.sessionId, frame_index: trace.frameIndex };
  const { parentSpanId: _none, ...root } = span('frame', beganMs, endedMs, {
    ...{ ...facts, frames_dropped: about.framesDropped, ...clients },
  });
  return [{ ...root, spanId: rootId }, ...children];
}

type Fact = string | number | undefined;

function attributesOf(facts: Readonly<Record<string, Fact>>): Attribute[] {
  return Object.entries(facts).flatMap(([name, fact]) => {
    return fact === undefined ? [] : [{ key: `windhover.${name}`, value: otlpValue(fact) }];
  });
}

/** Whole numbers are text in OTLP: JSON has no 64-bit ones. */
export function otlpValue(fact: string | number): Value {
  if (typeof fact === 'string') return { stringValue: fact };
  return Number.isInteger(fact) ? { intValue: String(fact) } : { doubleValue: fact };
}

function randomHex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex');
}
