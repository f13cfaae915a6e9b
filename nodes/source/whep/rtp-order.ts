/**
 * Puts RTP packets back into the order in which they were sent. A gap is waited for, as the server sends again what is
 * asked for; then its packets are lost. Pure stepper.
 */

export interface RtpPart {
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits, 90,000 a second. */
  readonly timestamp: number;
  /** It is the last of its picture. */
  readonly isLast: boolean;
  readonly payload: Buffer;
  /** When the picture was taken, 64 bits of NTP time by the clock of the sender, if it says. */
  readonly captureNtp?: bigint | undefined;
}

export interface Ordered {
  readonly part: RtpPart;
  /** Packets before it were lost. */
  readonly isAfterLoss: boolean;
}

/** A gap is not waited for any longer: by time, and by packets that wait behind it. */
const LONGEST_WAIT_MS = 100;
const MOST_WAITING = 500;
/** Further back it is not a late packet: the sender has begun a new count. */
const FURTHEST_BACK = 3000;

export class RtpOrder {
  /** Sequence number of the next packet. */
  #next: number | undefined;
  /** By sequence number: what waits for a gap to be filled. */
  readonly #waiting = new Map<number, RtpPart>();
  #gapSinceMs = 0;

  /** A packet arrived. @returns those whose turn it is */
  push(part: RtpPart, nowMs: number): Ordered[] {
    const ahead = this.#next === undefined ? 0 : signed16(part.sequence - this.#next);
    if (ahead < 0 && ahead > -FURTHEST_BACK) return [];
    if (ahead < 0) return this.#restart(part);
    if (ahead > 0 && this.#waiting.size === 0) this.#gapSinceMs = nowMs;
    this.#waiting.set(part.sequence, part);
    this.#next ??= part.sequence;
    const ordered = this.#inOrder(false);
    if (ordered.length > 0) this.#gapSinceMs = nowMs;
    const isLost = nowMs - this.#gapSinceMs > LONGEST_WAIT_MS || this.#waiting.size > MOST_WAITING;
    return isLost && this.#waiting.size > 0 ? [...ordered, ...this.#skipGap(nowMs)] : ordered;
  }

  #restart(part: RtpPart): Ordered[] {
    this.#waiting.clear();
    this.#next = after(part.sequence);
    return [{ part, isAfterLoss: true }];
  }

  #skipGap(nowMs: number): Ordered[] {
    const next = this.#next ?? 0;
    const nearest = Math.min(...[...this.#waiting.keys()].map((sequence) => (sequence - next) & 0xffff));
    this.#next = (next + nearest) & 0xffff;
    this.#gapSinceMs = nowMs;
    return this.#inOrder(true);
  }

  #inOrder(isAfterLoss: boolean): Ordered[] {
    const ordered: Ordered[] = [];
    while (this.#next !== undefined) {
      const part = this.#waiting.get(this.#next);
      if (part === undefined) break;
      this.#waiting.delete(this.#next);
      this.#next = after(this.#next);
      ordered.push({ part, isAfterLoss: isAfterLoss && ordered.length === 0 });
    }
    return ordered;
  }
}

function after(sequence: number): number {
  return (sequence + 1) & 0xffff;
}

function signed16(difference: number): number {
  return (difference << 16) >> 16;
}
