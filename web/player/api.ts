/** The public API of the player, as types alone: served as `/player.d.ts`. */

export interface PlayOptions {
  /** Bearer token, for a server that wants one. */
  readonly token?: string;
  /** Why there is no picture, in words; null: it plays. */
  readonly onState?: (why: string | null) => void;
}

/** Plays live video, and tries again for ever. */
export interface Player {
  /** While it plays by WebRTC. */
  readonly receiver: RTCRtpReceiver | undefined;
  /** `media`: MP4 by Media Source, where WebRTC is not there or does not pass. Some hundred ms later. */
  readonly way: 'webrtc' | 'media';
  close(): void;
}

/** @param url where a camera is played: its `view_url`, or any WHEP address */
export declare function play(video: HTMLVideoElement, url: string, options?: PlayOptions): Player;
