/**
 * The events of the last while, for subscribers that come back: a log for each topic of a session, bounded in events and
 * characters. What is beyond a bound is still counted for long, so that a subscriber is told how many events it missed.
 */
import type { About, Message } from './message.ts';

export interface EventLogLimits {
  /** Of one topic of a session. */
  readonly events: number;
  readonly chars: number;
  /** Events without their text, which are only counted. */
  readonly counted: number;
  /** Sessions that are over and whose logs are kept. */
  readonly closed: number;
}

export const EVENT_LOG_LIMITS: EventLogLimits = { events: 5000, chars: 512 * 1024, counted: 50_000, closed: 32 };

/** Events that are not in the log any more. */
export interface Missed {
  /** Undefined: of topics that are forgotten. */
  readonly about?: About;
  /** Undefined: not known. */
  readonly count?: number;
}

export interface Resumed {
  /** In order. */
  readonly events: readonly Message[];
  readonly missed: readonly Missed[];
}

interface TopicLog {
  readonly about: About;
  /** In order. */
  kept: Message[];
  chars: number;
  /** Numbers of the events before those. */
  gone: number[];
  /** Number of the latest event that is not even counted. */
  forgotten: number;
}

export class EventLog {
  readonly #limits: EventLogLimits;
  /** By session and topic. */
  readonly #logs = new Map<string, Map<string, TopicLog>>();
  /** Sessions that are over, oldest first. */
  #closed: string[] = [];
  /** Number of the latest event of the sessions that are forgotten. */
  #forgotten = 0;

  constructor(limits: EventLogLimits = EVENT_LOG_LIMITS) {
    this.#limits = limits;
  }

  add(message: Message): void {
    const { events, chars, counted } = this.#limits;
    const log = this.#logOf(message);
    log.kept.push(message);
    log.chars += message.json.length;
    while (log.kept.length > events || log.chars > chars) {
      const oldest = log.kept.shift();
      if (!oldest) break;
      log.chars -= oldest.json.length;
      log.gone.push(oldest.seq);
    }
    // Many at once: the rest is moved as a whole.
    if (log.gone.length < 2 * counted) return;
    log.forgotten = log.gone[log.gone.length - counted - 1] ?? 0;
    log.gone = log.gone.slice(-counted);
  }

  /** The session is over. Its log is kept, with those of the last few. */
  close(sessionId: string): void {
    if (!this.#logs.has(sessionId)) return;
    this.#closed = [...this.#closed.filter((closed) => closed !== sessionId), sessionId];
    const oldest = this.#closed.length > this.#limits.closed ? this.#closed.shift() : undefined;
    if (oldest === undefined) return;
    for (const { kept, gone } of this.#logs.get(oldest)?.values() ?? []) {
      this.#forgotten = Math.max(this.#forgotten, kept.at(-1)?.seq ?? gone.at(-1) ?? 0);
    }
    this.#logs.delete(oldest);
  }

  /**
   * The events after a number that are wanted, as many of the latest as there is room for, and how many there were more.
   */
  since(seq: number, wants: (about: About) => boolean, maxChars: number): Resumed {
    const logs = [...this.#logs.values()].flatMap((ofSession) => [...ofSession.values()]);
    const wanted = logs.filter(({ about }) => wants(about));
    const tails = wanted.map(({ kept }) => {
      return { list: kept, from: after(kept, ({ seq: each }) => each, seq), end: kept.length };
    });
    const events = latestOf(tails, maxChars);
    const counts = wanted.map(({ about, gone }, at) => {
      const { from = 0, end = 0 } = tails[at] ?? {};
      return { about, count: gone.length - after(gone, (each) => each, seq) + end - from };
    });
    const isForgotten = this.#forgotten > seq || wanted.some(({ forgotten }) => forgotten > seq);
    return { events, missed: [...(isForgotten ? [{}] : []), ...counts.filter(({ count }) => count > 0)] };
  }

  #logOf({ sessionId, cameraId, topic }: Message): TopicLog {
    const ofSession = this.#logs.get(sessionId) ?? new Map<string, TopicLog>();
    const about = { sessionId, cameraId, topic };
    const log = ofSession.get(topic) ?? { about, kept: [], chars: 0, gone: [], forgotten: 0 };
    this.#logs.set(sessionId, ofSession.set(topic, log));
    if (this.#closed.includes(sessionId)) this.#closed = this.#closed.filter((closed) => closed !== sessionId);
    return log;
  }
}

/** The end of a list, from an index on up to another one. */
interface Tail {
  readonly list: readonly Message[];
  readonly from: number;
  end: number;
}

/** Takes from the ends of the lists the messages with the highest numbers, as long as there is room. @returns in order */
function latestOf(tails: readonly Tail[], maxChars: number): Message[] {
  const taken: Message[] = [];
  for (let chars = 0; ; ) {
    let [best, message]: [Tail | undefined, Message | undefined] = [undefined, undefined];
    // Of clients that come back there are many: no functions in here.
    for (const tail of tails) {
      const last = tail.end > tail.from ? tail.list[tail.end - 1] : undefined;
      if (last && last.seq > (message?.seq ?? 0)) [best, message] = [tail, last];
    }
    chars += message?.json.length ?? 0;
    if (!best || !message || chars > maxChars) return taken.reverse();
    best.end -= 1;
    taken.push(message);
  }
}

/** Place of the first one with a number above this one; they are in order. */
function after<T>(items: readonly T[], numberOf: (item: T) => number, number: number): number {
  let [from, to] = [0, items.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const item = items[middle];
    if (item !== undefined && numberOf(item) <= number) from = middle + 1;
    else to = middle;
  }
  return from;
}
