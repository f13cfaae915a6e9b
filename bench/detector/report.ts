/** What a run of the bench comes to, as plain data: the form of `--json`. Numbers that nothing was counted for are null. */
import type { Rates } from './ap.ts';
import { CLASSES, type ClassName } from './data-set.ts';

/** A class, or all objects whatever their label. */
export type Group = ClassName | 'any';
export const GROUPS: readonly Group[] = [...CLASSES, 'any'];

/** Longest side of the label in pixels: below each of these, and what is larger. */
export const SIZE_LIMITS: readonly number[] = [16, 32, 64];

export interface SizeRecall {
  readonly labels: number;
  readonly recall: number;
}

export interface GroupReport {
  readonly labels: number;
  readonly ap50: number;
  readonly ap30: number;
  /** Mean of the average precisions at IoU 0.5, 0.55 … 0.95. */
  readonly ap5095: number;
  /** Detections at the default threshold. */
  readonly detections: { readonly at50: Rates; readonly at30: Rates };
  /** Boxes and labels of the published tracks. */
  readonly published: { readonly at50: Rates; readonly at30: Rates };
  /** Recall at IoU 0.5 by size of the label, smallest first. */
  readonly bySize: { readonly detections: readonly SizeRecall[]; readonly published: readonly SizeRecall[] };
}

/** One way to compare boxes. */
export interface WayReport {
  readonly groups: Readonly<Record<Group, GroupReport>>;
  /** Mean over the classes that are labelled. */
  readonly meanF1: {
    readonly detections: { readonly at50: number; readonly at30: number };
    readonly published: { readonly at50: number; readonly at30: number };
  };
}

export interface FalseRate {
  /** Of the clips without that class. */
  readonly minutes: number;
  readonly detectionsPerMinute: number;
  readonly publishedBoxesPerMinute: number;
}

export interface FollowedClips {
  readonly clips: number;
  /** Share of them with published tracks of the class on the object in over half of its labelled frames. */
  readonly share: number;
  /** The same by one track id alone. */
  readonly shareOneId: number;
  /** Tracks of any label. */
  readonly shareAnyLabel: number;
}

export interface FalseTracks {
  /** Distinct ids that were ever published with the label, on clips where nothing of the class is. */
  readonly tracks: number;
  readonly minutes: number;
  readonly perMinute: number;
}

export interface Times {
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
}

export interface ModelReport {
  readonly model: string;
  readonly file: string;
  /** The clips were made this many times smaller inside their frame. */
  readonly shrink: number;
  readonly confidence: number;
  /** Least confidence of what counts as a detection in the figures. */
  readonly sure: number;
  /** The model does not say what its boxes are: each figure is the best of its boxes grown and as they are. */
  readonly bestCase: boolean;
  readonly clips: number;
  readonly frames: number;
  readonly minutes: number;
  /** Clips whose number of decoded frames is not that of the labels. */
  readonly frameMismatches: readonly string[];
  /** Labels as they are, published boxes grown by the pad. */
  readonly labelled: WayReport;
  /** Labels without their pad, published boxes as they are. */
  readonly tight: WayReport;
  readonly falsePositives: Readonly<Record<ClassName, FalseRate>>;
  readonly followed: Readonly<Record<ClassName, FollowedClips>>;
  readonly falseDroneTracks: FalseTracks;
  readonly inferenceMs: Times;
}

export function meanF1(groups: Readonly<Record<Group, GroupReport>>): WayReport['meanF1'] {
  const present = CLASSES.map((name) => groups[name]).filter(({ labels }) => labels > 0);
  const mean = (read: (group: GroupReport) => Rates) =>
    present.reduce((sum, group) => sum + read(group).f1, 0) / present.length;
  return {
    detections: { at50: mean((g) => g.detections.at50), at30: mean((g) => g.detections.at30) },
    published: { at50: mean((g) => g.published.at50), at30: mean((g) => g.published.at30) },
  };
}

/** Figure by figure the better of two. */
export function bestOf(a: GroupReport, b: GroupReport): GroupReport {
  const rates = (read: (group: GroupReport) => Rates) => (read(b).f1 > read(a).f1 ? read(b) : read(a));
  const sizes = (read: (group: GroupReport) => readonly SizeRecall[]) =>
    read(a).map((one, index) => {
      const other = read(b)[index];
      return other && other.recall > one.recall ? other : one;
    });
  return {
    labels: a.labels,
    ap50: Math.max(a.ap50, b.ap50),
    ap30: Math.max(a.ap30, b.ap30),
    ap5095: Math.max(a.ap5095, b.ap5095),
    detections: { at50: rates((g) => g.detections.at50), at30: rates((g) => g.detections.at30) },
    published: { at50: rates((g) => g.published.at50), at30: rates((g) => g.published.at30) },
    bySize: { detections: sizes((g) => g.bySize.detections), published: sizes((g) => g.bySize.published) },
  };
}

export function times(ms: readonly number[]): Times {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
  return { mean: ms.reduce((sum, one) => sum + one, 0) / ms.length, p50: at(0.5), p95: at(0.95) };
}
