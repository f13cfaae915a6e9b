/** Values as they travel on links, made by hand for tests: frame `index` of a 25 fps source of 640×360. */
import {
  type Box,
  type Detection,
  type DetectionsMessage,
  type FrameMapping,
  type FrameMeta,
  type FrameRequest,
  frameBytes,
  type PtzMessage,
  type Track,
  type TracksMessage,
} from '../../runtime/data.ts';
import type { FrameSource, SharedSlot } from '../../runtime/node.ts';

export const SIZE = { w: 640, h: 360 };
export const FRAME_MS = 40;
export const START_UNIX_MS = 1_730_000_000_000;

export function metaOf(index: number, change: Partial<FrameMeta> = {}): FrameMeta {
  const ms = index * FRAME_MS;
  return {
    index,
    mediaTimeS: ms / 1000,
    captureUnixMs: START_UNIX_MS + ms,
    captureMonoMs: ms,
    decodedMonoMs: ms,
    size: SIZE,
    ...change,
  };
}

export function detectionsOf(index: number, detections: readonly Detection[] = []): DetectionsMessage {
  return { frame: metaOf(index), detections, inferenceMs: 1 };
}

/** A track; `at` is its box in source pixels. */
export function trackOf(id: number, confidence = 0.5, change: Partial<Track> = {}): Track {
  const bboxPx: Box = { x: 64, y: 36, w: 128, h: 72 };
  return { id, label: 'drone', confidence, bboxPx, velocityPxPerS: { x: 64, y: -36 }, ...change };
}

export function tracksOf(index: number, tracks: readonly Track[] = [], meta: Partial<FrameMeta> = {}): TracksMessage {
  return { frame: metaOf(index, meta), tracks, inferenceMs: 1 };
}

export function ptzOf(
  index: number,
  selectedTargetId: number | null,
  phase: PtzMessage['phase'],
  ptz?: PtzMessage['ptz'],
): PtzMessage {
  return { frame: metaOf(index), selectedTargetId, phase, ...(ptz ? { ptz } : {}) };
}

/** A picture that fills its slot with one byte (the frame's index), as a decoder would fill it with a frame. */
export function frameSourceOf(index: number): FrameSource {
  return {
    meta: metaOf(index),
    writeInto(request: FrameRequest, slot: SharedSlot): FrameMapping {
      new Uint8Array(slot.buffer, slot.byteOffset, frameBytes(request)).fill(index & 0xff);
      return {
        viewportPx: { x: 0, y: 0, ...SIZE },
        contentPx: { x: 0, y: 0, w: request.width, h: request.height },
      };
    },
  };
}
