/**
 * The contracts of a user's nodes, for one check: their modules are loaded in a process of their own, and what a
 * contract has to say by a function is asked there. A module that hangs, exits or crashes is a fault of its node, and
 * the next one gets a new process.
 */
import { join } from 'node:path';
import { fromRecord, WindhoverError } from '../errors.ts';
import { sendTo } from '../ipc.ts';
import type { AnyNode, PrepareContext } from '../node.ts';
import { type Answer, CALLABLE, fromData, type Question } from './contract-messages.ts';
import { isFile } from './modules.ts';

/** Reading a large model is a matter of seconds, on a busy machine too. */
const ANSWER_LIMIT_MS = 10_000;
const CHILD = join(import.meta.dir, 'contract-child.ts');

export class ContractProcess implements Disposable {
  readonly #limitMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #contracts = new Map<string, Promise<AnyNode>>();
  #process: Bun.Subprocess | undefined;
  #answer: (answer: Answer) => void = () => undefined;
  #lastId = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param options.signal nobody waits for the check any more */
  constructor({ moduleLimitMs = ANSWER_LIMIT_MS, signal }: { moduleLimitMs?: number; signal?: AbortSignal }) {
    this.#limitMs = moduleLimitMs;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#kill, { once: true });
  }

  /** @throws WindhoverError `module`: see `loadModule`; also for one that ends its process, or is not loaded in time */
  load(module: string): Promise<AnyNode> {
    const known = this.#contracts.get(module) ?? this.#load(module);
    this.#contracts.set(module, known);
    return known;
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener('abort', this.#kill);
    this.#kill();
  }

  readonly #kill = (): void => {
    this.#process?.kill('SIGKILL');
    this.#process = undefined;
  };

  async #load(module: string): Promise<AnyNode> {
    // Not worth a process.
    if (!isFile(module)) throw new WindhoverError('module', `there is no file ${module}`, { permanent: true });
    const contract = fromData(await this.#ask(module, { what: 'contract' })) as AnyNode;
    const has = (value: unknown) => value === CALLABLE;
    const inputs = Object.entries(contract.inputs).map(([input, port]) => {
      const request = (params: unknown, prepare: PrepareContext) =>
        this.#ask(module, { what: 'request', input, params, prepare });
      return [input, has(port.request) ? { ...port, request } : port];
    });
    const { pace, validate, ...rest } = contract;
    return {
      ...rest,
      inputs: Object.fromEntries(inputs),
      ...(has(pace) ? { pace: (params) => this.#ask(module, { what: 'pace', params }) } : {}),
      ...(has(validate)
        ? { validate: (params, prepare) => this.#ask(module, { what: 'validate', params, prepare }) }
        : {}),
    } as AnyNode;
  }

  #ask(module: string, ask: Question['ask']): Promise<unknown> {
    const answer = this.#turn.then(() => this.#askNow(module, ask));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async #askNow(module: string, ask: Question['ask']): Promise<unknown> {
    this.#signal?.throwIfAborted();
    const child = this.#process?.exitCode === null ? this.#process : this.#start();
    this.#lastId += 1;
    const { promise, resolve } = Promise.withResolvers<Answer | 'late' | 'gone'>();
    this.#answer = (answer) => answer.id === this.#lastId && resolve(answer);
    const timer = setTimeout(() => resolve('late'), this.#limitMs);
    void child.exited.then(() => resolve('gone'));
    sendTo(child, { id: this.#lastId, module, ask } satisfies Question);
    const answer = await promise;
    clearTimeout(timer);
    if (typeof answer === 'object' && 'result' in answer) return answer.result;
    if (typeof answer === 'object') throw fromRecord(answer.error);
    this.#kill();
    const doing = ask.what === 'contract' ? 'load' : `answer ${ask.what}`;
    if (answer === 'late') {
      throw new WindhoverError('module', `${module} did not ${doing} within ${this.#limitMs / 1000} s`);
    }
    const how = child.signalCode ?? `exit code ${child.exitCode}`;
    throw new WindhoverError('module', `${module} ended its process when it was to ${doing} (${how})`, {
      permanent: true,
    });
  }

  #start(): Bun.Subprocess {
    this.#process = Bun.spawn([process.execPath, CHILD], {
      stdio: ['ignore', 'ignore', 'ignore'],
      serialization: 'advanced',
      ipc: (answer: Answer) => this.#answer(answer),
    });
    return this.#process;
  }
}
