/**
 * Requests to the nodes of one session that have not been answered yet. They wait for a process that is starting, and
 * for the next one when theirs dies; not longer than {@link ANSWER_WITHIN_MS} in all.
 */
import type { NodeReply, NodeRequest, Outcome } from '../engine/messages.ts';
import { toRecord, WindhoverError } from '../errors.ts';
import { requestScope } from '../request-scope.ts';

const ANSWER_WITHIN_MS = 5000;
const MOST_PENDING = 1000;

interface Pending {
  readonly request: NodeRequest;
  readonly timer: ReturnType<typeof setTimeout>;
  readonly resolve: (outcome: Outcome) => void;
}

export class PendingRequests {
  readonly #send: (request: NodeRequest) => void;
  readonly #withinMs: number;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #isOpen = false;
  #isClosed = false;

  constructor(send: (request: NodeRequest) => void, withinMs = ANSWER_WITHIN_MS) {
    this.#send = send;
    this.#withinMs = withinMs;
  }

  /** Resolves with the answer, or with `request_timeout`, `too_many_requests` or `session_over`. */
  ask(name: string, params: unknown): Promise<Outcome> {
    if (this.#isClosed) return Promise.resolve(failed('session_over', `${name}: the session is over`));
    if (this.#pending.size >= MOST_PENDING) {
      return Promise.resolve(failed('too_many_requests', `${name}: ${MOST_PENDING} requests wait for an answer`));
    }
    this.#lastId += 1;
    const scope = requestScope.getStore();
    const request = { type: 'request', id: this.#lastId, name, params, ...(scope ? { scope } : {}) } as const;
    return new Promise((resolve) => {
      const late = () =>
        this.#settle(request.id, failed('request_timeout', `${name}: no answer in ${this.#withinMs} ms`));
      this.#pending.set(request.id, { request, timer: setTimeout(late, this.#withinMs), resolve });
      if (this.#isOpen) this.#send(request);
    });
  }

  /** The process is ready: waiting requests are sent, in order. */
  opened(): void {
    this.#isOpen = true;
    for (const { request } of this.#pending.values()) this.#send(request);
  }

  answered(reply: NodeReply): void {
    this.#settle(reply.id, 'error' in reply ? { error: reply.error } : { result: reply.result });
  }

  processGone(): void {
    this.#isOpen = false;
  }

  /** No answer will come any more. */
  close(): void {
    this.#isClosed = true;
    for (const { request } of [...this.#pending.values()]) {
      this.#settle(request.id, failed('session_over', `${request.name}: the session is over`));
    }
  }

  #settle(id: number, outcome: Outcome): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    pending.resolve(outcome);
  }
}

function failed(code: string, message: string): Outcome {
  return { error: toRecord(new WindhoverError(code, message)) };
}
