/** Numbered messages, and a subscriber that writes down what it takes. */
import type { Answer, Message, Subscriber } from '../../runtime/hub/message.ts';

/** Topics of which the latest counts. */
export const LATEST = ['tick', 'ptz'];

export function message(topic: string, n: number, more: Partial<Message> = {}): Message {
  const keep = LATEST.includes(topic) ? 'latest' : 'every';
  const value = { n };
  return { sessionId: 's', topic, keep, value, json: JSON.stringify(value), live: true, isNews: true, ...more };
}

/** A subscriber that writes down what it takes, as `topic n`. */
export class Reader implements Subscriber {
  readonly taken: string[] = [];
  readonly batches: number[] = [];
  readonly drops: string[] = [];
  readonly isRecord: boolean;
  readonly maxQueuedChars: number;
  readonly sessionId?: string;
  readonly topics?: ReadonlySet<string>;
  /** What it does with a batch that is offered. */
  answer: (batch: readonly Message[]) => Answer = () => 'ok';

  constructor(options: Partial<Pick<Reader, 'isRecord' | 'maxQueuedChars' | 'sessionId' | 'topics' | 'answer'>> = {}) {
    Object.assign(this, options);
    this.isRecord = options.isRecord ?? false;
    this.maxQueuedChars = options.maxQueuedChars ?? Number.POSITIVE_INFINITY;
  }

  deliver(batch: readonly Message[]): Answer {
    const answer = this.answer(batch);
    if (answer !== 'ok') return answer;
    this.batches.push(batch.length);
    for (const { topic, value } of batch) this.taken.push(`${topic} ${'n' in value ? value.n : '?'}`);
    return answer;
  }

  dropped(why: string): void {
    this.drops.push(why);
  }
}
