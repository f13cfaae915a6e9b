/**
 * What the links of a graph carry: packets and frames, and the messages of link-values.ts. Every value except a packet
 * can go to another worker.
 */

import type { CaptureClock } from './clock.ts';
import type { Box, DetectionsMessage, FrameMeta, MetadataMessage, PtzMessage, TracksMessage } from './link-values.ts';

export type * from './link-values.ts';

/**
 * Built-in kinds of links. `packet` stays inside one worker (native objects), `frame` is a ring, the rest are messages.
 */
export const LINK_KINDS = ['packet', 'metadata', 'frame', 'detections', 'tracks', 'ptz'] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** `realtime`: latest wins, late frames are dropped and counted. `asap`: nothing is dropped, the writer waits. */
export type Pace = 'realtime' | 'asap';

/** The frame that a published message is about. */
export interface AboutFrame extends Pick<FrameMeta, 'index' | 'captureMonoMs' | 'decodedMonoMs'> {
  readonly inferenceMs: number;
}

/** Units a second of the timestamps of a packet: nanoseconds, fine enough for every container. */
export const PACKET_TICKS_PER_S = 1_000_000_000;

/** A compressed packet. Native objects are the source's and valid only while the handler runs. */
export interface PacketMessage {
  /** node-av `Packet`. Its timestamps are media time in `PACKET_TICKS_PER_S`. */
  readonly packet: unknown;
  /** node-av `CodecParameters`. */
  readonly codec: unknown;
  /** Nominal frames per second, 0 when unknown. */
  readonly frameRate: number;
  /** Rises whenever the stream starts again (loop, reconnect): the decoder drains and begins again. */
  readonly generation: number;
  /** Capture time of media time 0 on the monotonic clock; in `asap` pace 0. */
  readonly originMonoMs: number;
  readonly captureClock: CaptureClock;
  /** Pictures before it are decoded only to get there. Media times: of the first picture that is shown, and of all. */
  readonly start?: { readonly mediaS: number; readonly firstMediaS: number } | undefined;
}

/** The value type of each built-in kind of links. */
export interface LinkValues {
  packet: PacketMessage;
  metadata: MetadataMessage;
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
export const PIXEL_FORMATS = ['rgb24', 'bgr24', 'gray8', 'rgbf32', 'bgrf32'] as const;
export type PixelFormat = (typeof PIXEL_FORMATS)[number];

/**
 * How a source frame is put into the wanted size. `letterbox`: whole frame, aspect kept, centred, padded.
 * `letterbox-topleft`: the same against the top-left corner. `stretch`: whole frame, aspect not kept.
 */
export const FITS = ['letterbox', 'letterbox-topleft', 'stretch'] as const;
export type Fit = (typeof FITS)[number];

/**
 * How a source frame is scaled. `bilinear` and `area` average over what a sample stands for when they shrink.
 * `bilinear-cv` and `nearest-cv` take the nearest source samples alone, as OpenCV's INTER_LINEAR and INTER_NEAREST do.
 */
export const SCALE_FILTERS = ['bilinear', 'area', 'bilinear-cv', 'nearest-cv'] as const;
export type ScaleFilter = (typeof SCALE_FILTERS)[number];

/** Parts of one frame that a consumer may look at. */
export const MOST_REGIONS = 8;

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
  /** Default `bilinear`. */
  readonly filter?: ScaleFilter;
  /**
   * Most parts of a frame that the consumer looks at, 1 to 8. It says which with `lookNext`, and each is converted by itself
   * into a picture of this size. Absent: the whole frame, always.
   */
  readonly regions?: number;
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
  /** Present when the request has `regions`: all parts of the frame that are here. `mapping` and `data` are of the first. */
  readonly parts?: readonly FramePart[];
  /**
   * Present when the request has `regions`: which parts of later frames are wanted, in [0, 1] of the picture; none: the
   * whole. Said early in a handler it holds for the next frame. Where it is not said, that frame comes whole.
   */
  readonly lookNext?: (regionsNorm: readonly Box[]) => void;
}

/** A part of a frame, in the size and format of the request. */
export interface FramePart {
  readonly mapping: FrameMapping;
  readonly data: Uint8Array | Float32Array;
}

/** Bytes that one picture of this request takes. */
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
