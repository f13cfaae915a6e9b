/** What the probe in the browser finds out. */

export interface ProbeOptions {
  readonly session: string;
  readonly seconds: number;
  /** Only this clock of the client library. */
  readonly clock?: 'rtp' | 'capture' | 'playout' | 'media';
}

/** Of one displayed frame. */
export interface Sample {
  /** By the number in its pixels; null: it cannot be read. */
  readonly shownFrame: number | null;
  /** That the drawn box belongs to, between two a fraction; null: no box. */
  readonly boxFrame: number | null;
  /** From the decoded frame to the tick of the same frame; below 0: the tick was there before. Null: it did not come. */
  readonly boxKnownMs: number | null;
}

/** With boxes over a playing video. */
export interface Drawing {
  readonly tracks: number;
  /** Turns of the browser's animation, a second: video alone, with boxes, and with boxes drawn anew at each turn. */
  readonly bareFps: number;
  readonly fps: number;
  readonly everyTurnFps: number;
  /** What the overlay does for one frame. */
  readonly drawMs: readonly number[];
}
