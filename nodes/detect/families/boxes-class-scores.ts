/**
 * Heads whose boxes [1, N, 4] and class scores [1, N, classes] (or [1, classes, N]) are outputs of their own, decoded and
 * after the sigmoid or the softmax: YOLO-NAS, PP-YOLOE, SSD, UltraFace. The boxes tell whether they are corners or
 * centre and size, pixels or fractions. A softmax has one more column for the background, the first or the last: by the
 * class names, else by which one wins in most rows. The picture: RGB, 0 to 1, stretched, unless the metadata or the
 * option `input` says otherwise.
 */
import { checkDense, type DenseHead, denseDecoder } from './dense.ts';
import {
  dimsText,
  type ExpectedOutput,
  type Family,
  type ModelFacts,
  STRETCHED_INPUT,
  sameSize,
  tables,
  type ValueInfo,
} from './family.ts';

export const boxesClassScores: Family = {
  name: 'boxes-class-scores',
  match(model) {
    const pair = findPair(model);
    if (typeof pair === 'string') return pair;
    if (isLogits(pair)) return `${pair.scores.name} [1, Q, classes] are logits by their name`;
    const { columns, across } = pair;
    const { nameCount, background = null, size, boxFormat: stated } = model;
    const counted = nameCount === columns && (background === 0 || background === columns - 1);
    const extra = nameCount === columns - 1;
    const skipped = counted && background === 0 ? 1 : 0;
    const head: DenseHead = {
      boxes: { output: 0, column: 0, columns: 4 },
      hints: { stated, usual: 'xyxy', dense: true },
      objectness: null,
      scores: { output: 1, column: skipped, columns, across },
      classes: counted || extra ? columns - 1 : columns,
      firstClass: skipped,
      background: extra,
    };
    return {
      certainty: 'likely',
      why: pair.why,
      plan: {
        layout: pair.layout,
        input: STRETCHED_INPUT,
        outputs: pair.outputs,
        classes: extra ? columns - 1 : columns,
        spareClass: true,
        nmsIou: 0.45,
        check: (values) => hinted(checkDense(values, head, size)),
        decoder: () => denseDecoder(head, size, 'product'),
      },
    };
  },
};

/** Two outputs that belong together by their number of rows. */
export interface Pair {
  readonly boxes: ValueInfo;
  readonly scores: ValueInfo;
  /** The scores are [1, classes, N]. */
  readonly across: boolean;
  /** Of the scores. */
  readonly columns: number;
  readonly why: string;
  readonly layout: string;
  readonly outputs: readonly ExpectedOutput[];
}

const BOXES = /box|loc|det|reg/i;
const SCORES = /score|conf|prob|class|cls|label|logit/i;

/** Boxes and scores by shape, and where that leaves a choice by name; or why there is no such pair, or several. */
export function findPair(model: ModelFacts): Pair | string {
  const ranked = tables(model);
  const inOrder = (one: Pair) => !model.namedOutputs || ranked.indexOf(one.boxes) < ranked.indexOf(one.scores);
  const pairs = ranked.flatMap((boxes) => ranked.flatMap((scores) => pairOf(boxes, scores) ?? [])).filter(inOrder);
  if (pairs.length === 0) return 'needs outputs boxes [1, N, 4] and scores [1, N, classes], one of each';
  const [pair, ...more] = pairs.length === 1 ? pairs : pairs.filter(isNamed);
  const otherBoxes = ranked.filter((output) => output !== pair?.boxes && output.dims[2] === 4 && isBoxes(output));
  if (pair !== undefined && more.length + otherBoxes.length === 0) return pair;
  return "several outputs could be boxes [1, N, 4] and scores [1, N, classes]: 'outputs' can name the two, boxes first";
}

function isNamed({ boxes, scores }: Pair): boolean {
  return isBoxes(boxes) && SCORES.test(scores.name);
}

function isBoxes({ name }: ValueInfo): boolean {
  return BOXES.test(name) && !SCORES.test(name);
}

/** The name says that the scores come before the sigmoid: as of a DETR. */
export function isLogits({ boxes, scores }: Pair): boolean {
  return (
    /logit|label|class|cls/i.test(scores.name) && !/score|prob|conf/i.test(scores.name) && /box|det/i.test(boxes.name)
  );
}

function pairOf(boxes: ValueInfo, scores: ValueInfo): Pair | null {
  const [, rows, four] = boxes.dims;
  if (boxes === scores || four !== 4) return null;
  const [, a, b] = scores.dims;
  const across = !(typeof b === 'number' && sameSize(rows, a));
  const [columns, otherRows] = across ? [a, b] : [b, a];
  if (typeof columns !== 'number' || !sameSize(rows, otherRows)) return null;
  const fixed = typeof rows === 'number' ? rows : otherRows;
  const count = typeof fixed === 'number' ? fixed : null;
  const dims = across ? [1, columns, count] : [1, count, columns];
  return {
    ...{ boxes, scores, across, columns },
    why: `outputs ${boxes.name} ${dimsText(boxes.dims)} and ${scores.name} ${dimsText(scores.dims)}`,
    layout: `boxes [1, ${count ?? 'N'}, 4], scores ${dimsText(dims)}`,
    outputs: [
      { name: boxes.name, dims: [1, count, 4] },
      { name: scores.name, dims },
    ],
  };
}

function hinted(complaint: string | null): string | null {
  return complaint?.startsWith('expected scores') ? `${complaint}: logits are read with 'family: detr'` : complaint;
}
