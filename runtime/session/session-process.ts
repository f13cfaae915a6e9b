/** A session's process: spawns it, types its messages, sees to it that it goes. Knows nothing of what it is for. */
import type { Clock } from '../clock.ts';
import type { FromChild, ToChild } from './messages.ts';

/** The `start` message, but for what the process fills in itself. */
export type ProcessStart = Omit<Extract<ToChild, { type: 'start' }>, 'type' | 'monoMs'>;

export interface ProcessListener {
  message(message: FromChild): void;
  /** A line that the process or a library in it printed. */
  output(line: string): void;
  /** It is gone, and no message follows. */
  exited(how: string): void;
}

const CHILD = new URL('./child.ts', import.meta.url).pathname;
/** After the exit, messages that are still in the channel get this long to arrive. */
const CHANNEL_DRAIN_MS = 100;

export class SessionProcess {
  readonly #process: Bun.Subprocess<'ignore', 'ignore', 'pipe'>;
  readonly #listener: ProcessListener;
  #received = 0;
  #gone = false;

  constructor(start: ProcessStart, clock: Clock, listener: ProcessListener) {
    this.#listener = listener;
    let disconnected: () => void = () => undefined;
    const drained = new Promise<void>((resolve) => {
      disconnected = resolve;
    });
    this.#process = Bun.spawn([process.execPath, CHILD], {
      stdio: ['ignore', 'ignore', 'pipe'],
      serialization: 'advanced',
      ipc: (message: FromChild) => {
        if (message.type === 'hello') this.send({ type: 'start', ...start, monoMs: clock.monoMs() });
        else this.#receive(message);
      },
      onDisconnect: () => disconnected(),
    });
    void this.#readOutput();
    void this.#process.exited.then(async () => {
      await Promise.race([drained, Bun.sleep(CHANNEL_DRAIN_MS)]);
      this.#gone = true;
      listener.exited(this.#how());
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  send(message: ToChild): void {
    if (this.#gone || this.#process.killed || this.#process.exitCode !== null) return;
    this.#process.send(message);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #receive(message: FromChild): void {
    if (message.type === 'client') this.#acknowledge();
    this.#listener.message(message);
    // The process waits for this before it leaves: its last messages are then through.
    if (message.type === 'done') this.#process.disconnect();
  }

  /** In batches: an acknowledgement a message would double the traffic. */
  #acknowledge(): void {
    this.#received += 1;
    if (this.#received < ACK_BATCH) return;
    this.send({ type: 'ack', count: this.#received });
    this.#received = 0;
  }

  async #readOutput(): Promise<void> {
    let rest = '';
    for await (const chunk of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n');
      rest = (lines.pop() ?? '').slice(0, MAX_LINE);
      for (const line of lines) if (line.trim()) this.#listener.output(line.slice(0, MAX_LINE));
    }
    if (rest.trim()) this.#listener.output(rest);
  }

  #how(): string {
    const { signalCode, exitCode } = this.#process;
    return signalCode ? `killed by ${signalCode}` : `exit code ${exitCode}`;
  }
}

const ACK_BATCH = 16;
const MAX_LINE = 2000;
