/** Interrupts FFmpeg's blocking calls when they take too long or the run is aborted. */
import type { FormatContext } from 'node-av/lib';

export class Deadline {
  expired = false;
  readonly #format: FormatContext;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.#format.interrupt();
  readonly #timer: ReturnType<typeof setInterval>;
  /** When the call under way began; NaN while there is none. One timer serves all calls: reads are many. */
  #beganMs = Number.NaN;

  constructor(format: FormatContext, timeoutMs: number, signal: AbortSignal) {
    this.#format = format;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort);
    this.#timer = setInterval(() => this.#look(), Math.min(250, timeoutMs / 4));
  }

  /** @param beganMs when the work began that the call is a part of */
  async of(call: Promise<number>, beganMs = performance.now()): Promise<number> {
    this.#beganMs = beganMs;
    const code = await call;
    this.#beganMs = Number.NaN;
    return code;
  }

  release(): void {
    clearInterval(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  #look(): void {
    if (!(performance.now() - this.#beganMs > this.#timeoutMs)) return;
    this.expired = true;
    this.#format.interrupt();
  }
}
