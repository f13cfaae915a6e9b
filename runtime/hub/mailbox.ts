/** What one subscriber has not been given yet. */
import type { Answer, Message, Subscriber } from './message.ts';

export class Mailbox {
  readonly subscriber: Subscriber;
  /** In order. A message that may be replaced is found by its session and topic, any other by a number. */
  #waiting = new Map<string | number, Message>();
  #queuedChars = 0;
  #lastNumber = 0;

  constructor(subscriber: Subscriber) {
    this.subscriber = subscriber;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Takes in a message, if the subscriber wants it. */
  put(message: Message): 'put' | 'unwanted' | 'full' {
    const { topics, isRecord, maxQueuedChars } = this.subscriber;
    const isWanted = topics?.has(message.topic) ?? true;
    if (!isWanted || !(isRecord ? message.isNews : message.live)) return 'unwanted';
    if (message.keep === 'latest' && !isRecord) {
      const place = `${message.sessionId} ${message.topic}`;
      this.#waiting.delete(place);
      this.#waiting.set(place, message);
      return 'put';
    }
    this.#lastNumber += 1;
    this.#waiting.set(this.#lastNumber, message);
    this.#queuedChars += message.json.length;
    return this.#queuedChars > maxQueuedChars ? 'full' : 'put';
  }

  /** Offers all that waits. @throws what the subscriber throws */
  deliver(): Answer {
    const [offered, chars] = [this.#waiting, this.#queuedChars];
    this.#waiting = new Map();
    this.#queuedChars = 0;
    const answer = this.subscriber.deliver([...offered.values()]);
    if (answer !== 'behind') return answer;
    // Whatever came meanwhile goes behind it, or takes its place.
    const meanwhile = this.#waiting;
    this.#waiting = offered;
    this.#queuedChars += chars;
    for (const [place, message] of meanwhile) {
      offered.delete(place);
      offered.set(place, message);
    }
    return answer;
  }
}
