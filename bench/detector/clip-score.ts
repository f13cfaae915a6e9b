/** Figures of whole clips: objects that are followed, tracks, and false detections. */
import type { Box } from '../../runtime/data.ts';
import { iou } from './ap.ts';
import { clip as clipped, grow, type Margin, marginIn } from './boxes.ts';
import { CLASSES, type ClassName, type Clip } from './data-set.ts';
import { classOf, type ModelFacts } from './model-facts.ts';
import type { FalseRate, FalseTracks, FollowedClips } from './report.ts';
import type { FrameRecord } from './run-clip.ts';

/** A published box is on the object from this overlap on. */
const ON_OBJECT_IOU = 0.3;
/** An object is followed when a track is on it in more than this share of the frames in which it is labelled. */
const FOLLOWED_SHARE = 0.5;

/** Shares of the frames in which the object is labelled. */
export interface Coverage {
  /** Any tracks of its class. */
  readonly ofClass: number;
  /** The best single track of its class. */
  readonly oneId: number;
  /** Any tracks at all. */
  readonly anyLabel: number;
}

export class ClipScorer {
  readonly #model: ModelFacts;
  readonly #margin: Margin;
  readonly #coverage = new Map<ClassName, Coverage[]>(CLASSES.map((name) => [name, []]));
  readonly #absent = new Map(CLASSES.map((name) => [name, { minutes: 0, detections: 0, boxes: 0, tracks: 0 }]));

  constructor(model: ModelFacts, margin: Margin) {
    this.#model = model;
    this.#margin = margin;
  }

  add(clip: Clip, records: readonly FrameRecord[]): void {
    if (clip.class)
      this.#coverage.get(clip.class)?.push(coverage(clip, clip.class, records, this.#model, this.#margin));
    const present = new Set(clip.labels.flatMap((labels) => labels.map((label) => label.class)));
    for (const [name, counts] of this.#absent) {
      if (present.has(name) || clip.class === name) continue;
      const isIt = ({ label }: { label: string }) => classOf(label, this.#model) === name;
      const tracks = records.flatMap((record) => record.tracks.filter(isIt));
      const detections = records.flatMap((record) => record.detections.filter(isIt));
      counts.minutes += records.length / clip.fps / 60;
      counts.detections += detections.filter(({ confidence }) => confidence >= this.#model.sure).length;
      counts.boxes += tracks.length;
      counts.tracks += new Set(tracks.map(({ id }) => id)).size;
    }
  }

  followed(name: ClassName): FollowedClips {
    const all = this.#coverage.get(name) ?? [];
    const share = (read: (one: Coverage) => number) =>
      all.filter((one) => read(one) > FOLLOWED_SHARE).length / all.length;
    return {
      clips: all.length,
      share: share(({ ofClass }) => ofClass),
      shareOneId: share(({ oneId }) => oneId),
      shareAnyLabel: share(({ anyLabel }) => anyLabel),
    };
  }

  falsePositives(name: ClassName): FalseRate {
    const { minutes = 0, detections = 0, boxes = 0 } = this.#absent.get(name) ?? {};
    return { minutes, detectionsPerMinute: detections / minutes, publishedBoxesPerMinute: boxes / minutes };
  }

  /** Tracks of a class on clips without it. */
  falseTracks(name: ClassName): FalseTracks {
    const { minutes = 0, tracks = 0 } = this.#absent.get(name) ?? {};
    return { tracks, minutes, perMinute: tracks / minutes };
  }
}

/** How much of the time tracks are on the clip's object. Overlaps are with the labels as they are. */
export function coverage(
  clip: Clip,
  name: ClassName,
  records: readonly FrameRecord[],
  model: Pick<ModelFacts, 'tight' | 'coco'>,
  margin: Margin,
): Coverage {
  const byFrame = new Map(records.map((record) => [record.frame, record]));
  const pad = marginIn(clip.size, margin);
  const onAny = (box: Box, labels: readonly Box[]) => {
    const forms = [grow(box, pad, clip.size), ...(model.tight ? [] : [clipped(box, clip.size)])];
    return forms.some((form) => labels.some((label) => iou(form, label) >= ON_OBJECT_IOU));
  };
  let [frames, ofClass, anyLabel] = [0, 0, 0];
  const byId = new Map<number, number>();
  for (const [frame, all] of clip.labels.entries()) {
    const labels = all.filter((label) => label.class === name).map(({ box }) => box);
    if (labels.length === 0) continue;
    const on = (byFrame.get(frame)?.tracks ?? []).filter(({ bboxPx }) => onAny(bboxPx, labels));
    const named = on.filter(({ label }) => classOf(label, model) === name);
    frames += 1;
    anyLabel += on.length > 0 ? 1 : 0;
    ofClass += named.length > 0 ? 1 : 0;
    for (const { id } of named) byId.set(id, (byId.get(id) ?? 0) + 1);
  }
  if (frames === 0) return { ofClass: 0, oneId: 0, anyLabel: 0 };
  return {
    ofClass: ofClass / frames,
    oneId: Math.max(0, ...byId.values()) / frames,
    anyLabel: anyLabel / frames,
  };
}
