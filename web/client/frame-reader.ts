/** Asks the browser for all that it knows of the time of the displayed frame. */
import type { Feed, OverlayElement, OverlayOptions } from './api.ts';
import { type FrameReading, frameTime } from './frame-clock.ts';
import type { FrameTime } from './shapes.ts';

const DEFAULT_OFFSET_MS = 100;
const ASK_EVERY_MS = 500;
/** In browsers before types. */
type Played = RTCRtpSynchronizationSource & { readonly captureTimestamp?: number };

/** NTP counts from 1900. */
const NTP_TO_UNIX_MS = 2_208_988_800_000;

export class FrameReader {
  readonly #element: OverlayElement;
  readonly #feed: Feed;
  readonly #options: OverlayOptions;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  /** How far what is played lies behind the sender's clock: of the browser's estimate. */
  #playoutDelayMs: number | undefined;

  constructor(element: OverlayElement, feed: Feed, options: OverlayOptions) {
    this.#element = element;
    this.#feed = feed;
    this.#options = options;
    if (options.player) this.#timer = setInterval(() => void this.#askPlayout(), ASK_EVERY_MS);
  }

  /** @param metadata of the frame; without it, the time of what is displayed now is asked for */
  time(metadata: VideoFrameCallbackMetadata | undefined): FrameTime | null {
    const { captureUnixMs, mediaZeroUnixMs, offsetMs = DEFAULT_OFFSET_MS } = this.#options;
    const own = captureUnixMs?.();
    if (own !== undefined && own !== null) return { clock: 'own', captureUnixMs: own, errorMs: 0 };
    const serverUnixMs = this.#feed.serverUnixMs();
    const { clock } = this.#feed.latest;
    return frameTime(
      this.#reading(metadata),
      {
        serverUnixMs,
        aheadMs: serverUnixMs === null ? 0 : Date.now() - serverUnixMs,
        mediaZeroUnixMs: mediaZeroUnixMs ?? clock?.media_zero_unix_ms ?? null,
        tickErrorMs: clock?.error_ms ?? 0,
        offsetMs,
      },
      this.#options.clock,
    );
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #reading(metadata: VideoFrameCallbackMetadata | undefined): FrameReading {
    const element = this.#element;
    if (!(element instanceof HTMLVideoElement)) return { isOfFrame: false };
    // Of a stream, the position counts from when it began to play here.
    const isStream = element.srcObject instanceof MediaStream;
    const shownUnixMs = unixOf(metadata?.expectedDisplayTime ?? performance.now());
    const { rtpTimestamp, captureTime, mediaTime } = metadata ?? {};
    const played: Played | undefined = this.#options.player?.receiver?.getSynchronizationSources?.()[0];
    return {
      rtpTimestamp,
      playedRtpTimestamp: played?.rtpTimestamp,
      playedCaptureUnixMs:
        played?.captureTimestamp === undefined ? undefined : played.captureTimestamp - NTP_TO_UNIX_MS,
      captureUnixMs: captureTime === undefined || !isStream ? undefined : unixOf(captureTime),
      playoutUnixMs: this.#playoutDelayMs === undefined ? undefined : shownUnixMs - this.#playoutDelayMs,
      mediaTimeS: isStream ? undefined : (mediaTime ?? element.currentTime),
      isOfFrame: metadata !== undefined,
    };
  }

  async #askPlayout(): Promise<void> {
    for (const report of (await this.#options.player?.receiver?.getStats())?.values() ?? []) {
      const { estimatedPlayoutTimestamp: ntpMs, timestamp } = report;
      if (report.type !== 'inbound-rtp' || typeof ntpMs !== 'number') continue;
      this.#playoutDelayMs = timestamp - (ntpMs - NTP_TO_UNIX_MS);
    }
  }
}

/** Of a time on the browser's monotonic clock. Its origin is not kept: the wall clock may be set while the page is open. */
function unixOf(performanceMs: number): number {
  return Date.now() - performance.now() + performanceMs;
}
