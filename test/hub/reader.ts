/** Numbered messages, and a subscriber that writes down what it takes. */
import type { Answer, Message, Subscriber, Unnumbered } from '../../runtime/hub/message.ts';

/** Topics of which the latest counts. */
export const LATEST = ['tick', 'ptz'];

export function message(topic: string, n: number, more: Partial<Message> = {}): Unnumbered {
  const keep = LATEST.includes(topic) ? 'latest' : 'every';
  return { sessionId: 's', cameraId: 'c', topic, keep, json: `{"n":${n}}`, live: true, isNews: true, ...more };
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
    this.taken.push(...batch.map(nameOf));
    return answer;
  }

  dropped(why: string): void {
    this.drops.push(why);
  }
}

/** `topic n` */
export function nameOf({ topic, json }: Unnumbered): string {
  return `${topic} ${JSON.parse(json).n}`;
}
