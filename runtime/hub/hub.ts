/**
 * The hub: takes the messages of all sessions and hands them to its subscribers. It does not depend on what kind they
 * are.
 *
 *     session ──publish──▶ hub ──▶ mailbox ──deliver──▶ WebSocket client, record (--jsonl), …
 *                           │
 *                           └─ the latest message of each topic, for those who come later
 *
 * Messages that come in one turn of the event loop are delivered together at its end. Each subscriber has a mailbox of
 * its own: one that throws, or falls behind, changes nothing for the others.
 */
import { errorMessage } from '../errors.ts';
import type { Logger } from '../node.ts';
import { Mailbox } from './mailbox.ts';
import type { Message, Subscriber } from './message.ts';

export interface Subscription {
  /** Offers again what waits: the subscriber is no longer behind. */
  wake(): void;
  /** Nothing more is delivered. */
  end(): void;
}

/** In place of a session's id: the mailboxes of those who take all sessions. */
const ALL = '';

export class Hub {
  readonly #log: Logger;
  readonly #mailboxes = new Map<string, Set<Mailbox>>();
  /** By session and topic. */
  readonly #retained = new Map<string, Map<string, Message>>();
  readonly #due = new Set<Mailbox>();
  #flushScheduled = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Hands a message to all who want it. */
  publish(message: Message): void {
    if (message.live && message.keep === 'latest') this.retain(message);
    for (const session of [message.sessionId, ALL]) {
      for (const mailbox of this.#mailboxes.get(session) ?? []) this.#put(mailbox, message);
    }
  }

  /** Retains a message for later subscribers, instead of the last one, without delivering it now. */
  retain(message: Message): void {
    const ofSession = this.#retained.get(message.sessionId) ?? new Map<string, Message>();
    this.#retained.set(message.sessionId, ofSession.set(message.topic, message));
  }

  /** The latest message of a topic of which the latest counts. */
  retained(sessionId: string, topic: string): Message | undefined {
    return this.#retained.get(sessionId)?.get(topic);
  }

  /** Nobody is to be told of this topic any more: its node is gone. */
  forget(sessionId: string, topic: string): void {
    this.#retained.get(sessionId)?.delete(topic);
  }

  /** From now on the subscriber gets what it wants; what is retained of that comes first. */
  subscribe(subscriber: Subscriber): Subscription {
    const mailbox = new Mailbox(subscriber);
    const { sessionId = ALL, topics, isRecord } = subscriber;
    this.#mailboxes.set(sessionId, (this.#mailboxes.get(sessionId) ?? new Set()).add(mailbox));
    const sessions = sessionId === ALL ? this.#retained.values() : [this.#retained.get(sessionId) ?? new Map()];
    for (const ofSession of isRecord ? [] : sessions) {
      for (const topic of topics ?? ofSession.keys()) {
        const message = ofSession.get(topic);
        if (message) this.#put(mailbox, message);
      }
    }
    return { wake: () => this.#deliver(mailbox), end: () => this.#remove(mailbox) };
  }

  /** Delivers now all that has come. */
  flush(): void {
    for (const mailbox of [...this.#due]) this.#deliver(mailbox);
  }

  /** A session is gone for good: those who wanted its messages get the last ones, and are dropped. */
  close(sessionId: string): void {
    this.flush();
    this.#retained.delete(sessionId);
    for (const mailbox of [...(this.#mailboxes.get(sessionId) ?? [])]) this.#drop(mailbox, 'session_over');
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
    const { sessionId = ALL } = mailbox.subscriber;
    const mailboxes = this.#mailboxes.get(sessionId);
    mailboxes?.delete(mailbox);
    if (mailboxes?.size === 0) this.#mailboxes.delete(sessionId);
    this.#due.delete(mailbox);
  }
}
