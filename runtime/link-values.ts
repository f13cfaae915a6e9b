/**
 * The values that nodes hand to each other as messages, declared once: as the types that nodes are written with, and as
 * the schemas by which the values of nodes that are not built in are checked. Plain data only.
 *
 * Coordinate space: every box is in **source pixels** (the decoded frame of the ingest), `x, y` = top-left corner.
 * `publish` alone normalizes. Suffixes say the unit: `Px`, `S` (seconds), `Ms`, `Norm`.
 */
import { type Static, Type } from '@sinclair/typebox';
import { boardTopics } from '../schemas/board.ts';
import { literals, nullable, trackId, unit } from '../schemas/common.ts';
import { MetadataTickSchema, PtzSchema } from '../schemas/metadata-tick.ts';
import type { DeepReadonly } from '../schemas/topics.ts';
import { CAPTURE_CLOCKS } from './clock.ts';

const number = () => Type.Number();
const sidePx = () => Type.Number({ minimum: 0 });
const words = () => Type.Array(Type.String({ minLength: 1 }));

export const Size = Type.Object({ w: Type.Integer({ minimum: 1 }), h: Type.Integer({ minimum: 1 }) });
export type Size = DeepReadonly<Static<typeof Size>>;

/** Axis-aligned box, `x, y` = top-left corner. */
export const Box = Type.Object({ x: number(), y: number(), w: sidePx(), h: sidePx() });
export type Box = DeepReadonly<Static<typeof Box>>;

/** Which frame of the source a value is about, and when that frame was seen. */
export const FrameMeta = Type.Object({
  /** Decoded (or replayed) frames of this run, from 0; skipped frames count. */
  index: Type.Integer({ minimum: 0 }),
  /** Media time since the first frame in seconds; goes on rising when a source loops. */
  mediaTimeS: number(),
  /** Capture time of the frame, as exact as known: Unix time. */
  captureUnixMs: Type.Number({ minimum: 0 }),
  /** The same moment on a clock that never jumps. `asap` pace: media time from 0. */
  captureMonoMs: number(),
  /** Where the capture time comes from; absent: not stated. */
  captureClock: Type.Optional(literals(CAPTURE_CLOCKS, 'Where the capture time comes from')),
  /** When the frame left the decoder, on the host's monotonic clock (see clock.ts); for latency figures only. */
  decodedMonoMs: number(),
  /** Size of the source frame in pixels. */
  size: Size,
});
export type FrameMeta = DeepReadonly<Static<typeof FrameMeta>>;

/** What a camera says of its pictures beside them, and how its times lie on the clock of captures. */
export const MetadataMessage = Type.Object({
  /** False: the stream has no track of metadata, and the rest means nothing. */
  hasTrack: Type.Boolean(),
  /** A whole document; absent: none has come, but the stream goes on. Sent about once a second. */
  document: Type.Optional(Type.String()),
  arrivalMonoMs: number(),
  /** Added to a Unix time by the clock of the camera, it is the capture time of the picture of then; null: not known. */
  cameraToMonoMs: nullable(number(), 'From the clock of the camera to that of captures'),
  /** What that is by. */
  captureClock: literals(CAPTURE_CLOCKS, 'Where the capture time comes from'),
  /** Capture time of media time 0. */
  originMonoMs: number(),
  /** Size of the pictures in pixels; null: not known yet. */
  size: nullable(Size, 'Size of the pictures'),
  /** Rises whenever the stream starts again: what a camera has said before holds no more. */
  generation: Type.Integer({ minimum: 0 }),
});
export type MetadataMessage = DeepReadonly<Static<typeof MetadataMessage>>;

export const Detection = Type.Object({
  bboxPx: Box,
  confidence: unit('How sure the model is'),
  /** The most probable class in this frame. */
  label: Type.String({ minLength: 1 }),
  /** How probable each class is, given that there is an object: in [0, 1], by the order of `classes.names`. */
  classProbabilities: Type.Optional(Type.Array(unit('Of one class'))),
});
export type Detection = DeepReadonly<Static<typeof Detection>>;

/** Classes of a model that tells "there is an object" apart from "of which class". */
export const DetectionClasses = Type.Object({
  /** By class number. */
  names: words(),
  /** Label of an object until its class is certain; null: always the most probable class. */
  unknown: nullable(Type.String({ minLength: 1 }), 'Label of an object until its class is certain'),
});
export type DetectionClasses = DeepReadonly<Static<typeof DetectionClasses>>;

/** A part of the picture that moves otherwise than the whole: by itself, and not since the camera turns, zooms or shakes. */
export const MotionRegion = Type.Object({
  bboxPx: Box,
  /** How far its change stands out of the noise of the picture; from 1, which is just enough. */
  strength: Type.Number({ minimum: 1 }),
});
export type MotionRegion = DeepReadonly<Static<typeof MotionRegion>>;

/** What moves in a frame, against the frames before of the same link. */
export const FrameMotion = Type.Object({
  /** How the picture has moved as a whole since the frame before; null: the pictures do not tell. */
  moved: boardTopics.motion.schema.properties.moved,
  /** Seen to move in this frame and in one before it, the strongest first. */
  regions: Type.Array(MotionRegion),
});
export type FrameMotion = DeepReadonly<Static<typeof FrameMotion>>;

/** A part of the picture that was looked at. */
export const ViewSeen = Type.Object({
  regionPx: Box,
  /** Objects with a shorter longer side need not have been found. */
  leastPx: sidePx(),
});
export type ViewSeen = DeepReadonly<Static<typeof ViewSeen>>;

export const DetectionsMessage = Type.Object({
  frame: FrameMeta,
  /** Empty in a frame that was not looked at. */
  detections: Type.Array(Detection),
  /**
   * False: the frame was not looked at, since nothing moves in it: what the last frame that was looked at showed is where it was.
   * Absent: it was looked at.
   */
  looked: Type.Optional(Type.Boolean()),
  /** The parts of the picture that were looked at in this frame; what lies elsewhere is as it was. Absent: the whole, in full. */
  views: Type.Optional(Type.Array(ViewSeen)),
  /** Absent: not measured. */
  motion: Type.Optional(FrameMotion),
  /**
   * Present when the confidence of a detection only says that there is an object; its class must then be decided from
   * the `classProbabilities` of several frames.
   */
  classes: Type.Optional(DetectionClasses),
  /** Time spent in the model for this frame; 0 for replayed detections. */
  inferenceMs: number(),
});
export type DetectionsMessage = DeepReadonly<Static<typeof DetectionsMessage>>;

export const Track = Type.Object({
  /** From 1, never used twice in a session. */
  id: trackId(),
  label: Type.String({ minLength: 1 }),
  /** Confidence of the detection matched in this frame, in [0, 1]. */
  confidence: unit('Of the detection matched in this frame'),
  bboxPx: Box,
  /** Motion of the box centre in the image. */
  velocityPxPerS: Type.Object({ x: number(), y: number() }),
  /** Names of the zones that the track is in. */
  zones: Type.Optional(words()),
});
export type Track = DeepReadonly<Static<typeof Track>>;

/** A track that may be seen again, under its id, before a moment on the clock of `captureMonoMs`. */
export const RememberedTrack = Type.Object({ id: trackId(), untilMonoMs: number() });
export type RememberedTrack = DeepReadonly<Static<typeof RememberedTrack>>;

/** The tracks that were seen in this frame. */
export const TracksMessage = Type.Object({
  frame: FrameMeta,
  tracks: Type.Array(Track),
  /** All tracks that may be seen in later frames; any other is over. Absent: not stated. */
  remembered: Type.Optional(Type.Array(RememberedTrack)),
  inferenceMs: number(),
});
export type TracksMessage = DeepReadonly<Static<typeof TracksMessage>>;

export type TrackingPhase = PtzMessage['phase'];

/** State of autotrack, once per frame. */
export const PtzMessage = Type.Object({
  frame: FrameMeta,
  selectedTargetId: nullable(trackId(), 'The track to follow'),
  phase: MetadataTickSchema.properties.tracking_phase,
  /** Absent while no camera is driven. `cmd`: last commanded velocity, each in [-1, 1]. */
  ptz: Type.Optional(PtzSchema),
});
export type PtzMessage = DeepReadonly<Static<typeof PtzMessage>>;
