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
import type { CaptureClock as ClockName } from '../runtime/node.ts';
import { AbsolutePace } from './absolute-pace.ts';
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
  /**
   * Most that the capture times are off, nearly always. What no stream tells is not in it: the least delay of camera and
   * network where only the arrival counts; how wrong the camera's clock is beyond the delay by it.
   */
  readonly errorMs: number;
  /** How much slower the stream's clock runs than ours: 0.01 is 1 %. */
  readonly skew: number;
}

/** Timestamps that go on by so much more than the time that has passed are said to have jumped. */
const TOLD_JUMP_MS = 2000;
/** Clocks differ in speed by no more; timestamps that do are counted, not measured. */
const MAX_SKEW = 0.05;
/** A delay below the edge by that much, or above it for a second, begins a new edge. */
const NEW_EDGE_BELOW_MS = 100;
const NEW_EDGE_ABOVE_MS = 40;
/** Timestamps that go back by more have jumped; by less, it is the order of decoding. */
const JUMP_BACK_MS = 1000;
/** After that time a slope at the limit is believed also of packets that come in bursts. */
const SURE_AFTER_MS = 12_000;
/** The absolute clock counts as right while the smallest delay by it is in this range, and it runs as fast as ours. */
const PLAUSIBLE_DELAY_MS = [-5, 1000] as const;
const LONGEST_SEGMENT_DELAY_MS = 60_000;
const SURE_EDGE_MS = 2000;
/** What is known of the order of pictures is forgotten by that share with each. */
const FORGET_REORDER = 0.99;
/** Capture times keep their distances to within this share, while the edge is being learned better. */
const SLEW = 0.05;

export class CaptureClock {
  readonly #isSegmented: boolean;
  readonly #edge = new LowerEdge(MAX_SKEW);
  readonly #absoluteEdge = new LowerEdge(MAX_SKEW);
  readonly #absolutePace = new AbsolutePace();
  readonly #recent = new RecentDelays();
  /** Capture time less timestamp. */
  #offsetMs = 0;
  #isNewEdge = true;
  /** Timestamp of the packet that was stamped last. */
  #stampedMs = 0;
  #arrivedMs: number | undefined;
  #last: { readonly timestampMs: number; readonly arrivalMs: number } | undefined;
  /** By how much the timestamp of the latest packet has jumped; 0: it has not. */
  jumpMs = 0;
  /** The timestamps of the last second do not keep pace with the packets, or there are none. */
  #isLying = false;
  /** How old pictures were when they arrived, over the last seconds. */
  readonly #late = new RecentMean();
  readonly #gap = new RecentMean();
  /** From the last capture time to the edge. */
  #besideMs = 0;
  /** How far timestamps go back where pictures are sent in another order than taken. */
  #reorderMs = 0;

  /** @param isSegmented the stream comes in segments of some seconds, which are old when they come */
  constructor(isSegmented = false) {
    this.#isSegmented = isSegmented;
  }

  /** A packet arrived. Packets are observed in the order of their arrival, all of those that wait before the first is stamped. */
  observe({ timestampMs, arrivalMs, absoluteMs }: PacketTimes): void {
    if (absoluteMs === undefined) this.#clearAbsolute();
    else this.#observeAbsolute(arrivalMs, arrivalMs - absoluteMs);
    if (this.#arrivedMs !== undefined) this.#gap.add(arrivalMs - this.#arrivedMs, arrivalMs - this.#arrivedMs);
    this.#arrivedMs = arrivalMs;
    if (timestampMs === undefined) {
      this.#isLying = true;
      return;
    }
    const delayMs = arrivalMs - timestampMs;
    const stepMs = this.#last ? timestampMs - this.#last.timestampMs : 0;
    const passedMs = this.#last ? arrivalMs - this.#last.arrivalMs : 0;
    this.#last = { timestampMs, arrivalMs };
    this.jumpMs = Math.abs(stepMs) > passedMs + TOLD_JUMP_MS ? stepMs : 0;
    const hasJumped = stepMs < -JUMP_BACK_MS && stepMs - passedMs < -JUMP_BACK_MS;
    if (hasJumped) this.#recent.clear();
    else this.#reorderMs = Math.max(-stepMs, this.#reorderMs * FORGET_REORDER);
    this.#recent.add(arrivalMs, delayMs);
    const edgeMs = this.#edge.at(arrivalMs);
    const isOff = delayMs < edgeMs - NEW_EDGE_BELOW_MS || this.#recent.smallestMs > edgeMs + NEW_EDGE_ABOVE_MS;
    const isAtLimit = Math.abs(this.#edge.slope) >= MAX_SKEW && this.#edge.spanMs > SURE_AFTER_MS;
    this.#isLying = this.#recent.isDrifting || isAtLimit;
    if (hasJumped || isOff || this.#isLying) this.#edge.clear();
    this.#edge.add(arrivalMs, delayMs);
    this.#isNewEdge ||= this.#edge.spanMs === 0;
  }

  /**
   * When the picture was taken, on our monotonic clock. Asked once for each packet.
   * @param latestMs never later than that: for packets that are not held back, their arrival
   */
  captureMs({ timestampMs, arrivalMs, absoluteMs }: PacketTimes, latestMs = arrivalMs): number {
    const stepMs = Math.abs((timestampMs ?? 0) - this.#stampedMs);
    if (timestampMs !== undefined) this.#follow(timestampMs, this.#edge.at(arrivalMs), latestMs);
    if (this.#trustsAbsolute(arrivalMs) && absoluteMs !== undefined) return Math.min(absoluteMs, latestMs);
    if (timestampMs === undefined || this.#isLying) return arrivalMs;
    const captureMs = Math.min(latestMs, timestampMs + this.#offsetMs);
    this.#besideMs = Math.abs(timestampMs + this.#edge.at(arrivalMs) - captureMs);
    this.#late.add(Math.max(0, arrivalMs - captureMs), stepMs);
    return captureMs;
  }

  /** Of the capture time that was asked for last. */
  quality(arrivalMs: number): ClockQuality {
    const skew = this.#edge.slope;
    if (this.#trustsAbsolute(arrivalMs)) {
      // Encoders that change the order hold pictures back, and some cameras report the time of sending instead.
      const errorMs = Math.max(0, this.#absoluteEdge.at(arrivalMs)) + 2 * this.#reorderMs;
      return { clock: 'camera', basis: 'absolute', errorMs, skew };
    }
    if (this.#isLying) return { clock: 'arrival', basis: 'arrival', errorMs: 2 * this.#gap.value, skew: 0 };
    // Of a new edge little is known, and timestamps that run ahead make new ones all the time.
    const unknownMs = this.#edge.spanMs < SURE_EDGE_MS ? this.#gap.value : 0;
    const errorMs = 2 * this.#late.value + this.#besideMs + this.#reorderMs + unknownMs;
    return { clock: 'arrival', basis: 'timestamps', errorMs, skew };
  }

  #observeAbsolute(atMs: number, delayMs: number): void {
    const edgeMs = this.#absoluteEdge.at(atMs);
    if (Math.abs(delayMs - edgeMs) > JUMP_BACK_MS) this.#clearAbsolute();
    this.#absoluteEdge.add(atMs, delayMs);
    this.#absolutePace.add(atMs, delayMs);
  }

  #clearAbsolute(): void {
    this.#absoluteEdge.clear();
    this.#absolutePace.clear();
  }

  #trustsAbsolute(atMs: number): boolean {
    const [least, most] = PLAUSIBLE_DELAY_MS;
    const delayMs = this.#absoluteEdge.at(atMs);
    if (this.#isSegmented) return delayMs >= least && delayMs <= LONGEST_SEGMENT_DELAY_MS;
    return delayMs >= least && delayMs <= most && !this.#absolutePace.isOff;
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

const RECENT_MS = 10_000;

/** Mean over the last seconds. */
class RecentMean {
  value = 0;
  #sumMs = 0;

  /** @param spanMs for how long it was so */
  add(value: number, spanMs: number): void {
    this.#sumMs = Math.min(this.#sumMs + spanMs, RECENT_MS);
    if (this.#sumMs > 0) this.value += (Math.min(spanMs, this.#sumMs) / this.#sumMs) * (value - this.value);
    else this.value = value;
  }
}
