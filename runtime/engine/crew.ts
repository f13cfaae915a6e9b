/** A worker as seen by the engine: its state, and the tasks that it has not answered yet. */
import { type ErrorRecord, errorMessage, fromRecord, toRecord, WindhoverError } from '../errors.ts';
import { createFrameTimes, frameTimes } from './frame-times.ts';
import type { FrameTrace, FromWorker, Handover, NodeReport, Tasks, ToWorker, Wiring } from './messages.ts';
import { createPulses, type Phase, PulseReader } from './pulse.ts';

type Job = Omit<Extract<ToWorker, { type: 'job' }>, 'pulses' | 'frameTimes'>;

export interface CrewListener {
  report(report: NodeReport): void;
  /** A node failed, or the worker itself. */
  failed(error: ErrorRecord): void;
  /** The worker is open, and has ended before its nodes. */
  exited(error: ErrorRecord): void;
  done(): void;
}

/** Tasks of a worker take milliseconds; a worker that does not answer by then hangs. */
const TASK_DEADLINE_MS = 10_000;

export class Crew {
  readonly name: string;
  readonly pulses: PulseReader;
  /** Resolves when its thread has ended: after `terminate`, unless that is held up by native code. */
  readonly gone: Promise<void>;
  /** All that it was started with, by their numbers in it. */
  readonly #numbered: readonly string[];
  /** Those of them that it hosts. */
  #nodes: readonly string[];
  readonly #words: Int32Array;
  readonly #times: Float64Array | undefined;
  readonly #worker: Worker;
  readonly #listener: CrewListener;
  readonly #tasks = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #opened = Promise.withResolvers<void>();
  #lastTask = 0;
  #state: 'starting' | 'opening' | 'open' | 'done' = 'starting';

  constructor(name: string, nodes: readonly string[], isTraced: boolean, listener: CrewListener) {
    this.name = name;
    [this.#numbered, this.#nodes] = [nodes, nodes];
    this.#listener = listener;
    for (const { promise } of [this.#ready, this.#opened]) promise.catch(() => undefined);
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url).href, { name });
    this.#worker.onmessage = (event: MessageEvent<FromWorker>) => this.#receive(event.data);
    this.#worker.onerror = (event: ErrorEvent) => {
      this.fail(toRecord(event.error ?? event.message, { code: 'worker_failed' }));
    };
    this.#words = createPulses(nodes.length);
    this.pulses = new PulseReader(this.#words);
    this.#times = isTraced ? createFrameTimes(nodes.length) : undefined;
    this.gone = new Promise((resolve) => this.#worker.addEventListener('close', () => resolve()));
    void this.gone.then(() => this.#exited());
  }

  get nodes(): readonly string[] {
    return this.#nodes;
  }

  get state(): 'starting' | 'opening' | 'open' | 'done' {
    return this.#state;
  }

  /** Opens the nodes. @throws WindhoverError of the first node that cannot be opened */
  async open(job: () => Job): Promise<void> {
    await this.#ready.promise;
    this.#state = 'opening';
    const shared = { pulses: this.#words, ...(this.#times ? { frameTimes: this.#times } : {}) };
    this.#worker.postMessage({ ...job(), ...shared } satisfies ToWorker);
    await this.#opened.promise;
  }

  /** Links the open nodes and starts them. */
  start({ wiring, transfer }: { wiring: Wiring; transfer: MessagePort[] }): void {
    this.#worker.postMessage({ type: 'start', wiring } satisfies ToWorker, transfer);
  }

  send(message: Extract<ToWorker, { type: 'stop' | 'request' }>): void {
    this.#worker.postMessage(message);
  }

  /** @throws WindhoverError of the worker, or `worker_hangs` */
  async ask<K extends keyof Tasks>(
    task: K,
    params: Tasks[K]['params'],
    transfer: MessagePort[] = [],
  ): Promise<Tasks[K]['answer']> {
    await this.#ready.promise;
    this.#lastTask += 1;
    const id = this.#lastTask;
    const { promise, resolve, reject } = Promise.withResolvers<Tasks[K]['answer']>();
    this.#tasks.set(id, { resolve, reject });
    this.#worker.postMessage({ ...params, type: 'task', id, task }, transfer);
    const late = () => {
      const node = this.stuckFor(() => 0)?.node ?? '';
      const what = `worker ${this.name} gives no answer to ${task}: node ${node} does not come back`;
      reject(new WindhoverError('worker_hangs', what, { expected: `one within ${TASK_DEADLINE_MS} ms`, node }));
    };
    const timer = setTimeout(late, TASK_DEADLINE_MS);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#tasks.delete(id);
    });
  }

  /**
   * Closes the nodes of a worker that is not needed, as far as they are open, and ends it.
   * @param goOn those that hand over, and do not end
   */
  async discard(goOn = this.nodes): Promise<void> {
    if (this.#state === 'done') return;
    await this.ask('leave', { nodes: this.nodes, goOn }).catch((error: unknown) =>
      this.#listener.report(notClosed(this.name, error)),
    );
    this.terminate();
  }

  /** Ends the nodes of a worker whose inputs will never end. */
  async end(): Promise<void> {
    if (this.#state === 'done') return;
    await this.ask('pause', { nodes: this.nodes, rings: [] }).catch((error: unknown) =>
      this.#listener.report(notClosed(this.name, error)),
    );
    await this.discard([]);
  }

  /** The node that holds up the worker for so many looks at the pulses; see {@link PulseReader.stuck}. */
  stuckFor(leastLooks: (node: string, phase: Phase) => number): { node: string; phase: Phase } | undefined {
    const id = (node: number) => this.#numbered[node] ?? '';
    const found = this.pulses.stuck((node, phase) => leastLooks(id(node), phase));
    return found && { node: id(found.node), phase: found.phase };
  }

  /** What its nodes have noted of a frame. */
  times(index: number): FrameTrace['nodes'] {
    const table = this.#times;
    if (!table) return [];
    return this.#numbered.flatMap((node, number) => {
      const times = this.#nodes.includes(node) ? frameTimes(table, number, index) : undefined;
      return times ? [{ node, ...times }] : [];
    });
  }

  /** Has these nodes close and hand over. */
  async leave(nodes: readonly string[], goOn: readonly string[]): Promise<Handover> {
    const handover = await this.ask('leave', { nodes, goOn });
    this.#nodes = this.#nodes.filter((id) => !nodes.includes(id));
    return handover;
  }

  /** Ends the worker at once; its nodes are closed already, or lost. */
  terminate(): void {
    this.#state = 'done';
    this.#worker.terminate();
  }

  /** Errors go to the caller of open until the worker is open; afterwards to the listener. */
  fail(error: ErrorRecord): void {
    if (this.#state === 'open') this.#listener.failed(error);
    else for (const { reject } of [this.#ready, this.#opened]) reject(fromRecord(error));
  }

  #exited(): void {
    if (this.#state === 'done') return;
    const node = this.stuckFor(() => 0)?.node ?? this.nodes[0];
    const error = toRecord(
      new WindhoverError('worker_exited', `its worker ${this.name} has exited`),
      node === undefined ? {} : { node },
    );
    if (this.#state === 'open') this.#listener.exited(error);
    else this.fail(error);
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'hello':
        this.#ready.resolve();
        break;
      case 'opened':
        this.#state = 'open';
        this.#opened.resolve();
        break;
      case 'failed':
        this.fail(message.error);
        break;
      case 'done':
        this.#state = 'done';
        this.#listener.done();
        break;
      case 'task_done':
        this.#tasks.get(message.id)?.resolve(message.answer as never);
        break;
      case 'task_failed':
        this.#tasks.get(message.id)?.reject(fromRecord(message.error));
        break;
      default:
        this.#listener.report(message);
    }
  }
}

function notClosed(worker: string, error: unknown): NodeReport {
  const fields = { worker, error: errorMessage(error) };
  return {
    type: 'log',
    entry: { level: 'warn', node: null, message: 'a worker could not be closed in order', fields },
  };
}
