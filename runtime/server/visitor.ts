/**
 * A WebSocket whose client has yet to show its token, in the first message. Until then nothing is subscribed, and nothing
 * else is heard; what comes meanwhile waits, since clients send without waiting for an answer.
 *
 *     open ──{"type":"auth","token":…}──▶ admitted, as if the token had come with the handshake
 *       └────anything else, a token that is not valid, nothing in time──▶ closed (1008)
 */
import { Value } from '@sinclair/typebox/value';
import type { ServerWebSocket } from 'bun';
import { type Authorized, AuthSchema } from '../../schemas/topic-messages.ts';
import type { Caller } from '../access/caller.ts';
import { WindhoverError } from '../errors.ts';
import { cut } from '../text.ts';
import type { ServerLimits } from './limits.ts';

export type Incoming = string | Uint8Array;

/** What is taken over. */
export interface Visit {
  readonly socket: ServerWebSocket<unknown>;
  /** What came after the token, in order. */
  readonly waiting: readonly Incoming[];
}

export interface VisitorParts {
  /** Null: the token is not valid. */
  readonly identify: (token: string) => Promise<Caller | null>;
  /** Takes the socket over. @throws WindhoverError what the client asked for is not there for this caller */
  readonly admit: (caller: Caller, visit: Visit) => void;
  readonly failed: (error: unknown) => void;
  readonly limits: Pick<ServerLimits, 'authWithinMs' | 'maxWaitingMessages' | 'maxCommandChars'>;
}

/** The code of what a client may not do (RFC 6455, policy violation). */
const REFUSED = 1008;
const MOST_REASON_CHARS = 100;

export class Visitor {
  readonly #parts: VisitorParts;
  readonly #waiting: Incoming[] = [];
  #waitingChars = 0;
  #isHeard = false;
  #socket: ServerWebSocket<unknown> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: VisitorParts) {
    this.#parts = parts;
  }

  opened(socket: ServerWebSocket<unknown>): void {
    this.#socket = socket;
    this.#timer = setTimeout(() => this.close(REFUSED, 'a token is needed'), this.#parts.limits.authWithinMs);
  }

  receive(message: Incoming): void {
    if (this.#isHeard) {
      this.#keep(message);
      return;
    }
    this.#isHeard = true;
    const token = tokenIn(message);
    if (token === undefined) this.close(REFUSED, 'a token is needed');
    else void this.#identify(token);
  }

  /** The socket is closed, by whomever, or has been taken over. */
  gone(): void {
    clearTimeout(this.#timer);
    this.#socket = undefined;
  }

  close(code: number, reason: string): void {
    const socket = this.#socket;
    this.gone();
    socket?.close(code, reason);
  }

  #keep(message: Incoming): void {
    const { maxWaitingMessages, maxCommandChars } = this.#parts.limits;
    this.#waiting.push(message);
    this.#waitingChars += message.length;
    const isTooMuch = this.#waiting.length > maxWaitingMessages || this.#waitingChars > maxCommandChars;
    if (isTooMuch) this.close(REFUSED, 'too much before the token is checked');
  }

  async #identify(token: string): Promise<void> {
    try {
      const caller = await this.#parts.identify(token);
      const socket = this.#socket;
      if (socket && caller) this.#parts.admit(caller, { socket, waiting: this.#waiting });
      else this.close(REFUSED, 'the token is not valid');
    } catch (error) {
      const isTheirs = error instanceof WindhoverError;
      if (!isTheirs) this.#parts.failed(error);
      this.close(isTheirs ? REFUSED : 1011, isTheirs ? cut(error.message, MOST_REASON_CHARS) : 'internal error');
    }
  }
}

/** The token of a message that is `auth`; undefined: it is another message. */
export function tokenIn(message: Incoming): string | undefined {
  // Not every message is parsed twice.
  if (typeof message !== 'string' || message.length > MOST_CHARS || !message.includes('"auth"')) return undefined;
  try {
    const value: unknown = JSON.parse(message);
    return Value.Check(AuthSchema, value) ? value.token : undefined;
  } catch {
    // It is refused as what it is.
    return undefined;
  }
}

const MOST_CHARS = 8192;

/** The reply to `auth`. */
export function authorized({ role, cameras, expiresUnixMs }: Caller): Authorized {
  return { type: 'authorized', role, cameras: cameras && [...cameras], expires_unix_ms: expiresUnixMs };
}
