/** What passes through the hub, and who takes it. */
import type { Topic } from '../../schemas/topics.ts';
import type { AboutFrame } from '../data.ts';

export interface Message {
  readonly sessionId: string;
  /** Name of its topic. */
  readonly topic: string;
  readonly keep: Topic['keep'];
  /** The message itself, an object, as text: made once for all. */
  readonly json: string;
  /** False: for the record alone. */
  readonly live: boolean;
  /** False: it says only that time has passed. */
  readonly isNews: boolean;
  readonly frame?: AboutFrame;
}

/**
 * `ok`: taken. `behind`: not now; what has been offered stays in the mailbox, and is offered again with the next message
 * or at `wake`. `gone`: it wants nothing any more.
 */
export type Answer = 'ok' | 'behind' | 'gone';

export interface Subscriber {
  /** Takes messages of this session only; without it, of all. */
  readonly sessionId?: string;
  /** Takes these topics, and what is retained of them in this order; without it, all. */
  readonly topics?: ReadonlySet<string>;
  /**
   * False: the latest news. Messages for live clients, of which a newer one may take the place of an older one.
   * True: a record. Every message that is news, also those that are not for live clients.
   */
  readonly isRecord: boolean;
  /** Most characters of messages of which each one counts that may wait; more, and it is dropped. */
  readonly maxQueuedChars: number;
  /** Called at the end of the turn of the event loop with all that came in it, in order. */
  deliver(batch: readonly Message[]): Answer;
  /** It gets nothing more: its session is over, too much waited for it, or its `deliver` threw. */
  dropped?(why: 'session_over' | 'queue_full' | 'failed'): void;
}
