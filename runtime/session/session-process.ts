/** A session's process: spawns it, types its messages, and makes sure that it ends. */
import { join } from 'node:path';
import { type Clock, exactMomentOf } from '../clock.ts';
import { sendTo } from '../ipc.ts';
import { nativeEnv } from '../native-env.ts';
import { RateLimit } from '../rate-limit.ts';
import type { FromChild, ToChild } from './messages.ts';

/** The `start` message, but for what the process fills in itself. */
export type ProcessStart = Omit<Extract<ToChild, { type: 'start' }>, 'type' | 'now'>;

export interface ProcessListener {
  message(message: FromChild): void;
  /** A line that the process printed: a node's `console.log`, or a native library. */
  output(line: string, from: 'stdout' | 'stderr'): void;
  /** The process has ended; no message follows. */
  exited(how: string): void;
}

const CHILD = join(import.meta.dir, 'child.ts');
/** After the exit, messages that are still in the channel get this long to arrive. */
const CHANNEL_DRAIN_MS = 100;

export class SessionProcess {
  readonly #process: Bun.Subprocess<'inherit', 'pipe', 'pipe'>;
  readonly #listener: ProcessListener;
  readonly #clock: Clock;
  readonly #lineLimit = new RateLimit(LINES.perS, LINES.burst);
  #received = 0;
  #started = false;
  #gone = false;

  constructor(start: ProcessStart, clock: Clock, listener: ProcessListener) {
    this.#listener = listener;
    this.#clock = clock;
    let disconnected: () => void = () => undefined;
    const drained = new Promise<void>((resolve) => {
      disconnected = resolve;
    });
    this.#process = Bun.spawn([process.execPath, CHILD], {
      env: { ...LEAN, ...nativeEnv() },
      // Standard input: a node may read its video there.
      stdio: ['inherit', 'pipe', 'pipe'],
      serialization: 'advanced',
      ipc: (message: FromChild) => {
        // What arrives after the exit was reported would be taken for the next process's.
        if (this.#gone) return;
        if (message.type !== 'hello') return this.#receive(message);
        this.#started = true;
        this.send({ type: 'start', ...start, now: exactMomentOf(clock) });
      },
      onDisconnect: () => disconnected(),
    });
    void this.#readOutput('stdout');
    void this.#readOutput('stderr');
    void this.#process.exited.then(async () => {
      await Promise.race([drained, Bun.sleep(CHANNEL_DRAIN_MS)]);
      this.#gone = true;
      listener.exited(this.#how());
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Does nothing when the process is ending: `exited` follows. */
  send(message: ToChild): void {
    if (!this.#gone) sendTo(this.#process, message);
  }

  /** Asks it to end in order. One that has not started is simply killed. */
  stop(): void {
    if (this.#started) this.send({ type: 'stop' });
    else this.kill();
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #receive(message: FromChild): void {
    if (message.type === 'published') this.#acknowledge();
    this.#listener.message(message);
    // The process waits for this before it leaves: its last messages are then through.
    if (message.type === 'done') this.#process.disconnect();
  }

  /** In batches: one acknowledgement per message would double the traffic. */
  #acknowledge(): void {
    this.#received += 1;
    if (this.#received < ACK_BATCH) return;
    this.send({ type: 'ack', count: this.#received });
    this.#received = 0;
  }

  async #readOutput(from: 'stdout' | 'stderr'): Promise<void> {
    let rest = '';
    for await (const chunk of this.#process[from].pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n');
      rest = (lines.pop() ?? '').slice(0, MAX_LINE);
      for (const line of lines) if (line.trim()) this.#print(line.slice(0, MAX_LINE), from);
    }
    if (rest.trim()) this.#print(rest, from);
  }

  #print(line: string, from: 'stdout' | 'stderr'): void {
    if (!this.#lineLimit.take(this.#clock.monoMs())) return;
    const leftOut = this.#lineLimit.takeRefused();
    if (leftOut > 0) this.#listener.output(`(${leftOut} lines were left out)`, from);
    this.#listener.output(line, from);
  }

  #how(): string {
    const { signalCode, exitCode } = this.#process;
    return signalCode ? `killed by ${signalCode}` : `exit code ${exitCode}`;
  }
}

/**
 * JavaScript that runs only at the start is not compiled to machine code, which with what is noted for it takes 4 MB; what
 * runs for each frame is, a little later. Bun's default is 500 and 100.
 */
const LEAN: Readonly<Record<string, string>> = {
  BUN_JSC_thresholdForJITAfterWarmUp: '5000',
  BUN_JSC_thresholdForJITSoon: '2000',
  // Bun also collects garbage by a timer: in each heap, once a second while the process is young. In ms.
  BUN_GC_TIMER_INTERVAL: '5000',
};
const ACK_BATCH = 16;
const MAX_LINE = 2000;
/** Lines that the process may print. */
const LINES = { perS: 50, burst: 500 };
