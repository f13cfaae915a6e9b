/**
 * The public API, as types alone: together with shapes.ts and the messages it is served as `/client.d.ts`. What is
 * declared here is exported by index.ts.
 */
import type { ClockName, FrameTime, Moment, OverlayBox, OverlayFrame, Point, Zone } from './shapes.ts';
import type { Ack, AutotrackState, ClockState, ErrorCode, MetadataTick, PtzState, TrackEvent } from './wire.ts';

export interface ConnectOptions {
  /** Camera whose session is wanted; default: the first session of the server. */
  readonly camera?: string;
  /** Bearer token, for a server that wants one. */
  readonly token?: string;
  /** Default: tick, tracks, ptz, autotrack, clock. Those of your own nodes come as `other`. */
  readonly topics?: readonly string[];
  /** Most ticks a second, and of each other state. Default: all. */
  readonly hz?: number;
  /** Without a tick for that long the feed is `stale`. Default 2000. */
  readonly staleAfterMs?: number;
}

export interface FeedState {
  /** `live`: ticks come. `stale`: connected, but none come. `down`: not connected. */
  readonly status: 'live' | 'stale' | 'down';
  /** In words, for people; empty while live. */
  readonly why: string;
  readonly sinceUnixMs: number;
}

export interface FeedMessages {
  tick: MetadataTick;
  event: TrackEvent;
  ptz: PtzState;
  autotrack: AutotrackState;
  clock: ClockState;
  /** Of topics of your own nodes. */
  other: { readonly type?: unknown };
  /** Events that were missed while there was no connection, and are gone. `null`: not known how many. */
  gap: { readonly missed: number | null };
  state: FeedState;
}

export interface Feed {
  readonly state: FeedState;
  readonly sessionId: string | null;
  /** The last message of each kind. A new session begins without. */
  readonly latest: Readonly<Partial<FeedMessages>>;
  /** What held at a time, by the ticks of the last 10 s. */
  at(unixMs: number): Moment;
  /** Where the middle of a track was between two times, oldest first, as shares of the frame. */
  tail(trackId: number, fromUnixMs: number, toUnixMs: number): Point[];
  /** Time of the server now, as well as its messages tell; null before the first. */
  serverUnixMs(): number | null;
  /** @returns ends it */
  on<K extends keyof FeedMessages>(kind: K, listener: (message: FeedMessages[K]) => void): () => void;
  /** Follows this track. Resolves when the server has taken it. Rejects with a `CommandError`. */
  select(trackId: number): Promise<Ack>;
  /** Follows nothing. */
  clear(): Promise<Ack>;
  close(): void;
}

/** `not_connected` and `no_answer` are said by the client, all other codes by the server. */
export interface CommandError extends Error {
  readonly code: ErrorCode | 'not_connected' | 'no_answer';
}

export interface OverlayOptions {
  /** Clock `manual`: how much later than captured a frame is displayed. Default 100. */
  readonly offsetMs?: number;
  /** Clock `media`: Unix time of position 0. Default: what the topic `clock` says. */
  readonly mediaZeroUnixMs?: number;
  /** Clock `own`: capture time of the frame that is displayed, such as the one just drawn on a canvas. */
  readonly captureUnixMs?: () => number | null;
  /** Only this clock, also when there is a better one: to compare them. */
  readonly clock?: ClockName;
  /** What plays the video, by `play` or by a connection of your own: allows the clocks `capture` and `playout`. */
  readonly player?: { readonly receiver: RTCRtpReceiver | undefined };
  readonly zones?: readonly Zone[];
  /** Default true. */
  readonly labels?: boolean;
  /** Default true. */
  readonly tails?: boolean;
  /** After every frame that was drawn. */
  readonly onFrame?: (frame: OverlayFrame) => void;
}

/** Boxes for those who draw themselves. */
export interface Overlay {
  /** What belongs on the frame that the callback of `requestVideoFrameCallback` tells about; without it, on the current one. */
  frame(metadata?: VideoFrameCallbackMetadata): OverlayFrame;
  /** Measures the element anew, when `frame` should follow a change of layout at once. Else it is measured as needed. */
  measure(): void;
  close(): void;
}

/** Boxes drawn on a canvas over the element. */
export interface AttachedOverlay {
  readonly canvas: HTMLCanvasElement;
  /** What is drawn now. */
  readonly frame: OverlayFrame | null;
  /** How the current picture's time is known. */
  readonly time: FrameTime | null;
  /** The box that a click means: under the point, or the nearest within 24 px. Takes `clientX`, `clientY`. */
  boxAt(clientX: number, clientY: number): OverlayBox | null;
  /** The place in the picture, in shares of it; outside of the picture below 0 or above 1. Takes `clientX`, `clientY`. */
  pointAt(clientX: number, clientY: number): Point;
  /** Draws again now. */
  redraw(): void;
  close(): void;
}

export type OverlayElement = HTMLVideoElement | HTMLCanvasElement | HTMLImageElement;

/** @param url of the server (`http://127.0.0.1:8080`), or of one session's WebSocket (`ws://…/ws/sessions/ID`) */
export declare function connect(url: string, options?: ConnectOptions): Feed;
export declare function createOverlay(element: OverlayElement, feed: Feed, options?: OverlayOptions): Overlay;
export declare function attachOverlay(element: OverlayElement, feed: Feed, options?: OverlayOptions): AttachedOverlay;
