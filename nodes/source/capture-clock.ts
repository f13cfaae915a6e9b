/**
 * When the pictures of a live stream were taken, on the clock of this host. Pure stepper.
 *
 * Timestamps of a stream say how far apart its pictures are; their arrival says where that lies on our clock. A packet may be
 * late by any delay but never early, so the lower edge of arrival − timestamp is the stream's own clock, and its slope is
 * how much faster or slower that runs. Timestamps that jump begin a new edge. Those that do not keep pace with the packets
 * (they stand still, or are counted up at a stated rate) mean nothing: then a picture counts as taken when it arrives.
 *
 * An absolute time (RTCP sender report, `prft`) is used when it makes the delay a plausible one: then the delay of camera
 * and network is known, too. A camera whose clock is set wrong fails that test.
 */
import type { CaptureClock as ClockName } from '../../runtime/node.ts';
import { LowerEdge } from './lower-edge.ts';
import { RecentDelays } from './recent-delays.ts';

/** Of one packet. */
export interface PacketTimes {
  /** On the stream's own clock. */
  readonly timestampMs: number | undefined;
  /** On our monotonic clock. */
  readonly arrivalMs: number;
  /** When the picture was taken by the camera's absolute clock, put on our monotonic clock. */
  readonly absoluteMs?: number | undefined;
}

export interface ClockQuality {
  readonly clock: ClockName;
  /** What the capture times are read from: absolute times, timestamps set against arrival, arrival alone. */
  readonly basis: 'absolute' | 'timestamps' | 'arrival';
  /** Estimated error of the capture times; by arrival, the steady delay of camera and network comes on top. */
  readonly errorMs: number;
  /** How much slower the stream's clock runs than ours: 0.01 is 1 %. */
  readonly skew: number;
}

/** Clocks differ in speed by no more; timestamps that do are counted, not measured. */
const MAX_SKEW = 0.05;
/** A delay below the edge by that much, or above it for a second, begins a new edge. */
const NEW_EDGE_BELOW_MS = 100;
const NEW_EDGE_ABOVE_MS = 40;
/** Timestamps that go back by more have jumped; by less, it is the order of decoding. */
const JUMP_BACK_MS = 1000;
/** After that time a slope at the limit is believed also of packets that come in bursts. */
const SURE_AFTER_MS = 12_000;
/** The absolute clock counts as right while the smallest delay by it is in this range. */
const PLAUSIBLE_DELAY_MS = [-5, 1000] as const;
/** Capture times keep their distances to within this share, while the edge is being learned better. */
const SLEW = 0.05;

export class CaptureClock {
  readonly #edge = new LowerEdge(MAX_SKEW);
  readonly #absoluteEdge = new LowerEdge(MAX_SKEW);
  readonly #recent = new RecentDelays();
  /** Capture time less timestamp. */
  #offsetMs = 0;
  #isNewEdge = true;
  /** Timestamp of the packet that was stamped last. */
  #stampedMs = 0;
  #last: { readonly timestampMs: number; readonly arrivalMs: number } | undefined;
  /** The timestamps of the last second do not keep pace with the packets, or there are none. */
  #isLying = false;
  #meanLateMs = 0;

  /** A packet arrived. Packets are observed in the order of their arrival, all of those that wait before the first is stamped. */
  observe({ timestampMs, arrivalMs, absoluteMs }: PacketTimes): void {
    if (absoluteMs === undefined) this.#absoluteEdge.clear();
    else this.#observeAbsolute(arrivalMs, arrivalMs - absoluteMs);
    if (timestampMs === undefined) {
      this.#isLying = true;
      return;
    }
    const delayMs = arrivalMs - timestampMs;
    const stepMs = this.#last ? timestampMs - this.#last.timestampMs : 0;
    const passedMs = this.#last ? arrivalMs - this.#last.arrivalMs : 0;
    this.#last = { timestampMs, arrivalMs };
    const hasJumped = stepMs < -JUMP_BACK_MS && stepMs - passedMs < -JUMP_BACK_MS;
    if (hasJumped) this.#recent.clear();
    this.#recent.add(arrivalMs, delayMs);
    const edgeMs = this.#edge.at(arrivalMs);
    const isOff = delayMs < edgeMs - NEW_EDGE_BELOW_MS || this.#recent.smallestMs > edgeMs + NEW_EDGE_ABOVE_MS;
    const isAtLimit = this.#edge.slope >= MAX_SKEW && this.#edge.spanMs > SURE_AFTER_MS;
    this.#isLying = this.#recent.isRising || isAtLimit;
    if (hasJumped || isOff || this.#isLying) this.#edge.clear();
    this.#edge.add(arrivalMs, delayMs);
    this.#isNewEdge ||= this.#edge.spanMs === 0;
    this.#meanLateMs += 0.05 * (delayMs - this.#edge.at(arrivalMs) - this.#meanLateMs);
  }

  /**
   * When the picture was taken, on our monotonic clock. Asked once for each packet.
   * @param latestMs never later than that: for packets that are not held back, their arrival
   */
  captureMs({ timestampMs, arrivalMs, absoluteMs }: PacketTimes, latestMs = arrivalMs): number {
    if (timestampMs !== undefined) this.#follow(timestampMs, this.#edge.at(arrivalMs), latestMs);
    if (this.#trustsAbsolute(arrivalMs) && absoluteMs !== undefined) return Math.min(absoluteMs, latestMs);
    if (timestampMs === undefined || this.#isLying) return arrivalMs;
    return Math.min(latestMs, timestampMs + this.#offsetMs);
  }

  quality(arrivalMs: number): ClockQuality {
    const skew = this.#edge.slope;
    const delayMs = this.#absoluteEdge.at(arrivalMs);
    if (this.#trustsAbsolute(arrivalMs))
      return { clock: 'camera', basis: 'absolute', errorMs: Math.max(0, delayMs), skew };
    if (this.#isLying) return { clock: 'arrival', basis: 'arrival', errorMs: this.#recent.scatterMs, skew: 0 };
    return { clock: 'arrival', basis: 'timestamps', errorMs: this.#meanLateMs, skew };
  }

  #observeAbsolute(atMs: number, delayMs: number): void {
    const edgeMs = this.#absoluteEdge.at(atMs);
    if (Math.abs(delayMs - edgeMs) > JUMP_BACK_MS) this.#absoluteEdge.clear();
    this.#absoluteEdge.add(atMs, delayMs);
  }

  #trustsAbsolute(atMs: number): boolean {
    const [least, most] = PLAUSIBLE_DELAY_MS;
    const delayMs = this.#absoluteEdge.at(atMs);
    return delayMs >= least && delayMs <= most;
  }

  /** Brings the offset nearer to the edge: at once where it must be, else so slowly that distances stay right. */
  #follow(timestampMs: number, edgeMs: number, latestMs: number): void {
    const isTooLate = timestampMs + this.#offsetMs > latestMs;
    const isTooEarly = edgeMs > this.#offsetMs;
    const most = SLEW * Math.abs(timestampMs - this.#stampedMs);
    const nearer = this.#offsetMs + Math.max(-most, Math.min(most, edgeMs - this.#offsetMs));
    this.#offsetMs = this.#isNewEdge && (isTooLate || isTooEarly) ? edgeMs : nearer;
    this.#isNewEdge = false;
    this.#stampedMs = timestampMs;
  }
}
