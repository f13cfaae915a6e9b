/** Which track followed which real object, and whether the events of each track are in order. */
import { readFileSync } from 'node:fs';
import type { Box } from '../../runtime/data.ts';
import type { WireMessage } from './recorded.ts';

/** By frame, by name: x, y, w, h in pixels. */
export type Truth = readonly Readonly<Record<string, readonly [number, number, number, number]>>[];

export interface Followed {
  /** By object: the ids that it had, each with its number of frames, and the least IoU by frame. */
  readonly objects: ReadonlyMap<string, { ids: Map<number, number>; iou: Map<number, number> }>;
  /** Ids of all tracks in ticks. */
  readonly tracks: ReadonlySet<number>;
  /** Tracks by frame that are on no object; not counted while all objects are outside of the picture. */
  readonly onNothing: number;
}

/** Two real boxes that overlap by more can't be told apart: nothing is said about them in that frame. */
const SAME_PLACE_IOU = 0.5;
const LEAST_IOU = 0.1;

export function readTruth(file: string): Truth {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line): Truth[number] => JSON.parse(line).objects);
}

/** @param ignore first and last frame of a time in which the detections are not those of the objects */
export function followed(messages: readonly WireMessage[], truth: Truth, ignore?: readonly [number, number]): Followed {
  const objects = new Map<string, { ids: Map<number, number>; iou: Map<number, number> }>();
  for (const name of truth.flatMap((frame) => Object.keys(frame))) {
    if (!objects.has(name)) objects.set(name, { ids: new Map(), iou: new Map() });
  }
  const tracks = new Set<number>();
  let onNothing = 0;
  for (const tick of messages) {
    if (tick.type !== 'metadata_tick') continue;
    const frame = tick.frame_index ?? 0;
    const there = inFrame(truth[frame] ?? {}, tick.frame_size);
    const seen = tick.tracks.map(({ id, bbox }) => ({ id, box: inPixels(bbox, tick.frame_size) }));
    for (const { id } of seen) tracks.add(id);
    if (ignore && frame >= ignore[0] && frame <= ignore[1]) continue;
    const taken = pairs(seen, there);
    const hasLeft = there.length === 0 && Object.keys(truth[frame] ?? {}).length > 0;
    onNothing += hasLeft ? 0 : seen.length - taken.length;
    for (const { id, object, iou } of taken) {
      if (there.some((other) => other.name !== object.name && iouOf(other.box, object.box) > SAME_PLACE_IOU)) continue;
      const of = objects.get(object.name);
      of?.ids.set(id, (of.ids.get(id) ?? 0) + 1);
      of?.iou.set(frame, iou);
    }
  }
  return { objects, tracks, onNothing };
}

/** What is wrong with the events: each id wants one `new`, then updates, then one `end`. */
export function lifeFaults(messages: readonly WireMessage[]): string[] {
  const faults: string[] = [];
  const state = new Map<number, 'new' | 'end'>();
  for (const message of messages) {
    if (message.type !== 'track_event') continue;
    const { event, after } = message;
    const before = state.get(after.id);
    if (event === 'new' ? before !== undefined : before !== 'new')
      faults.push(`${event} of ${after.id} after ${before}`);
    if (event !== 'update') state.set(after.id, event);
  }
  for (const [id, last] of state) if (last !== 'end') faults.push(`no end of ${id}`);
  return faults;
}

interface Placed {
  readonly name: string;
  readonly box: Box;
}

/** The parts of the objects that the frame shows. */
function inFrame(objects: Truth[number], { w, h }: { w: number; h: number }): Placed[] {
  return Object.entries(objects).flatMap(([name, [left, top, width, height]]) => {
    const [x, y] = [Math.max(0, left), Math.max(0, top)];
    const box = { x, y, w: Math.min(w, left + width) - x, h: Math.min(h, top + height) - y };
    return box.w > 0 && box.h > 0 ? [{ name, box }] : [];
  });
}

/** Best pairs first, each track and each object once. */
function pairs(seen: readonly { id: number; box: Box }[], there: readonly Placed[]) {
  const all = seen.flatMap(({ id, box }) =>
    there.flatMap((object) => {
      const iou = iouOf(box, object.box);
      return iou > LEAST_IOU || isNear(box, object.box) ? [{ id, object, iou }] : [];
    }),
  );
  all.sort((a, b) => b.iou - a.iou);
  const ids = new Set<number>();
  const names = new Set<string>();
  return all.filter(({ id, object }) => {
    if (ids.has(id) || names.has(object.name)) return false;
    ids.add(id);
    names.add(object.name);
    return true;
  });
}

/** Small boxes may miss each other: less than a side apart is the same place. */
function isNear(a: Box, b: Box): boolean {
  const way = Math.hypot(a.x + a.w / 2 - b.x - b.w / 2, a.y + a.h / 2 - b.y - b.h / 2);
  return way < Math.sqrt(b.w * b.h);
}

function inPixels({ x, y, w, h }: Box, size: { w: number; h: number }): Box {
  return { x: x * size.w, y: y * size.h, w: w * size.w, h: h * size.h };
}

function iouOf(a: Box, b: Box): number {
  const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  return w > 0 && h > 0 ? (w * h) / (a.w * a.h + b.w * b.h - w * h) : 0;
}
