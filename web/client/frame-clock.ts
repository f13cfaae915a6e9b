/** When the displayed frame was captured: by the best clock that gives a believable answer. Pure. */
import type { FrameTime } from './shapes.ts';

/** What a browser tells about a frame. */
export interface FrameReading {
  /** 90 kHz, 32 bits. */
  readonly rtpTimestamp?: number | undefined;
  /** RTP timestamp of what was played last, which may be another frame. */
  readonly playedRtpTimestamp?: number | undefined;
  /** On this browser's clock. */
  readonly captureUnixMs?: number | undefined;
  /** On the sender's clock, as the browser estimates it. */
  readonly playoutUnixMs?: number | undefined;
  /** Position in a file or in Media Source. */
  readonly mediaTimeS?: number | undefined;
  /** The position was told with the frame, not asked for at some time. */
  readonly isOfFrame: boolean;
}

export interface ClockContext {
  /** Time of the server now; null: no message came yet. */
  readonly serverUnixMs: number | null;
  /** How far the browser's clock is ahead of the server's. */
  readonly aheadMs: number;
  /** Unix time of media time 0, of the stream that is shown. */
  readonly mediaZeroUnixMs: number | null;
  /** Error of the capture times in the ticks, against an absolute clock. */
  readonly tickErrorMs: number;
  readonly offsetMs: number;
}

const RTP_PER_MS = 90;
const RTP_WRAP_MS = 2 ** 32 / RTP_PER_MS;
/** Of live video. A capture time outside of this says that the clock is another one than thought. */
const OLDEST_MS = 30_000;
const LATEST_MS = 1000;
/** What each clock is off by, at most, when it works. */
const ERROR_MS = { rtp: 1, capture: 10, playout: 50, media: 1, mediaAsked: 25 } as const;

export function frameTime(reading: FrameReading, context: ClockContext): FrameTime | null {
  const { serverUnixMs, mediaZeroUnixMs, aheadMs, tickErrorMs, offsetMs } = context;
  const { rtpTimestamp, playedRtpTimestamp, captureUnixMs, mediaTimeS } = reading;
  const isLive = (unixMs: number) =>
    serverUnixMs !== null && unixMs > serverUnixMs - OLDEST_MS && unixMs < serverUnixMs + LATEST_MS;
  const ofRtp = (rtp: number | undefined): number | undefined =>
    rtp === undefined || mediaZeroUnixMs === null || serverUnixMs === null
      ? undefined
      : nearest(mediaZeroUnixMs + rtp / RTP_PER_MS, serverUnixMs);
  const rtpUnixMs = ofRtp(rtpTimestamp);
  if (rtpUnixMs !== undefined && isLive(rtpUnixMs)) {
    return { clock: 'rtp', captureUnixMs: rtpUnixMs, errorMs: ERROR_MS.rtp };
  }
  if (captureUnixMs !== undefined && isLive(captureUnixMs - aheadMs)) {
    return { clock: 'capture', captureUnixMs: captureUnixMs - aheadMs, errorMs: ERROR_MS.capture + tickErrorMs };
  }
  const playoutUnixMs = [ofRtp(playedRtpTimestamp), reading.playoutUnixMs].find(
    (unixMs) => unixMs !== undefined && isLive(unixMs),
  );
  if (playoutUnixMs !== undefined) {
    return { clock: 'playout', captureUnixMs: playoutUnixMs, errorMs: ERROR_MS.playout + tickErrorMs };
  }
  if (mediaTimeS !== undefined && mediaZeroUnixMs !== null) {
    const errorMs = reading.isOfFrame ? ERROR_MS.media : ERROR_MS.mediaAsked;
    return { clock: 'media', captureUnixMs: mediaZeroUnixMs + mediaTimeS * 1000, errorMs };
  }
  return serverUnixMs === null ? null : { clock: 'manual', captureUnixMs: serverUnixMs - offsetMs, errorMs: null };
}

/** RTP time begins anew every 13 hours. */
function nearest(unixMs: number, toMs: number): number {
  return unixMs + Math.round((toMs - unixMs) / RTP_WRAP_MS) * RTP_WRAP_MS;
}

/**
 * The server's clock as seen from here: no message comes before it was sent, so the smallest distance between arrival and
 * sending is the difference of the clocks and the shortest way. Pure stepper.
 */
export class ServerClock {
  #aheadMs: number | null = null;
  #lastMs = 0;

  /** How far this browser's clock is ahead. */
  get aheadMs(): number | null {
    return this.#aheadMs;
  }

  /** A message that was sent at `sentUnixMs` came. */
  observe(sentUnixMs: number, arrivalUnixMs: number): void {
    const delayMs = arrivalUnixMs - sentUnixMs;
    const knownMs = this.#aheadMs;
    const passedMs = Math.max(0, arrivalUnixMs - this.#lastMs);
    this.#lastMs = arrivalUnixMs;
    // A recording that begins again, or a clock that was set, is another clock.
    if (knownMs === null || delayMs < knownMs || delayMs > knownMs + RESET_MS) this.#aheadMs = delayMs;
    else this.#aheadMs = Math.min(delayMs, knownMs + passedMs * MAX_DRIFT);
  }
}

const RESET_MS = 5000;
/** Clocks drift apart by less. */
const MAX_DRIFT = 1e-4;
