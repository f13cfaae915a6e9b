/** What one subscriber has not been given yet. */
import type { Answer, Message, Subscriber } from './message.ts';

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

  /** Takes in a message, if the subscriber wants it. */
  put(message: Message): 'put' | 'unwanted' | 'full' {
    const { topics, isRecord, maxQueuedChars } = this.subscriber;
    if (topics && !topics.has(message.topic)) return 'unwanted';
    if (!(isRecord ? message.isNews : message.live)) return 'unwanted';
    this.#add(message);
    return this.#queuedChars > maxQueuedChars ? 'full' : 'put';
  }

  /** Offers all that waits. @throws what the subscriber throws */
  deliver(): Answer {
    const offered = this.#waiting;
    const chars = this.#queuedChars;
    this.#waiting = [];
    this.#queuedChars = 0;
    const answer = this.subscriber.deliver(offered);
    if (answer !== 'behind') return answer;
    const meanwhile = this.#waiting;
    this.#waiting = offered;
    this.#queuedChars = chars + this.#queuedChars;
    for (const message of meanwhile) this.#replace(message);
    return answer;
  }

  #add(message: Message): void {
    const isCounted = message.keep === 'every' || this.subscriber.isRecord;
    if (isCounted) this.#queuedChars += message.json.length;
    this.#replace(message);
  }

  /** Puts a message last, in the place of the one before it where only the latest counts. */
  #replace(message: Message): void {
    const { sessionId, topic, keep } = message;
    if (keep === 'latest' && !this.subscriber.isRecord) {
      const before = this.#waiting.findIndex((older) => older.topic === topic && older.sessionId === sessionId);
      if (before >= 0) this.#waiting.splice(before, 1);
    }
    this.#waiting.push(message);
  }
}
