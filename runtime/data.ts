/**
 * The values on the links of a graph. Plain data only, so that every value except a packet can go to another worker.
 *
 * Coordinate space: every box on a link is in **source pixels** (the decoded frame of the ingest), `x, y` = top-left
 * corner. `publish` alone normalizes. Suffixes say the unit: `Px`, `S` (seconds), `Ms`, `Norm`.
 */

import type { MetadataTick } from '../schemas/metadata-tick.ts';

/**
 * Built-in kinds of links. `packet` stays inside one worker (native objects), `frame` is a ring, the rest are messages.
 */
export const LINK_KINDS = ['packet', 'frame', 'detections', 'tracks', 'ptz'] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** `realtime`: latest wins, late frames are dropped and counted. `asap`: nothing is dropped, the writer waits. */
export type Pace = 'realtime' | 'asap';

export interface Size {
  readonly w: number;
  readonly h: number;
}

/** Axis-aligned box, `x, y` = top-left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Which frame of the source a value is about, and when that frame was seen. */
export interface FrameMeta {
  /** Decoded (or replayed) frames of this run, from 0; skipped frames count. */
  readonly index: number;
  /** Media time since the first frame in seconds; goes on rising when a source loops. */
  readonly mediaTimeS: number;
  /** Capture time of the frame, as exact as known: Unix time. */
  readonly captureUnixMs: number;
  /** The same moment on a clock that never jumps. `asap` pace: media time from 0. */
  readonly captureMonoMs: number;
  /** Where the capture time comes from; absent: not stated. */
  readonly captureClock?: CaptureClock;
  /** When the frame left the decoder, on the host's monotonic clock (see clock.ts); for latency figures only. */
  readonly decodedMonoMs: number;
  /** Size of the source frame in pixels. */
  readonly size: Size;
}

/** The frame that a published message is about. */
export interface AboutFrame {
  readonly decodedMonoMs: number;
  readonly inferenceMs: number;
}

/**
 * `camera`: from the camera. `arrival`: from the start of the stream's arrival, so exposure, encoding
 * and network delay are not included. `media`: the time in a file.
 */
export type CaptureClock = (typeof CAPTURE_CLOCKS)[number];
export const CAPTURE_CLOCKS = ['camera', 'arrival', 'media'] as const;

/** How the timestamps of one opened stream become media time and capture time. */
export interface Timeline {
  /** Timestamp of the stream (seconds, its own zero) … */
  readonly originPtsS: number;
  /** … that is this media time, … */
  readonly originMediaS: number;
  /** … captured at this Unix time … */
  readonly originUnixMs: number;
  /** … which is this moment on the monotonic clock (`asap` pace: the media time itself). */
  readonly originMonoMs: number;
  readonly clock?: CaptureClock;
}

/** A compressed packet. Native objects are the source's and valid only while the handler runs. */
export interface PacketMessage {
  /** node-av `Packet`. */
  readonly packet: unknown;
  /** node-av `CodecParameters`. */
  readonly codec: unknown;
  /** Seconds per timestamp unit. */
  readonly timeBase: { readonly num: number; readonly den: number };
  /** Nominal frames per second, 0 when unknown. */
  readonly frameRate: number;
  /** Rises whenever the stream starts again (loop, reconnect): the decoder drains and begins again. */
  readonly generation: number;
  readonly timeline: Timeline;
}

export interface Detection {
  readonly bboxPx: Box;
  /** In [0, 1]. */
  readonly confidence: number;
  /** The most probable class in this frame. */
  readonly label: string;
  /** How probable each class is, given that there is an object: in [0, 1], by the order of `classes.names`. */
  readonly classProbabilities?: readonly number[];
}

/** Classes of a model that tells "there is an object" apart from "of which class". */
export interface DetectionClasses {
  /** By class number. */
  readonly names: readonly string[];
  /** Label of an object until its class is certain; null: always the most probable class. */
  readonly unknown: string | null;
}

export interface DetectionsMessage {
  readonly frame: FrameMeta;
  readonly detections: readonly Detection[];
  /**
   * Present when the confidence of a detection only says that there is an object; its class must then be decided from
   * the `classProbabilities` of several frames.
   */
  readonly classes?: DetectionClasses;
  /** Time spent in the model for this frame; 0 for replayed detections. */
  readonly inferenceMs: number;
}

export interface Track {
  /** From 1, never used twice in a session. */
  readonly id: number;
  readonly label: string;
  /** Confidence of the detection matched in this frame, in [0, 1]. */
  readonly confidence: number;
  readonly bboxPx: Box;
  /** Motion of the box centre in the image. */
  readonly velocityPxPerS: { readonly x: number; readonly y: number };
  /** Names of the zones that the track is in. */
  readonly zones?: readonly string[];
}

/** A track that may be seen again, under its id, before a moment on the clock of `captureMonoMs`. */
export interface HeldTrack {
  readonly id: number;
  readonly untilMonoMs: number;
}

/** The tracks that were seen in this frame. */
export interface TracksMessage {
  readonly frame: FrameMeta;
  readonly tracks: readonly Track[];
  /** All tracks that may be seen in later frames; any other is over. Absent: not stated. */
  readonly held?: readonly HeldTrack[];
  readonly inferenceMs: number;
}

export type TrackingPhase = MetadataTick['tracking_phase'];

/** State of autotrack, once per frame. */
export interface PtzMessage {
  readonly frame: FrameMeta;
  readonly selectedTargetId: number | null;
  readonly phase: TrackingPhase;
  /** Absent while no camera is driven. `cmd`: last commanded velocity, each in [-1, 1]. */
  readonly ptz?: NonNullable<MetadataTick['ptz']>;
}

/** The value type of each built-in kind of links. */
export interface LinkValues {
  packet: PacketMessage;
  frame: FrameView;
  detections: DetectionsMessage;
  tracks: TracksMessage;
  ptz: PtzMessage;
}

// ---------------------------------------------------------------------------------------------------------- frames

/**
 * `rgb24`/`bgr24`: interleaved bytes. `gray8`: one byte a pixel. `rgbf32`/`bgrf32`: three planes of 32-bit floats (the
 * NCHW layout that models take) in the order named.
 */
export type PixelFormat = 'rgb24' | 'bgr24' | 'gray8' | 'rgbf32' | 'bgrf32';

/**
 * How a source frame is put into the wanted size. `letterbox`: whole frame, aspect kept, centred, padded.
 * `letterbox-topleft`: the same against the top-left corner. `stretch`: whole frame, aspect not kept.
 */
export type Fit = 'letterbox' | 'letterbox-topleft' | 'stretch';

/** What a consumer wants its frames to be. The producer converts into the ring; nothing is converted twice. */
export interface FrameRequest {
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
  readonly fit: Fit;
  /** Value of the padding, in units of the stored samples (114 for bytes, 114/255 or 114 for floats). Default 0. */
  readonly pad?: number;
  /** Float formats only: value of full white; 1 (default) or 255. */
  readonly white?: 1 | 255;
}

/** Where the pixels of a slot come from: the source rectangle it shows, and where in the slot that rectangle lies. */
export interface FrameMapping {
  /** In source pixels. */
  readonly viewportPx: Box;
  /** In slot pixels; what lies outside is padding. */
  readonly contentPx: Box;
}

/** A frame as its consumer sees it: a view of the ring, valid until the handler (or its promise) is done. */
export interface FrameView {
  readonly meta: FrameMeta;
  readonly mapping: FrameMapping;
  readonly request: FrameRequest;
  readonly data: Uint8Array | Float32Array;
}

/** Bytes that one frame of this request takes. */
export function frameBytes(request: FrameRequest): number {
  return request.width * request.height * BYTES_PER_PIXEL[request.format];
}

/** Maps a box in slot pixels to source pixels. No clamping. */
export function toSourcePx(mapping: FrameMapping, box: Box): Box {
  const { viewportPx: view, contentPx: content } = mapping;
  const sx = view.w / content.w;
  const sy = view.h / content.h;
  return { x: view.x + (box.x - content.x) * sx, y: view.y + (box.y - content.y) * sy, w: box.w * sx, h: box.h * sy };
}

const BYTES_PER_PIXEL: Record<PixelFormat, number> = { rgb24: 3, bgr24: 3, gray8: 1, rgbf32: 12, bgrf32: 12 };
