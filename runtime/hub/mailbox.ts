/** What one subscriber has not been given yet. */
import type { About, Answer, Message, Subscriber } from './message.ts';

export class Mailbox {
  readonly subscriber: Subscriber;
  /** In order. */
  #waiting: Message[] = [];
  /** Characters of those of which each one counts. */
  #queuedChars = 0;

  constructor(subscriber: Subscriber) {
    this.subscriber = subscriber;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Whether messages of this topic of this session are for the subscriber. */
  wants(about: About): boolean {
    const { sessionId, topics } = this.subscriber;
    if (sessionId !== undefined && sessionId !== about.sessionId) return false;
    if (topics && !topics.has(about.topic)) return false;
    return this.subscriber.wants?.(about) ?? true;
  }

  /** Takes in a message of a topic that is wanted. */
  put(message: Message): 'put' | 'unwanted' | 'full' {
    const { isRecord, maxQueuedChars } = this.subscriber;
    if (!(isRecord ? message.isNews : message.live)) return 'unwanted';
    this.#add(message);
    return this.#queuedChars > maxQueuedChars ? 'full' : 'put';
  }

  /** Offers all that waits. @throws what the subscriber throws */
  deliver(): Answer {
    const offered = this.#waiting;
    this.#waiting = [];
    this.#queuedChars = 0;
    const answer = this.subscriber.deliver(offered);
    const staying = answer === 'behind' ? offered : typeof answer === 'string' ? [] : answer;
    if (staying.length === 0) return answer;
    const meanwhile = this.#waiting;
    this.#waiting = [];
    this.#queuedChars = 0;
    for (const message of [...staying, ...meanwhile]) this.#add(message);
    return answer;
  }

  /** Puts a message last, in the place of the one before it where only the latest counts. */
  #add(message: Message): void {
    const { sessionId, topic, keep, json } = message;
    if (keep === 'every' || this.subscriber.isRecord) this.#queuedChars += json.length;
    else {
      const before = this.#waiting.findIndex((older) => older.topic === topic && older.sessionId === sessionId);
      if (before >= 0) this.#waiting.splice(before, 1);
    }
    this.#waiting.push(message);
  }
}
