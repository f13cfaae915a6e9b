/** When the displayed frame was captured: by the best clock that gives a believable answer. Pure. */
import type { ClockName, FrameTime } from './shapes.ts';

/** What a browser tells about a frame. */
export interface FrameReading {
  /** 90 kHz, 32 bits. */
  readonly rtpTimestamp?: number | undefined;
  /** RTP timestamp of what was played last, which may be another frame. */
  readonly playedRtpTimestamp?: number | undefined;
  /** Capture time of what was played last, on the sender's clock. */
  readonly playedCaptureUnixMs?: number | undefined;
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

/** @param only the one clock that counts */
export function frameTime(reading: FrameReading, context: ClockContext, only?: ClockName): FrameTime | null {
  const times = [...live(reading, context), ...always(reading, context)];
  return times.find(({ clock }) => only === undefined || clock === only) ?? null;
}

/** Of live video, best first. */
function live(
  reading: FrameReading,
  { serverUnixMs, mediaZeroUnixMs, aheadMs, tickErrorMs }: ClockContext,
): FrameTime[] {
  if (serverUnixMs === null) return [];
  const { rtpTimestamp, playedRtpTimestamp, captureUnixMs, playedCaptureUnixMs, playoutUnixMs } = reading;
  const ofRtp = (rtp: number | undefined) =>
    rtp === undefined || mediaZeroUnixMs === null
      ? undefined
      : nearest(mediaZeroUnixMs + rtp / RTP_PER_MS, serverUnixMs);
  // What was played last is some frames away from what is displayed: their RTP timestamps say how far.
  const fromPlayed =
    playedCaptureUnixMs === undefined || rtpTimestamp === undefined || playedRtpTimestamp === undefined
      ? undefined
      : playedCaptureUnixMs + ((rtpTimestamp - playedRtpTimestamp) | 0) / RTP_PER_MS;
  const here = captureUnixMs === undefined ? undefined : captureUnixMs - aheadMs;
  const times: readonly (readonly [ClockName, number | undefined, number])[] = [
    ['rtp', ofRtp(rtpTimestamp), ERROR_MS.rtp],
    ['capture', fromPlayed, ERROR_MS.capture + tickErrorMs],
    ['capture', here, ERROR_MS.capture + tickErrorMs],
    ['playout', ofRtp(playedRtpTimestamp), ERROR_MS.playout + tickErrorMs],
    ['playout', playoutUnixMs, ERROR_MS.playout + tickErrorMs],
  ];
  return times.flatMap(([clock, unixMs, errorMs]) =>
    unixMs !== undefined && unixMs > serverUnixMs - OLDEST_MS && unixMs < serverUnixMs + LATEST_MS
      ? [{ clock, captureUnixMs: unixMs, errorMs }]
      : [],
  );
}

function always(reading: FrameReading, { serverUnixMs, mediaZeroUnixMs, offsetMs }: ClockContext): FrameTime[] {
  const { mediaTimeS, isOfFrame } = reading;
  const times: FrameTime[] = [];
  if (mediaTimeS !== undefined && mediaZeroUnixMs !== null) {
    const errorMs = isOfFrame ? ERROR_MS.media : ERROR_MS.mediaAsked;
    times.push({ clock: 'media', captureUnixMs: mediaZeroUnixMs + mediaTimeS * 1000, errorMs });
  }
  if (serverUnixMs !== null) times.push({ clock: 'manual', captureUnixMs: serverUnixMs - offsetMs, errorMs: null });
  return times;
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
