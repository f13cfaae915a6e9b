/** What passes through the hub, and who takes it. */
import type { Topic } from '../../schemas/topics.ts';
import type { AboutFrame } from '../data.ts';
import type { FrameTrace } from '../engine/messages.ts';

/** What a message is about: one topic of one session, or of the server. */
export interface About {
  /** Empty: the server's own. */
  readonly sessionId: string;
  /** Empty: the server's own. */
  readonly cameraId: string;
  /** Name of its topic. */
  readonly topic: string;
}

export interface Message extends About {
  /** Of all messages of this hub; a later one has a higher number. */
  readonly seq: number;
  readonly keep: Topic['keep'];
  /** The message itself, an object, as text: made once for all. */
  readonly json: string;
  /** False: for the record alone. */
  readonly live: boolean;
  /** False: it says only that time has passed. */
  readonly isNews: boolean;
  readonly frame?: AboutFrame;
  /** Its frame is traced. */
  readonly traced?: true;
}

/** The times of a frame whose message was `traced`. */
export type SessionTrace = FrameTrace & Pick<About, 'sessionId' | 'cameraId'>;

/** A message as it is published. */
export type Unnumbered = Omit<Message, 'seq'>;

/**
 * `ok`: taken. `behind`: not now; what has been offered stays in the mailbox, and is offered again with the next message
 * or at `wake`. Messages: these alone stay. `gone`: it wants nothing any more.
 */
export type Answer = 'ok' | 'behind' | 'gone' | readonly Message[];

export interface Subscriber {
  /** Takes messages of this session only; without it, of all. */
  readonly sessionId?: string;
  /** Takes these topics, and what is retained of them in this order; without it, all. */
  readonly topics?: ReadonlySet<string>;
  /** Takes only what this is true of. It is asked once for each topic of a session; see `Subscription.changed`. */
  wants?(about: About): boolean;
  /**
   * False: the latest news. Messages for live clients, of which a newer one may take the place of an older one.
   * True: a record. Every message that is news, also those that are not for live clients.
   */
  readonly isRecord: boolean;
  /** It hands on what it gets to a client of the server. */
  readonly isClient?: boolean;
  /** Most characters of messages of which each one counts that may wait; more, and it is dropped. */
  readonly maxQueuedChars: number;
  /** Called at the end of the turn of the event loop with all that came in it, in order. */
  deliver(batch: readonly Message[]): Answer;
  /** It gets nothing more: its session is over, too much waited for it, or its `deliver` threw. */
  dropped?(why: 'session_over' | 'queue_full' | 'failed'): void;
}
