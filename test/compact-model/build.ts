/**
 * Builds `compact.onnx`, a fast detector for tests of the engine: a network of fixed filters that finds small things
 * darker than the sky around them, on the clips of fixtures/ and little else.
 *
 *     bun test/compact-model/build.ts [FILE]
 *
 * Input `images` [1, 3, 360, 640]: RGB in 0–1. Output `output0` [1, 5, anchors]: centre x, centre y, width, height in
 * input pixels, score in 0–1; the layout of a one-class YOLOv8 head.
 *
 * How it works, with morphological filters (closing, bottom-hat) and a threshold that adapts to its surroundings:
 * 1. Brightness at half the resolution. From here on a *cell* is 2 × 2 pixels.
 * 2. The sky as it would be without the object: a closing along rows and one along columns, the darker of both. What is
 *    long in either direction (a skyline, a tower that stands on the ground, the edge of a cloud) stays as it is.
 * 3. Contrast: how much darker than that sky a cell is. Cells well above the threshold are the mask.
 * 4. On a grid of anchors, in a window around each: the mask's columns and rows that are not empty give a tight box.
 * 5. Score: contrast, times conditions that are 0 or 1 with a short ramp in between: the box is centred on this anchor,
 *    in one piece, not too thin, and nothing reaches out of the window.
 */
import { resolve } from 'node:path';
import { FilterGraph, type Value } from './filter-graph.ts';
import { buildModel, floatTensor, int64Tensor } from './onnx-writer.ts';

const INPUT = { width: 640, height: 360 } as const;
const PX_PER_CELL = 2;
const CELLS = { width: INPUT.width / PX_PER_CELL, height: INPUT.height / PX_PER_CELL } as const;
/** Values of an anchor in the output: the box and one score. */
const ROWS = 5;
/** Anchors are this many cells apart. */
const STEP = 4;
const ANCHORS = { width: CELLS.width / STEP, height: CELLS.height / STEP } as const;

/** Length of the closings in cells, odd: what is wider or higher is not an object. */
const CLOSING = { width: 41, height: 27 } as const;
/** Bright spots smaller than this, in cells, are lamps and windows and say nothing about the sky. */
const LIGHTS = 3;
/** Rows that the picture goes on below its lower edge, so that a skyline cut off there still stands on something. */
const BELOW = 14;

/** Windows around an anchor in cells: a small one that keeps close neighbours apart, a large one for large objects. */
const SMALL_WINDOW = { width: 26, height: 20 } as const;
const LARGE_WINDOW = { width: 46, height: 30 } as const;
/** Width in cells of the frame around a window that must be empty. */
const GUARD = 2;

/** Size in cells of the square in which an object's highest contrast is looked for. */
const PEAK = 27;

/** Contrast as a part of the sky's brightness. */
const CONTRAST = {
  /** Least contrast of a cell of the mask. */
  floor: 0.1,
  /** The same as a part of the object's highest contrast. */
  ofPeak: 0.3,
  /** Contrast at which the score is one half, and how fast it rises there. */
  half: 0.27,
  gain: 9,
} as const;

/** The model's bytes: the same on every run. */
export function buildCompactModel(): Uint8Array<ArrayBuffer> {
  const graph = new FilterGraph();
  const contrast = skyContrast(graph, brightness(graph, 'images'));
  const peak = graph.around(graph.around(contrast, [1, PEAK]), [PEAK, 1]);
  const mask = objectMask(graph, contrast, peak);
  const anchorPeak = graph.window(graph.window(peak, 'max', [STEP, 1], STEP), 'max', [1, STEP], STEP);
  const confidence = graph.sigmoid(graph.scale(graph.add(anchorPeak, -CONTRAST.half), CONTRAST.gain));
  const small = windowHead(graph, mask, confidence, SMALL_WINDOW);
  const large = windowHead(graph, mask, confidence, LARGE_WINDOW);
  const preferSmall = graph.op('GreaterOrEqual', [small.score, large.score]);
  graph.flatten(graph.op('Where', [preferSmall, small.rows, large.rows]), ROWS, 'output0');
  return buildModel({
    inputs: [{ name: 'images', type: 'float32', dims: [1, 3, INPUT.height, INPUT.width] }],
    // A named dimension: readers that know the grids of YOLO by their number of anchors would take offence at this one.
    outputs: [{ name: 'output0', type: 'float32', dims: [1, ROWS, 'anchors'] }],
    nodes: graph.nodes,
    initializers: graph.initializers,
    metadata: {
      description:
        'Windhover compact-object detector: fixed filters, not trained. Finds small things darker than the sky.',
      task: 'detect',
      family: 'yolo',
      version: '1',
      license: 'MIT',
      stride: String(STEP * PX_PER_CELL),
      names: "{0: 'aircraft'}",
    },
    graphName: 'compact',
  });
}

/** [1, 3, H, W] in RGB to [1, 1, H/2, W/2]: weights of BT.601, mean of four pixels. */
function brightness(graph: FilterGraph, images: Value): Value {
  const weights = [0.299, 0.587, 0.114].flatMap((weight) => new Array<number>(4).fill(weight / 4));
  const kernel = graph.constant(floatTensor('brightness', [1, 3, PX_PER_CELL, PX_PER_CELL], weights));
  return graph.op('Conv', [images, kernel], { strides: { ints: [PX_PER_CELL, PX_PER_CELL] } });
}

function skyContrast(graph: FilterGraph, luma: Value): Value {
  const plain = opening(graph, luma, LIGHTS);
  const pads = graph.constant(int64Tensor('below', [8], [0, 0, 0, 0, 0, 0, BELOW, 0]));
  const grounded = graph.op('Pad', [plain, pads], { mode: { string: 'edge' } });
  const alongColumns = graph.rows(closing(graph, grounded, [CLOSING.height, 1]), CELLS.height);
  const sky = graph.op('Min', [closing(graph, plain, [1, CLOSING.width]), alongColumns]);
  return graph.op('Div', [graph.op('Relu', [graph.op('Sub', [sky, luma])]), graph.add(sky, 0.05)]);
}

/** Takes away what is bright and smaller than the window. */
function opening(graph: FilterGraph, value: Value, side: number): Value {
  const square = (map: Value): Value => graph.around(graph.around(map, [1, side]), [side, 1]);
  return square(graph.op('Neg', [square(graph.op('Neg', [value]))]));
}

/** Fills what is dark and shorter than the window: the smallest of the largest values around. */
function closing(graph: FilterGraph, value: Value, window: readonly [number, number]): Value {
  const widened = graph.op('Neg', [graph.around(value, window)]);
  return graph.op('Neg', [graph.around(widened, window)]);
}

/** 1 on the object, 0 off it, with a ramp at its edge that keeps the place of the edge finer than a cell. */
function objectMask(graph: FilterGraph, contrast: Value, peak: Value): Value {
  const threshold = graph.op('Max', [graph.scale(peak, CONTRAST.ofPeak), graph.scalar(CONTRAST.floor)]);
  const over = graph.op('Div', [graph.op('Sub', [contrast, threshold]), threshold]);
  return graph.clip01(graph.add(over, 0.5));
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Maps with a place for each anchor: `rows` has the channels of the output, `score` is the last of them. */
interface Head {
  readonly score: Value;
  readonly rows: Value;
}

/** Boxes and scores from the mask in one window around each anchor. */
function windowHead(graph: FilterGraph, mask: Value, confidence: Value, size: Size): Head {
  const x = extent(graph, graph.window(mask, 'max', [size.height, 1], STEP), [1, size.width]);
  const y = extent(graph, graph.window(mask, 'max', [1, size.width], STEP), [size.height, 1]);
  const inside = graph.window(graph.window(mask, 'sum', [size.height, 1], STEP), 'sum', [1, size.width], STEP);
  const outer = [size.height + 2 * GUARD, size.width + 2 * GUARD] as const;
  const around = graph.window(graph.window(mask, 'sum', [outer[0], 1], STEP), 'sum', [1, outer[1]], STEP);
  const area = graph.op('Mul', [x.length, y.length]);
  const conditions = [
    x.centred,
    y.centred,
    x.whole,
    y.whole,
    graph.atMost(graph.op('Sub', [around, inside]), 0.6, 0.3),
    graph.atLeast(x.length, 3, 0.5),
    graph.atLeast(y.length, 1.4, 0.4),
    graph.atLeast(graph.op('Div', [inside, graph.add(area, 1e-6)]), 0.25, 0.05),
  ];
  const score = conditions.reduce((product, condition) => graph.op('Mul', [product, condition]), confidence);
  const rows = [
    graph.op('Add', [graph.scale(x.middle, PX_PER_CELL), anchorCentres(graph, 'x')]),
    graph.op('Add', [graph.scale(y.middle, PX_PER_CELL), anchorCentres(graph, 'y')]),
    graph.scale(x.length, PX_PER_CELL),
    graph.scale(y.length, PX_PER_CELL),
    score,
  ];
  return { score, rows: graph.op('Concat', rows, { axis: { int: 1 } }) };
}

/** Length and middle, in cells and relative to the anchor, of what is not empty in a profile of the mask. */
function extent(graph: FilterGraph, profile: Value, window: readonly [number, number]) {
  const [count, first, second] = graph.moments(profile, window, STEP);
  const length = graph.add(count, 1e-4);
  const middle = graph.op('Div', [first, length]);
  const spread = graph.op('Sub', [graph.op('Div', [second, length]), graph.op('Mul', [middle, middle])]);
  // A run of n cells without a gap has a variance of n²/12; with a gap it is larger.
  const uniform = graph.add(graph.scale(graph.op('Mul', [length, length]), 1 / 12), 0.3);
  return {
    length,
    middle,
    whole: graph.atMost(graph.op('Div', [spread, uniform]), 1.5, 0.2),
    centred: graph.atMost(graph.op('Abs', [middle]), STEP / 2 + 0.4, 0.3),
  };
}

/** Centres of the anchors in pixels, ready to be added to a map of them. */
function anchorCentres(graph: FilterGraph, axis: 'x' | 'y'): Value {
  const count = axis === 'x' ? ANCHORS.width : ANCHORS.height;
  const dims = axis === 'x' ? [1, 1, 1, count] : [1, 1, count, 1];
  const centres = Array.from({ length: count }, (_, index) => (index + 0.5) * STEP * PX_PER_CELL);
  return graph.constant(floatTensor(`anchors_${axis}`, dims, centres));
}

if (import.meta.main) {
  const file = resolve(Bun.argv[2] ?? `${import.meta.dir}/compact.onnx`);
  const bytes = buildCompactModel();
  await Bun.write(file, bytes);
  console.log(`${file}  ${bytes.length} bytes`);
}
