/** The thread of the database, as its calls. One that hangs or dies is replaced at the next call of `open`. */
import { errorMessage, fromRecord, WindhoverError } from '../../errors.ts';
import type { Call, CallName, Reply, StoreCalls } from './rows.ts';

/** Longer than the deadlines of the database itself. */
const ANSWER_LIMIT_MS = 30_000;
/** More, and whoever asks is told to come later. */
const MAX_WAITING = 200;

type Argument<N extends CallName> = Parameters<StoreCalls[N]>[0];
type Result<N extends CallName> = Awaited<ReturnType<StoreCalls[N]>>;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

export class StoreThread {
  #worker: Worker | undefined;
  #lastId = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** @throws WindhoverError what the database says; `history_busy`, `history_hangs` */
  call<N extends CallName>(name: N, argument: Argument<N>): Promise<Result<N>> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (this.#waiting.size >= MAX_WAITING) reject(new WindhoverError('history_busy', 'the history has too much to do'));
    else {
      const worker = this.#running();
      const id = ++this.#lastId;
      const timer = setTimeout(
        () => this.#drop(worker, `no answer within ${ANSWER_LIMIT_MS / 1000} s`),
        ANSWER_LIMIT_MS,
      );
      this.#waiting.set(id, { resolve, reject, timer });
      worker.postMessage({ id, name, argument } satisfies Call);
    }
    return promise as Promise<Result<N>>;
  }

  /** Whether there is one: a new one has not opened its database. */
  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  end(): void {
    if (this.#worker) this.#drop(this.#worker, 'the history is closed');
  }

  #running(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./store-worker.ts', import.meta.url).href, { name: 'history' });
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#answered(data);
    worker.onerror = (event) => this.#drop(worker, errorMessage(event.message));
    worker.addEventListener('close', () => this.#drop(worker, 'its thread ended'));
    return worker;
  }

  #answered(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(reply.id);
    if ('error' in reply) waiting.reject(fromRecord(reply.error));
    else waiting.resolve(reply.result);
  }

  #drop(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    worker.terminate();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, timer } of waiting) {
      clearTimeout(timer);
      reject(new WindhoverError('history_hangs', `the thread of the history: ${why}`));
    }
  }
}
