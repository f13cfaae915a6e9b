/**
 * YOLOX as its own exporter writes it: one output [1, N, 5 + classes] that is still relative to the grid. Row i belongs
 * to a cell of the strides 8, 16, 32 (row by row, finest first): centre = (offset + cell) × stride, size = exp(value) ×
 * stride, score = objectness × class probability, both after the sigmoid, or the objectness alone. The picture: BGR, 0
 * to 255, letterbox against the top-left corner on grey 114.
 *
 * Source: Ge et al., "YOLOX: Exceeding YOLO Series in 2021", and the ONNX demo of Megvii-BaseDetection/YOLOX.
 */
import type { Size } from '../../../runtime/node.ts';
import { type Decode, dimsText, type Family, gridCells, type InputStyle, onlyOutput, type Scoring } from './family.ts';
import { bestClass, checkProbabilities, floats, largest, rowScore } from './values.ts';

const STRIDES = [8, 16, 32];
const INPUT: InputStyle = { color: 'bgr', white: 255, fit: 'letterbox-topleft', pad: 114 };

export const yolox: Family = {
  name: 'yolox',
  match(model) {
    const output = onlyOutput(model);
    if (output === null) return 'needs one output [1, N, 5 + classes]';
    const [, rows, last] = output.dims;
    // Open columns: the class names tell how many there are, and the first run whether it is so.
    const columns = typeof last === 'string' ? (model.nameCount ?? 80) + 5 : last;
    const cells = gridCells(model.size, STRIDES);
    if (rows !== cells)
      return `needs ${cells} rows for ${model.size.w}×${model.size.h}, found ${dimsText(output.dims)}`;
    if (columns === undefined || columns < 6) return 'needs 5 + classes columns';
    const classes = columns - 5;
    // [1, N, 4 + classes] of the transposed YOLOv8 head has as many rows: the number of names decides.
    if (model.nameCount === classes + 1)
      return `${model.nameCount} class names fit 4 + classes columns, not 5 + classes`;
    const sure = model.nameCount === classes || classes === 80;
    return {
      certainty: sure ? 'likely' : 'possible',
      why: `one output ${dimsText(output.dims)}: ${cells} rows are one a cell of strides 8, 16, 32, and ${columns} = 5 + ${classes}`,
      plan: {
        layout: `[1, ${cells}, 5 + ${classes}], raw grid`,
        input: INPUT,
        outputs: [{ name: output.name, dims: [1, cells, columns] }],
        classes,
        nmsIou: 0.45,
        objectness: true,
        check: ([values]) => check(floats(values), cells, columns),
        decoder: (scoring = 'product') => decoder(model.size, columns, scoring),
      },
    };
  },
};

function decoder(size: Size, columns: number, scoring: Scoring): Decode {
  const classes = columns - 5;
  return (outputs, thresholds, into) => {
    const data = floats(outputs[0]);
    let row = 0;
    for (const stride of STRIDES) {
      const gridW = Math.ceil(size.w / stride);
      const end = row + gridW * Math.ceil(size.h / stride);
      for (let cell = 0; row < end; cell++, row++) {
        const at = row * columns;
        const objectness = data[at + 4] ?? 0;
        // Nearly every row ends here: a score is never above its objectness.
        if (!(objectness >= thresholds.lowest)) continue;
        const best = bestClass(data, at + 5, classes);
        const score = rowScore(objectness, data[at + 5 + best] ?? 0, scoring);
        if (!(score >= (thresholds.byClass[best] ?? Number.POSITIVE_INFINITY))) continue;
        const cx = ((data[at] ?? 0) + (cell % gridW)) * stride;
        const cy = ((data[at + 1] ?? 0) + Math.floor(cell / gridW)) * stride;
        into.addCentred(
          cx,
          cy,
          Math.exp(data[at + 2] ?? 0) * stride,
          Math.exp(data[at + 3] ?? 0) * stride,
          score,
          best,
          at + 5,
        );
      }
    }
  };
}

/** Offsets of a grid are a few cells and sizes are logarithms; pixels are far greater. */
function check(data: Float32Array, rows: number, columns: number): string | null {
  const offset = largest(data, rows, columns, 0, 2);
  const logSize = largest(data, rows, columns, 2, 4);
  if (offset > 64 || logSize > 16) {
    return (
      `expected offsets within a grid and logarithms of sizes, got values up to ${Math.max(offset, logSize)}: ` +
      "the boxes look decoded already (family: yolo reads those; its picture is RGB from 0 to 1 unless 'input' says otherwise)"
    );
  }
  return checkProbabilities(data, rows, columns, 4);
}
