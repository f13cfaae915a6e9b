/**
 * The events of the last while, for subscribers that come back: a log for each session, bounded in events and
 * characters. What is beyond a bound is still counted for long, so that a subscriber is told how many events it missed.
 */
import type { About, Message } from './message.ts';

export interface EventLogLimits {
  /** Of one session. */
  readonly events: number;
  readonly chars: number;
  /** Events without their text, which are only counted. */
  readonly counted: number;
  /** Logs that are kept of sessions that are over. */
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

interface SessionLog {
  /** In order, the counted ones without text first. */
  entries: (About & { readonly seq: number; readonly message?: Message })[];
  /** How many of them have no text. */
  bare: number;
  chars: number;
  /** Number of the latest event that is not even counted. */
  forgotten: number;
}

export class EventLog {
  readonly #limits: EventLogLimits;
  readonly #sessions = new Map<string, SessionLog>();
  /** Oldest first. */
  #closed: string[] = [];
  /** Number of the latest event of the sessions that are forgotten. */
  #forgotten = 0;

  constructor(limits: EventLogLimits = EVENT_LOG_LIMITS) {
    this.#limits = limits;
  }

  add(message: Message): void {
    const { sessionId, json } = message;
    const log = this.#sessions.get(sessionId) ?? { entries: [], bare: 0, chars: 0, forgotten: 0 };
    this.#sessions.set(sessionId, log);
    this.#closed = this.#closed.filter((closed) => closed !== sessionId);
    log.entries.push({ ...aboutOf(message), seq: message.seq, message });
    log.chars += json.length;
    while (log.entries.length - log.bare > this.#limits.events || log.chars > this.#limits.chars) strip(log);
    // Many at once: an array is shifted as a whole.
    if (log.bare < 2 * this.#limits.counted) return;
    const [out, left] = [log.entries.slice(0, this.#limits.counted), log.entries.slice(this.#limits.counted)];
    log.forgotten = out.at(-1)?.seq ?? log.forgotten;
    [log.entries, log.bare] = [left, log.bare - out.length];
  }

  /** The session is over. Its log is kept, with those of the last few. */
  close(sessionId: string): void {
    if (!this.#sessions.has(sessionId)) return;
    this.#closed = [...this.#closed.filter((closed) => closed !== sessionId), sessionId];
    const oldest = this.#closed.length > this.#limits.closed ? this.#closed.shift() : undefined;
    if (oldest === undefined) return;
    this.#forgotten = Math.max(this.#forgotten, this.#sessions.get(oldest)?.entries.at(-1)?.seq ?? 0);
    this.#sessions.delete(oldest);
  }

  /**
   * The events after a number that are wanted, as many of the latest as there is room for, and how many there were more.
   */
  since(seq: number, wants: (about: About) => boolean, maxChars: number): Resumed {
    const later = [...this.#sessions.values()].flatMap(({ entries }) =>
      entries.slice(entries.findLastIndex((entry) => entry.seq <= seq) + 1).filter(wants),
    );
    const events: Message[] = [];
    const counts = new Map<string, { about: About; count: number }>();
    let chars = 0;
    for (const entry of later.sort((a, b) => b.seq - a.seq)) {
      const { message } = entry;
      chars += message?.json.length ?? Number.POSITIVE_INFINITY;
      if (message && chars <= maxChars) events.push(message);
      else {
        const key = JSON.stringify([entry.sessionId, entry.topic]);
        const known = counts.get(key) ?? { about: aboutOf(entry), count: 0 };
        counts.set(key, { ...known, count: known.count + 1 });
      }
    }
    const forgotten = [this.#forgotten, ...[...this.#sessions.values()].map((log) => log.forgotten)];
    const unknown: Missed[] = forgotten.some((number) => number > seq) ? [{}] : [];
    return { events: events.reverse(), missed: [...unknown, ...counts.values()] };
  }
}

/** Of the oldest event that has its text, only the count is kept. */
function strip(log: SessionLog): void {
  const entry = log.entries[log.bare];
  if (!entry) return;
  log.chars -= entry.message?.json.length ?? 0;
  log.entries[log.bare] = { ...aboutOf(entry), seq: entry.seq };
  log.bare += 1;
}

function aboutOf({ sessionId, cameraId, topic }: About): About {
  return { sessionId, cameraId, topic };
}
