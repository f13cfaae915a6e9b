/** What a node of somebody's own sends may be anything: it must not take the server down, nor reach a client. */
import { errorMessage } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ClientMessage } from '../node.ts';

/** Logged at the first, and then at every so many. */
const LOG_EVERY = 1000;

export class MessageGuard {
  readonly #log: Log;
  #dropped = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Hands the message on; one that can't be read as its kind of message is dropped, and that is logged. */
  take(message: ClientMessage, use: (message: ClientMessage) => void): void {
    try {
      use(message);
    } catch (error) {
      if (this.#dropped++ % LOG_EVERY !== 0) return;
      this.#log.error('a node sent a message that is none of the wire contract; it is dropped', {
        code: 'bad_client_message',
        topic: message.topic,
        error: errorMessage(error),
        so_far: this.#dropped,
      });
    }
  }
}
