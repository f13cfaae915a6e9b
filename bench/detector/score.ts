/** Adds up what was found in clips, frame by frame, so that no clip has to be kept. */
import type { Box } from '../../runtime/data.ts';
import { Curve, matchFrame, type Rates, rates, type Scored } from './ap.ts';
import { clip as clipped, grow, type Margin, marginIn } from './boxes.ts';
import type { Clip, Label } from './data-set.ts';
import { classOf, type ModelFacts } from './model-facts.ts';
import { bestOf, GROUPS, type Group, type GroupReport, meanF1, SIZE_LIMITS, type WayReport } from './report.ts';
import type { FrameRecord } from './run-clip.ts';

/** A box that was put out, with the class that its label stands for. */
interface Output extends Scored {
  readonly class: string | null;
}

/** One way to compare what was put out with the labels. */
interface Way {
  readonly against: 'labelled' | 'tight';
  /** The pad of the labels is put on the boxes first. */
  readonly grown: boolean;
  /** Boxes of a label that stands for no class count for class-agnostic figures. */
  readonly unclassed: boolean;
}

const IOUS = [0.5, 0.3] as const;

/** Counts of one group of objects under one way to compare. */
class GroupCounter {
  readonly #curve = new Curve();
  readonly #detections = new OutputCounter();
  readonly #published = new OutputCounter();
  readonly #sizes = SIZE_LIMITS.map(() => 0).concat(0);

  add(found: readonly Scored[], least: number, published: readonly Scored[], labels: readonly Label[], way: Way): void {
    const boxes = labels.map((label) => (way.against === 'tight' ? label.tight : label.box));
    // Always by the label's own size: the buckets mean the same in both ways.
    const sizes = labels.map(({ box }) => sizeOf(box));
    for (const size of sizes) this.#sizes[size] = (this.#sizes[size] ?? 0) + 1;
    this.#curve.add(found, boxes);
    this.#detections.add(
      found.filter(({ confidence }) => confidence >= least),
      boxes,
      sizes,
    );
    this.#published.add(published, boxes, sizes);
  }

  report(): GroupReport {
    const labels = this.#curve.labels;
    return {
      labels,
      ap50: this.#curve.ap(0.5),
      ap30: this.#curve.ap(0.3),
      ap5095: this.#curve.meanAp(),
      detections: this.#detections.rates(labels),
      published: this.#published.rates(labels),
      bySize: { detections: this.#bySize(this.#detections), published: this.#bySize(this.#published) },
    };
  }

  #bySize(counter: OutputCounter) {
    return this.#sizes.map((labels, size) => ({ labels, recall: (counter.hitsBySize[size] ?? 0) / labels }));
  }
}

/** Boxes put out and how many of them hit. */
class OutputCounter {
  /** At IoU 0.5. */
  readonly hitsBySize = SIZE_LIMITS.map(() => 0).concat(0);
  readonly #hits = IOUS.map(() => 0);
  #boxes = 0;

  add(found: readonly Scored[], labels: readonly Box[], sizes: readonly number[]): void {
    this.#boxes += found.length;
    for (const [index, leastIou] of IOUS.entries()) {
      for (const label of matchFrame(found, labels, leastIou)) {
        if (label < 0) continue;
        this.#hits[index] = (this.#hits[index] ?? 0) + 1;
        const size = sizes[label] ?? 0;
        if (leastIou === 0.5) this.hitsBySize[size] = (this.hitsBySize[size] ?? 0) + 1;
      }
    }
  }

  rates(labels: number): { at50: Rates; at30: Rates } {
    const [at50 = 0, at30 = 0] = this.#hits;
    return { at50: rates(this.#boxes, labels, at50), at30: rates(this.#boxes, labels, at30) };
  }
}

/** All per-frame figures of one model. */
export class FrameScorer {
  readonly #model: ModelFacts;
  readonly #margin: Margin;
  readonly #ways: readonly { readonly way: Way; readonly groups: ReadonlyMap<Group, GroupCounter> }[];

  /** @param margin pad of the labels at the frame width that margins are stated for */
  constructor(model: ModelFacts, margin: Margin) {
    this.#model = model;
    this.#margin = margin;
    this.#ways = waysFor(model).map((way) => ({
      way,
      groups: new Map(GROUPS.map((group) => [group, new GroupCounter()])),
    }));
  }

  add(clip: Clip, records: readonly FrameRecord[]): void {
    const byFrame = new Map(records.map((record) => [record.frame, record]));
    const frames = Math.max(clip.frames, (records.at(-1)?.frame ?? -1) + 1);
    // Frames that were labelled and never came out are frames where nothing was found.
    for (let frame = 0; frame < frames; frame++) {
      this.#addFrame(clip, clip.labels[frame] ?? [], byFrame.get(frame));
    }
  }

  report(): { labelled: WayReport; tight: WayReport } {
    return { labelled: this.#best('labelled'), tight: this.#best('tight') };
  }

  #addFrame(clip: Clip, labels: readonly Label[], record: FrameRecord | undefined): void {
    const margin = marginIn(clip.size, this.#margin);
    for (const { way, groups } of this.#ways) {
      const place = (box: Box) => (way.grown ? grow(box, margin, clip.size) : clipped(box, clip.size));
      const outputs = (found: FrameRecord['detections'] | FrameRecord['tracks']): Output[] =>
        found.map(({ bboxPx, confidence, label }) => ({
          box: place(bboxPx),
          confidence,
          class: classOf(label, this.#model),
        }));
      const found = outputs(record?.detections ?? []);
      const published = outputs(record?.tracks ?? []);
      for (const [group, counter] of groups) {
        const isIn = (one: { class: string | null }) =>
          group === 'any' ? way.unclassed || one.class !== null : one.class === group;
        const wanted = group === 'any' ? labels : labels.filter(isIn);
        counter.add(found.filter(isIn), this.#model.sure, published.filter(isIn), wanted, way);
      }
    }
  }

  #best(against: Way['against']): WayReport {
    const reports = this.#ways.filter(({ way }) => way.against === against).map(({ groups }) => groupReports(groups));
    const [first, ...others] = reports;
    if (!first) throw new RangeError(`no way to compare with ${against} labels`);
    const merged = (group: Group) => others.reduce((best, other) => bestOf(best, other[group]), first[group]);
    const groups = byGroup(merged);
    return { groups, meanF1: meanF1(groups) };
  }
}

/**
 * A model that does not say that its boxes are tight gets the benefit of the doubt: its boxes grown and as they are. So
 * does one with the classes of COCO: all its boxes, or only those of classes that fly.
 */
function waysFor({ tight, coco }: ModelFacts): Way[] {
  const unclassed = coco ? [true, false] : [true];
  const grown = tight ? [true] : [true, false];
  return unclassed.flatMap((all): Way[] => [
    ...grown.map((each): Way => ({ against: 'labelled', grown: each, unclassed: all })),
    { against: 'tight', grown: false, unclassed: all },
  ]);
}

function groupReports(groups: ReadonlyMap<Group, GroupCounter>): Record<Group, GroupReport> {
  return byGroup((group) => (groups.get(group) ?? new GroupCounter()).report());
}

function byGroup<T>(make: (group: Group) => T): Record<Group, T> {
  return {
    drone: make('drone'),
    bird: make('bird'),
    airplane: make('airplane'),
    helicopter: make('helicopter'),
    any: make('any'),
  };
}

function sizeOf({ w, h }: Box): number {
  const longest = Math.max(w, h);
  const index = SIZE_LIMITS.findIndex((limit) => longest < limit);
  return index < 0 ? SIZE_LIMITS.length : index;
}
