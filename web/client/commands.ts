/** Commands and their replies: the server replies to each message once, in their order. */
import type { CommandError } from './api.ts';
import type { Ack, Command } from './wire.ts';

/** The server itself gives up after 5 s. */
const REPLY_WITHIN_MS = 8000;
const WORDS: Readonly<Record<string, string>> = {
  not_connected: 'not sent: there is no connection to the server',
  no_answer: 'the server did not answer; whether it has taken the command is not known',
  forbidden: 'refused: this user may not do that',
  rate_limited: 'refused: too many commands, or the node did not answer; try again',
  unknown_command: 'refused: this graph has no node that takes a target',
};

interface Waiting {
  readonly resolve: (ack: Ack) => void;
  readonly reject: (error: CommandError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

export class CommandQueue {
  readonly #send: (text: string) => boolean;
  #waiting: Waiting[] = [];

  /** @param send false: there is no connection */
  constructor(send: (text: string) => boolean) {
    this.#send = send;
  }

  /** @param command on `/ws` with the session that it is for */
  send(command: Command & { readonly session_id?: string }): Promise<Ack> {
    return new Promise((resolve, reject) => {
      if (!this.#send(JSON.stringify(command))) {
        reject(commandError('not_connected'));
        return;
      }
      // It keeps its place: its reply may still come, and must not be taken for that of the next one.
      const timer = setTimeout(() => reject(commandError('no_answer')), REPLY_WITHIN_MS);
      this.#waiting.push({ resolve, reject, timer });
    });
  }

  reply(message: { readonly type?: string; readonly error?: unknown }): void {
    const first = this.#waiting.shift();
    clearTimeout(first?.timer);
    if (message.type === 'ack') first?.resolve(message as Ack);
    else first?.reject(commandError(String(message.error) as CommandError['code']));
  }

  /** The connection is gone, and all replies with it. */
  fail(): void {
    for (const { reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      reject(commandError('no_answer'));
    }
  }
}

function commandError(code: CommandError['code']): CommandError {
  return Object.assign(new Error(WORDS[code] ?? `refused: ${code}`), { name: 'CommandError', code });
}
