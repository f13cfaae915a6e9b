/** What one try to play needs, by WebRTC (webrtc.ts) or Media Source (media.ts). */
export interface Playing {
  readonly video: HTMLVideoElement;
  readonly url: URL;
  readonly headers: HeadersInit;
  /** A picture comes. */
  started(): void;
  /** No more of it comes. */
  lost(why: string): void;
}
