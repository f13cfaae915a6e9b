/** What the overlay is made of. Lengths are CSS pixels from the top left of the element's border box, unless a name says otherwise. */
import type { MetadataTick } from './wire.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly w: number;
  readonly h: number;
}

export interface Rect extends Point, Size {}

/**
 * How the displayed frame's capture time is known, best first. `rtp`: its RTP timestamp. `capture`: the capture time that
 * the sender states. `playout`: the browser's estimate of what it plays. `media`: the position in a file or in Media
 * Source. `manual`: now, less `offsetMs`. `own`: told by the page (`captureUnixMs`).
 */
export type ClockName = 'rtp' | 'capture' | 'playout' | 'media' | 'manual' | 'own';

export interface FrameTime {
  readonly clock: ClockName;
  /** When the frame was captured, on the server's clock. */
  readonly captureUnixMs: number;
  /** How far off that may be; null: not known. */
  readonly errorMs: number | null;
}

/** `predicted`: not seen for longer than boxes are moved on by their velocity. `lost`: the target, where it was seen last. */
export type BoxState = 'selected' | 'other' | 'predicted' | 'lost';

export interface TrackBox {
  readonly id: number;
  readonly label: string;
  readonly conf: number;
  readonly zones: readonly string[];
  readonly state: BoxState;
  readonly isTarget: boolean;
  /** Since the track was last seen, at the time of the frame. */
  readonly ageMs: number;
  /** As shares of the frame. */
  readonly bboxNorm: Rect;
}

/** What held at one time. */
export interface Moment {
  /** The latest tick that is not later; null: none is known. */
  readonly tick: MetadataTick | null;
  /** Source frame of that time, as the ticks count them. */
  readonly frameIndex: number | null;
  readonly boxes: readonly TrackBox[];
}

export interface OverlayBox extends TrackBox, Rect {
  /** Where its centre was in the last 2 s, oldest first; the last one is now. */
  readonly tail: readonly Point[];
}

/** What belongs on one displayed frame. */
export interface OverlayFrame {
  /** Null: it is not known what the picture shows, so there are no boxes. */
  readonly time: FrameTime | null;
  /** Where the whole picture lies, also the part that `object-fit: cover` cuts off. */
  readonly picture: Rect;
  readonly boxes: readonly OverlayBox[];
  /** Source frame that the boxes belong to, as the ticks count them. */
  readonly frameIndex: number | null;
  /** The latest tick that is not later than the frame. */
  readonly tick: MetadataTick | null;
}

/** A part of the picture, as shares of it. */
export interface Zone {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}
