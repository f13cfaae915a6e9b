/** Writes to a socket that may take only a part; the side that the bytes come from waits until the rest is gone. */

interface Sink {
  write(bytes: Buffer): number;
  end(): void;
}

interface Origin {
  pause(): void;
  resume(): void;
}

export class Outlet {
  readonly #sink: Sink;
  readonly #origin: Origin;
  #waiting: Buffer[] = [];
  /** Neighbours in the same memory, to be written in one go. */
  #run: Buffer | undefined;
  #isHeld = false;
  #isEnding = false;

  /** @param origin where nearly all of its bytes come from */
  constructor(sink: Sink, origin: Origin) {
    [this.#sink, this.#origin] = [sink, origin];
  }

  /** `flush` writes them. */
  add(bytes: Buffer): void {
    const run = this.#run;
    const isNext = run?.buffer === bytes.buffer && run.byteOffset + run.length === bytes.byteOffset;
    if (run && isNext) {
      this.#run = Buffer.from(run.buffer, run.byteOffset, run.length + bytes.length);
      return;
    }
    this.#finishRun();
    this.#run = bytes;
  }

  /** Writes what was added, as far as it is taken. */
  flush(): void {
    this.#finishRun();
    this.#write();
  }

  /** The socket takes more. */
  drain(): void {
    if (this.#isHeld) this.#write();
  }

  /** Ends the connection when all is written. */
  end(): void {
    this.#isEnding = true;
    this.flush();
  }

  #finishRun(): void {
    if (this.#run && this.#run.length > 0) this.#waiting.push(this.#run);
    this.#run = undefined;
  }

  #write(): void {
    let written = 0;
    for (const bytes of this.#waiting) {
      const taken = Math.max(0, this.#sink.write(bytes));
      if (taken < bytes.length) {
        this.#waiting[written] = bytes.subarray(taken);
        break;
      }
      written += 1;
    }
    this.#waiting = this.#waiting.slice(written);
    this.#hold(this.#waiting.length > 0);
    if (this.#isEnding && this.#waiting.length === 0) this.#sink.end();
  }

  #hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    if (isHeld) this.#origin.pause();
    else this.#origin.resume();
  }
}
