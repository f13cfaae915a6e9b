/**
 * What passes on one socket of `/ws`: the messages of the topics that it has subscribed, each in an envelope with its
 * number, and subscriptions and commands from the client (see schemas/topic-messages.ts).
 */
import { Value } from '@sinclair/typebox/value';
import {
  type Gap,
  MAX_PATTERNS,
  type Subscribe,
  SubscribeSchema,
  type TopicError,
  type Unsubscribe,
  UnsubscribeSchema,
} from '../../schemas/topic-messages.ts';
import type { Missed } from '../hub/event-log.ts';
import type { Mark, Subscription } from '../hub/hub.ts';
import type { About, Message } from '../hub/message.ts';
import type { ClientFeed, Command, Selected } from './client.ts';
import { refusal } from './commands.ts';
import { deltaEnvelope, envelope } from './topic-envelope.ts';
import { type Matches, readPattern, topicNames } from './topic-names.ts';
import { Pace } from './topic-pace.ts';

/** With `delta`, so often a state is sent as a whole. */
const WHOLE_EVERY_MS = 5000;
/** Topics of sessions that are over are forgotten, at the latest when so many are known. */
const MOST_CHANNELS = 4096;

/** What a client asked for with one pattern. */
interface Rule {
  readonly matches: Matches;
  readonly hz: number | undefined;
  readonly delta: boolean;
}

/** One topic of one session as this client gets it. */
interface Channel {
  readonly name: string;
  readonly rule: Rule;
  readonly pace: Pace | undefined;
  /** The last message that was sent, and when one was sent as a whole. */
  before?: Message;
  wholeAtMs: number;
}

export interface TopicFeedParts {
  /** Where the hub is now. */
  readonly now: () => Mark;
  /** Whether this client may see what is about this. */
  readonly may: (about: About) => boolean;
  readonly maxChars: number;
}

export class TopicFeed implements ClientFeed {
  readonly #parts: TopicFeedParts;
  /** By pattern; the first that matches a topic counts for it. */
  readonly #rules = new Map<string, Rule>();
  readonly #channels = new Map<string, Channel | null>();
  #subscription: Subscription | undefined;
  #send: (text: string) => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: TopicFeedParts) {
    this.#parts = parts;
  }

  wants(about: About): boolean {
    return this.#channel(about) !== null;
  }

  opened(subscription: Subscription, send: (text: string) => void): void {
    this.#subscription = subscription;
    this.#send = send;
  }

  closed(): void {
    clearTimeout(this.#timer);
    this.#subscription = undefined;
  }

  select(messages: readonly Message[], nowMs: number): Selected {
    const [texts, held]: [string[], Message[]] = [[], []];
    let waitMs = Number.POSITIVE_INFINITY;
    for (const message of messages) {
      const channel = this.#channel(message);
      if (!channel) continue;
      const dueMs = message.keep === 'latest' ? (channel.pace?.take(nowMs) ?? 0) : 0;
      if (dueMs > 0) held.push(message);
      else texts.push(textOf(message, channel, nowMs));
      if (dueMs > 0) waitMs = Math.min(waitMs, dueMs);
    }
    if (held.length > 0) this.#wakeIn(waitMs);
    return { texts, held };
  }

  async receive(text: string | Uint8Array, command: Command): Promise<object> {
    if (typeof text !== 'string' || text.length > this.#parts.maxChars) return refusal('invalid_json');
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return refusal('invalid_json');
    }
    const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
    if (type === 'subscribe')
      return Value.Check(SubscribeSchema, value) ? this.#subscribe(value) : malformed(SubscribeSchema, value);
    if (type === 'unsubscribe') {
      return Value.Check(UnsubscribeSchema, value) ? this.#unsubscribe(value) : malformed(UnsubscribeSchema, value);
    }
    const { sessionId, rest } = addressed(value);
    return command(sessionId, JSON.stringify(rest));
  }

  #subscribe({ topics, hz, delta = false, since }: Subscribe): object {
    const rules = topics.map((pattern) => [pattern, readPattern(pattern)] as const);
    for (const [pattern, matches] of rules) {
      if (!matches) return failed('bad_topic', `no topic is named like ${JSON.stringify(pattern)}`);
    }
    if (new Set([...this.#rules.keys(), ...topics]).size > MAX_PATTERNS) {
      return failed('too_many_topics', `at most ${MAX_PATTERNS} patterns`);
    }
    const now = this.#parts.now();
    for (const [pattern, matches] of rules) if (matches) this.#rules.set(pattern, { matches, hz, delta });
    this.#channels.clear();
    for (const missed of this.#subscription?.changed(since) ?? []) this.#send(JSON.stringify(gapOf(missed)));
    // What is on its way is not yet there: the number of the client holds until it gets a higher one.
    const seq = since === undefined ? now.seq : since.epoch === now.epoch ? Math.min(since.seq, now.seq) : 0;
    return { type: 'subscribed', topics, epoch: now.epoch, seq };
  }

  #unsubscribe({ topics }: Unsubscribe): object {
    for (const pattern of topics) this.#rules.delete(pattern);
    this.#channels.clear();
    this.#subscription?.changed();
    return { type: 'unsubscribed', topics };
  }

  #channel(about: About): Channel | null {
    const key = `${about.sessionId}\n${about.topic}`;
    const known = this.#channels.get(key);
    if (known !== undefined) return known;
    if (this.#channels.size >= MOST_CHANNELS) this.#channels.clear();
    const channel = this.#parts.may(about) ? this.#find(topicNames(about)) : null;
    this.#channels.set(key, channel);
    return channel;
  }

  #find(names: readonly string[]): Channel | null {
    for (const rule of this.#rules.values()) {
      const name = names.find(rule.matches);
      if (name === undefined) continue;
      return { name, rule, pace: rule.hz === undefined ? undefined : new Pace(rule.hz), wholeAtMs: 0 };
    }
    return null;
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#subscription?.wake(), ms);
  }
}

/** Events missed, in words of the wire. */
export function gapOf({ about, count }: Missed): Gap {
  const [topic] = about ? topicNames(about) : [];
  return { type: 'gap', ...(topic === undefined ? {} : { topic }), missed: count ?? null };
}

function textOf(message: Message, channel: Channel, nowMs: number): string {
  const { name, rule, before, wholeAtMs } = channel;
  if (!rule.delta || message.keep === 'every') return envelope(message, name);
  channel.before = message;
  const isDue = nowMs - wholeAtMs >= WHOLE_EVERY_MS;
  const delta = before && !isDue ? deltaEnvelope(message, before, name) : undefined;
  if (delta === undefined) channel.wholeAtMs = nowMs;
  return delta ?? envelope(message, name);
}

/** The session that a command is for, by `session_id` or by its topic, and the command as the wire contract has it. */
function addressed(value: unknown): { sessionId: string; rest: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { sessionId: '', rest: value };
  const { session_id, topic, ...rest }: { session_id?: unknown; topic?: unknown } = value;
  const byTopic = typeof topic === 'string' ? /^sessions\/([^/]+)\/command$/.exec(topic)?.[1] : undefined;
  if (topic !== undefined && session_id !== undefined) return { sessionId: '', rest: value };
  return { sessionId: typeof session_id === 'string' ? session_id : (byTopic ?? ''), rest };
}

function malformed(schema: typeof SubscribeSchema | typeof UnsubscribeSchema, value: unknown): TopicError {
  const [first] = Value.Errors(schema, value);
  return failed('bad_subscription', first ? `${first.path}: ${first.message}` : 'not a subscription');
}

function failed(error: TopicError['error'], message: string): TopicError {
  return { type: 'error', error, message };
}
