/**
 * The hub: takes the messages of all sessions and hands them to its subscribers. It does not depend on what kind they
 * are.
 *
 *     session ──publish──▶ hub ──▶ mailbox ──deliver──▶ WebSocket client, record (--jsonl), …
 *                           │
 *                           ├─ the latest message of each topic, for those who come later
 *                           └─ the last events of each session, for those who come back
 *
 * Messages that come in one turn of the event loop are delivered together at its end. Each subscriber has a mailbox of
 * its own: one that throws, or falls behind, changes nothing for the others.
 */
import { errorMessage } from '../errors.ts';
import type { Logger } from '../node.ts';
import { EventLog, type EventLogLimits, type Missed } from './event-log.ts';
import { Mailbox } from './mailbox.ts';
import type { About, Message, SessionTrace, Subscriber, Unnumbered } from './message.ts';

/** Up to where somebody has all events: a number of this hub, or of another one that ran before it. */
export interface Mark {
  /** Of the hub that gave the number. */
  readonly epoch: string;
  readonly seq: number;
}

export interface Subscription {
  /** Of events before the mark from which it goes on: those that are not to be had any more. */
  readonly missed: readonly Missed[];
  /** Offers again what waits: the subscriber is no longer behind. */
  wake(): void;
  /**
   * The subscriber wants other topics than before. Of those that are new, what is retained comes first, and after a mark
   * the events since then. @returns events that are not to be had any more
   */
  changed(after?: Mark): readonly Missed[];
  /** Nothing more is delivered. */
  end(): void;
}

/** What is known of one topic of one session. */
interface Channel extends About {
  readonly mailboxes: Set<Mailbox>;
  /** The latest message, of a topic of which the latest counts. */
  retained?: Message;
}

export class Hub {
  /** Tells the numbers of this hub from those of others. */
  readonly epoch = crypto.randomUUID().slice(0, 8);
  readonly #log: Logger;
  readonly #events: EventLog;
  readonly #mailboxes = new Set<Mailbox>();
  /** By session and topic. */
  readonly #channels = new Map<string, Map<string, Channel>>();
  readonly #due = new Set<Mailbox>();
  readonly #traceListeners = new Set<(trace: SessionTrace) => void>();
  #seq = 0;
  #flushScheduled = false;

  constructor(log: Logger, limits?: EventLogLimits) {
    this.#log = log;
    this.#events = new EventLog(limits);
  }

  /** Where it is: all that has been published. */
  get now(): Mark {
    return { epoch: this.epoch, seq: this.#seq };
  }

  /** Hands a message to all who want it. */
  publish(unnumbered: Unnumbered): void {
    const message = this.#numbered(unnumbered);
    const channel = this.#channel(message);
    if (message.live && message.keep === 'latest') channel.retained = message;
    if (message.live && message.keep === 'every') this.#events.add(message);
    for (const mailbox of [...channel.mailboxes]) this.#put(mailbox, message);
  }

  /** Retains a message for later subscribers, instead of the last one, without delivering it now. */
  retain(message: Unnumbered): void {
    this.#channel(message).retained = this.#numbered(message);
  }

  /** The latest message of a topic of which the latest counts. */
  retained(sessionId: string, topic: string): Message | undefined {
    return this.#channels.get(sessionId)?.get(topic)?.retained;
  }

  /** Nobody is to be told of this topic any more: its node is gone. */
  forget(sessionId: string, topic: string): void {
    delete this.#channels.get(sessionId)?.get(topic)?.retained;
  }

  /**
   * From now on the subscriber gets what it wants; first, after a mark, the events since then, and then what is retained.
   */
  subscribe(subscriber: Subscriber, after?: Mark): Subscription {
    const mailbox = new Mailbox(subscriber);
    this.#mailboxes.add(mailbox);
    return {
      missed: this.#wanted(mailbox, after),
      wake: () => this.#deliver(mailbox),
      changed: (mark) => this.#wanted(mailbox, mark),
      end: () => this.#remove(mailbox),
    };
  }

  /** Delivers now all that has come. */
  flush(): void {
    for (const mailbox of [...this.#due]) this.#deliver(mailbox);
  }

  /**
   * Who is handed a topic of a session: its clients, and how many of them have not been sent all of it: they are slow, or
   * want it less often.
   */
  audience({ sessionId, topic }: About): { readonly clients: number; readonly waiting: number } {
    const mailboxes = [...(this.#channels.get(sessionId)?.get(topic)?.mailboxes ?? [])];
    const clients = mailboxes.filter(({ subscriber }) => subscriber.isClient);
    return { clients: clients.length, waiting: clients.filter(({ isEmpty }) => !isEmpty).length };
  }

  /** The times of a frame whose message has passed. */
  trace(trace: SessionTrace): void {
    for (const listener of this.#traceListeners) listener(trace);
  }

  /** Calls with the times of each frame that is traced. @returns how to end it */
  onTrace(listener: (trace: SessionTrace) => void): () => void {
    this.#traceListeners.add(listener);
    return () => void this.#traceListeners.delete(listener);
  }

  /** A session is gone for good: those who wanted its messages get the last ones, and are dropped. */
  close(sessionId: string): void {
    this.flush();
    this.#channels.delete(sessionId);
    this.#events.close(sessionId);
    for (const mailbox of [...this.#mailboxes]) {
      if (mailbox.subscriber.sessionId === sessionId) this.#drop(mailbox, 'session_over');
    }
  }

  #numbered(message: Unnumbered): Message {
    this.#seq += 1;
    return { ...message, seq: this.#seq };
  }

  #channel({ sessionId, cameraId, topic }: About): Channel {
    const ofSession = this.#channels.get(sessionId) ?? new Map<string, Channel>();
    const known = ofSession.get(topic);
    if (known) return known;
    const about = { sessionId, cameraId, topic };
    const channel = { ...about, mailboxes: new Set([...this.#mailboxes].filter((mailbox) => mailbox.wants(about))) };
    this.#channels.set(sessionId, ofSession.set(topic, channel));
    return channel;
  }

  /** Takes in what a subscriber wants now. @returns events since the mark that it wants and cannot be given */
  #wanted(mailbox: Mailbox, after: Mark | undefined): readonly Missed[] {
    const channels = [...this.#channels.values()].flatMap((ofSession) => inOrder(ofSession, mailbox.subscriber.topics));
    const had = new Set(channels.filter(({ mailboxes }) => mailboxes.has(mailbox)));
    const fresh = channels.filter((channel) => !had.has(channel) && mailbox.wants(channel));
    for (const channel of had) if (!mailbox.wants(channel)) channel.mailboxes.delete(mailbox);
    for (const { mailboxes } of fresh) mailboxes.add(mailbox);
    const missed = after ? this.#resume(mailbox, after, had) : [];
    for (const { retained } of mailbox.subscriber.isRecord ? [] : fresh) if (retained) this.#put(mailbox, retained);
    return missed;
  }

  #resume(mailbox: Mailbox, { epoch, seq }: Mark, had: ReadonlySet<About>): readonly Missed[] {
    const isOurs = epoch === this.epoch && seq <= this.#seq;
    const hadNames = new Set([...had].map(({ sessionId, topic }) => JSON.stringify([sessionId, topic])));
    const isFresh = (about: About) =>
      mailbox.wants(about) && !hadNames.has(JSON.stringify([about.sessionId, about.topic]));
    // Half of what may wait: what comes meanwhile has room, too.
    const room = mailbox.subscriber.maxQueuedChars / 2;
    const { events, missed } = this.#events.since(isOurs ? seq : 0, isFresh, room);
    for (const event of events) this.#put(mailbox, event);
    return isOurs || missed.some(({ about }) => !about) ? missed : [{}, ...missed];
  }

  #put(mailbox: Mailbox, message: Message): void {
    const put = mailbox.put(message);
    if (put === 'full') this.#drop(mailbox, 'queue_full');
    if (put !== 'put') return;
    this.#due.add(mailbox);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.flush();
    });
  }

  #deliver(mailbox: Mailbox): void {
    this.#due.delete(mailbox);
    if (mailbox.isEmpty) return;
    try {
      if (mailbox.deliver() === 'gone') this.#remove(mailbox);
    } catch (error) {
      this.#log.error('a subscriber failed, and gets nothing more', {
        code: 'subscriber_failed',
        error: errorMessage(error),
      });
      this.#drop(mailbox, 'failed');
    }
  }

  #drop(mailbox: Mailbox, why: Parameters<NonNullable<Subscriber['dropped']>>[0]): void {
    this.#remove(mailbox);
    try {
      mailbox.subscriber.dropped?.(why);
    } catch (error) {
      this.#log.error('a subscriber failed', { code: 'subscriber_failed', error: errorMessage(error) });
    }
  }

  #remove(mailbox: Mailbox): void {
    this.#mailboxes.delete(mailbox);
    for (const ofSession of this.#channels.values()) {
      for (const { mailboxes } of ofSession.values()) mailboxes.delete(mailbox);
    }
    this.#due.delete(mailbox);
  }
}

/** The channels of a session, in the order in which a subscriber names their topics. */
function inOrder(ofSession: ReadonlyMap<string, Channel>, topics: ReadonlySet<string> | undefined): Channel[] {
  const names = topics ?? ofSession.keys();
  return [...names].flatMap((name) => ofSession.get(name) ?? []);
}
