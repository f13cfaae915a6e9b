/**
 * Scores multi-object tracking results against ground truth: HOTA, DetA, AssA, IDF1, MOTA, identity switches.
 *
 * HOTA is Luiten et al. 2020 (mean over 19 overlap thresholds of sqrt(DetA * AssA)), MOTA is CLEAR (Bernardin &
 * Stiefelhagen 2008, IoU 0.5), IDF1 is Ristani et al. 2016 (IoU 0.5). Several sequences are combined by adding up their
 * raw counts, as the benchmarks do. Boxes are in pixels.
 */
import type { Box } from '../runtime/data.ts';
import { minimumAssignment } from './minimum-assignment.ts';

/** A box of one identity. Within a frame each id occurs once. */
export interface IdBox extends Box {
  readonly id: number;
}

/** Boxes by frame number. */
export type MotFrames = ReadonlyMap<number, readonly IdBox[]>;

/** HOTA, DetA, AssA, IDF1 and MOTA in percent; the others are counts of boxes. */
export interface MotScore {
  readonly HOTA: number;
  readonly DetA: number;
  readonly AssA: number;
  readonly IDF1: number;
  readonly MOTA: number;
  readonly IDSW: number;
  readonly FP: number;
  readonly FN: number;
  readonly GT: number;
}

/** Raw sums of one sequence: what {@link scoreMot} adds up. Arrays have an entry for each threshold. */
export interface MotCounts {
  readonly gt: number;
  readonly hota: readonly { readonly tp: number; readonly fp: number; readonly fn: number; readonly ass: number }[];
  readonly clear: { readonly tp: number; readonly fp: number; readonly fn: number; readonly switches: number };
  readonly identity: { readonly tp: number; readonly fp: number; readonly fn: number };
}

/** One frame with ids made dense from 0; `iou` is row-major, ground truth by result. */
interface Frame {
  readonly gt: readonly number[];
  readonly result: readonly number[];
  readonly iou: Float64Array;
}

interface Sequence {
  readonly frames: readonly Frame[];
  /** Frames that each identity is in. */
  readonly gtCount: readonly number[];
  readonly resultCount: readonly number[];
}

const THRESHOLDS = Array.from({ length: 19 }, (_, k) => 0.05 + k * 0.05);
const ROUNDING = 1e-9;
const MATCH_IOU = 0.5;
/** Outweighs any sum of IoUs: CLEAR keeps last frame's pairs before it looks at overlaps. */
const KEPT_PAIR_BONUS = 1000;

/**
 * Reads MOTChallenge text: `frame, id, left, top, width, height, conf, ...`, a box a line. Short lines are skipped.
 * @param skipZero leave out boxes with confidence 0, which ground truth marks as "not to be scored"
 */
export function parseMotText(text: string, skipZero = false): MotFrames {
  const frames = new Map<number, IdBox[]>();
  for (const line of text.split('\n')) {
    const cells = line.trim().split(',');
    const [frame, id, x, y, w, h, confidence] = cells.map(Number);
    if (frame === undefined || id === undefined || x === undefined) continue;
    if (y === undefined || w === undefined || h === undefined) continue;
    if (skipZero && confidence === 0) continue;
    const boxes = frames.get(Math.trunc(frame)) ?? [];
    boxes.push({ id: Math.trunc(id), x, y, w, h });
    frames.set(Math.trunc(frame), boxes);
  }
  return frames;
}

/**
 * Counts one sequence.
 * @param ignore regions not scored: a result box that matches no ground truth and has half its area inside one of them
 *   is dropped instead of counted as false
 */
export function countMot(gt: MotFrames, result: MotFrames, ignore: MotFrames = new Map()): MotCounts {
  const sequence = prepare(gt, result, ignore);
  return {
    gt: sum(sequence.gtCount),
    hota: countHota(sequence),
    clear: countClear(sequence),
    identity: countIdentity(sequence),
  };
}

/** The figures of one sequence, or of several combined. */
export function scoreMot(parts: readonly MotCounts[]): MotScore {
  const hota = THRESHOLDS.map((_, k) => {
    const of = (name: 'tp' | 'fp' | 'fn' | 'ass') => sum(parts.map((p) => p.hota[k]?.[name] ?? 0));
    const det = of('tp') / Math.max(1, of('tp') + of('fn') + of('fp'));
    return { det, ass: of('ass') / Math.max(1, of('tp')) };
  });
  const clear = (name: keyof MotCounts['clear']) => sum(parts.map((p) => p.clear[name]));
  const identity = (name: keyof MotCounts['identity']) => sum(parts.map((p) => p.identity[name]));
  const gt = sum(parts.map((p) => p.gt));
  const idTotal = identity('tp') + 0.5 * (identity('fn') + identity('fp'));
  return {
    HOTA: mean(hota.map(({ det, ass }) => Math.sqrt(det * ass))) * 100,
    DetA: mean(hota.map(({ det }) => det)) * 100,
    AssA: mean(hota.map(({ ass }) => ass)) * 100,
    IDF1: (100 * identity('tp')) / Math.max(1, idTotal),
    MOTA: (100 * (clear('tp') - clear('fp') - clear('switches'))) / Math.max(1, gt),
    IDSW: clear('switches'),
    FP: clear('fp'),
    FN: clear('fn'),
    GT: gt,
  };
}

function prepare(gt: MotFrames, result: MotFrames, ignore: MotFrames): Sequence {
  const gtIndex = new Map<number, number>();
  const resultIndex = new Map<number, number>();
  const gtCount: number[] = [];
  const resultCount: number[] = [];
  const numbers = [...new Set([...gt.keys(), ...result.keys()])].sort((a, b) => a - b);
  const frames = numbers.map((number): Frame => {
    const gtBoxes = gt.get(number) ?? [];
    const resultBoxes = dropIgnored(gtBoxes, result.get(number) ?? [], ignore.get(number) ?? []);
    return {
      gt: gtBoxes.map(({ id }) => countIn(gtIndex, gtCount, id)),
      result: resultBoxes.map(({ id }) => countIn(resultIndex, resultCount, id)),
      iou: overlaps(gtBoxes, resultBoxes),
    };
  });
  return { frames, gtCount, resultCount };
}

function countIn(index: Map<number, number>, count: number[], id: number): number {
  const dense = index.get(id) ?? index.size;
  index.set(id, dense);
  count[dense] = (count[dense] ?? 0) + 1;
  return dense;
}

function dropIgnored(gt: readonly IdBox[], result: readonly IdBox[], regions: readonly Box[]): readonly IdBox[] {
  if (regions.length === 0 || result.length === 0) return result;
  const iou = overlaps(gt, result);
  const matched = new Set<number>();
  const cost = iou.map((v) => (v >= MATCH_IOU ? -v : 0));
  for (const [row, col] of minimumAssignment(cost, gt.length, result.length)) {
    if ((iou[row * result.length + col] ?? 0) >= MATCH_IOU) matched.add(col);
  }
  return result.filter(
    (box, k) => matched.has(k) || !regions.some((region) => ratio(shared(box, region), box.w * box.h) >= MATCH_IOU),
  );
}

function countHota({ frames, gtCount, resultCount }: Sequence): MotCounts['hota'] {
  const cols = resultCount.length;
  const alignment = globalAlignment(frames, gtCount, resultCount);
  const counts = THRESHOLDS.map(() => ({ tp: 0, fp: 0, fn: 0, ass: 0 }));
  const matches = THRESHOLDS.map(() => new Float64Array(gtCount.length * cols));
  for (const { gt, result, iou } of frames) {
    const cost = iou.map((v, k) => {
      const row = gt[Math.floor(k / result.length)] ?? 0;
      return -((alignment[row * cols + (result[k % result.length] ?? 0)] ?? 0) * v);
    });
    const pairs = minimumAssignment(cost, gt.length, result.length);
    for (const [k, threshold] of THRESHOLDS.entries()) {
      const count = counts[k];
      const matrix = matches[k];
      if (count === undefined || matrix === undefined) continue;
      const good = pairs.filter(([row, col]) => (iou[row * result.length + col] ?? 0) >= threshold - ROUNDING);
      count.tp += good.length;
      count.fn += gt.length - good.length;
      count.fp += result.length - good.length;
      for (const [row, col] of good) addAt(matrix, (gt[row] ?? 0) * cols + (result[col] ?? 0), 1);
    }
  }
  for (const [k, matrix] of matches.entries()) {
    const count = counts[k];
    if (count === undefined) continue;
    count.ass = sum(
      matrix.map((m, at) => {
        const frames = (gtCount[Math.floor(at / cols)] ?? 0) + (resultCount[at % cols] ?? 0);
        return m * (m / Math.max(1, frames - m));
      }),
    );
  }
  return counts;
}

/** How well each pair of identities fits over the whole sequence, in [0, 1]: what HOTA's matching leans on. */
function globalAlignment(frames: readonly Frame[], gtCount: readonly number[], resultCount: readonly number[]) {
  const cols = resultCount.length;
  const potential = new Float64Array(gtCount.length * cols);
  for (const { gt, result, iou } of frames) {
    const n = result.length;
    const colSums = result.map((_, col) => sum(gt.map((_, row) => iou[row * n + col] ?? 0)));
    for (const [row, gtId] of gt.entries()) {
      const values = iou.subarray(row * n, (row + 1) * n);
      const rowSum = sum(values);
      for (const [col, resultId] of result.entries()) {
        const v = values[col] ?? 0;
        const total = (colSums[col] ?? 0) + rowSum - v;
        if (total > ROUNDING) addAt(potential, gtId * cols + resultId, v / total);
      }
    }
  }
  return potential.map(
    (p, k) => p / Math.max((gtCount[Math.floor(k / cols)] ?? 0) + (resultCount[k % cols] ?? 0) - p, ROUNDING),
  );
}

function countClear({ frames }: Sequence): MotCounts['clear'] {
  const count = { tp: 0, fp: 0, fn: 0, switches: 0 };
  const last = new Map<number, number>();
  let previous = new Map<number, number>();
  for (const { gt, result, iou } of frames) {
    const n = result.length;
    let good: [number, number][] = [];
    // A frame without boxes on one side does not break the pairs of the frame before.
    if (gt.length > 0 && n > 0) {
      const cost = iou.map((v, k) => {
        if (v < MATCH_IOU - ROUNDING) return 0;
        const kept = previous.get(gt[Math.floor(k / n)] ?? -1) === result[k % n];
        return -(v + (kept ? KEPT_PAIR_BONUS : 0));
      });
      good = minimumAssignment(cost, gt.length, n).filter(([row, col]) => (cost[row * n + col] ?? 0) < 0);
      previous = new Map(good.map(([row, col]) => [gt[row] ?? -1, result[col] ?? -1]));
      for (const [gtId, resultId] of previous) {
        if (last.has(gtId) && last.get(gtId) !== resultId) count.switches++;
        last.set(gtId, resultId);
      }
    }
    count.tp += good.length;
    count.fn += gt.length - good.length;
    count.fp += n - good.length;
  }
  return count;
}

/** One identity of the truth to at most one of the result, over the whole sequence, for the most frames in common. */
function countIdentity({ frames, gtCount, resultCount }: Sequence): MotCounts['identity'] {
  const cols = resultCount.length;
  const common = new Float64Array(gtCount.length * cols);
  for (const { gt, result, iou } of frames) {
    for (const [k, v] of iou.entries()) {
      const row = gt[Math.floor(k / result.length)] ?? 0;
      if (v >= MATCH_IOU) addAt(common, row * cols + (result[k % result.length] ?? 0), 1);
    }
  }
  const cost = common.map((v) => -v);
  const pairs = minimumAssignment(cost, gtCount.length, cols);
  const tp = sum(pairs.map(([row, col]) => common[row * cols + col] ?? 0));
  return { tp, fp: sum(resultCount) - tp, fn: sum(gtCount) - tp };
}

/** IoU of each pair, row-major. */
function overlaps(a: readonly Box[], b: readonly Box[]): Float64Array {
  return Float64Array.from(
    a.flatMap((boxA) =>
      b.map((boxB) => {
        const common = shared(boxA, boxB);
        return ratio(common, boxA.w * boxA.h + boxB.w * boxB.h - common);
      }),
    ),
  );
}

function shared(a: Box, b: Box): number {
  const w = Math.max(0, Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x));
  const h = Math.max(0, Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y));
  return w * h;
}

function ratio(part: number, whole: number): number {
  return part / Math.max(whole, ROUNDING);
}

function addAt(values: Float64Array, at: number, by: number): void {
  values[at] = (values[at] ?? 0) + by;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
