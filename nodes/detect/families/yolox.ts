/**
 * YOLOX as its own exporter writes it: one output [1, N, 5 + classes] that is still relative to the grid. Row i belongs
 * to a cell of the strides 8, 16, 32 (row by row, finest first): centre = (offset + cell) × stride, size = exp(value) ×
 * stride, score = objectness × class probability, both after the sigmoid, or the objectness alone. The picture: BGR, 0
 * to 255, letterbox against the top-left corner on grey 114.
 *
 * Source: Ge et al., "YOLOX: Exceeding YOLO Series in 2021", and the ONNX demo of Megvii-BaseDetection/YOLOX.
 */
import type { Size } from '../../../runtime/node.ts';
import type { BoxNumbers } from './box-format.ts';
import { checkDense, type DenseHead, denseDecoder } from './dense.ts';
import { dimsText, type Family, gridCells, type InputStyle, onlyTable } from './family.ts';
import { floats, largest } from './values.ts';

const STRIDES = [8, 16, 32];
const INPUT: InputStyle = { color: 'bgr', white: 255, fit: 'letterbox-topleft', pad: 114 };

export const yolox: Family = {
  name: 'yolox',
  match(model) {
    const output = onlyTable(model, '[1, N, 5 + classes]');
    if (typeof output === 'string') return output;
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
    const at = (column: number) => ({ output: 0, column, columns });
    const head: DenseHead = {
      boxes: at(0),
      hints: { stated: 'cxcywh_px', usual: 'cxcywh', dense: true },
      place: inPixels(model.size),
      objectness: at(4),
      scores: at(5),
      classes,
    };
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
        check: (values) => checkGrid(floats(values[0]), cells, columns) ?? checkDense(values, head, model.size),
        decoder: (scoring = 'product') => denseDecoder(head, model.size, scoring),
      },
    };
  },
};

/** A box of the grid as centre and size in pixels. */
function inPixels({ w, h }: Size) {
  return ([dx, dy, logW, logH]: BoxNumbers, row: number): BoxNumbers => {
    let cell = row;
    let stride = 0;
    let across = 0;
    for (stride of STRIDES) {
      across = Math.ceil(w / stride);
      const cells = across * Math.ceil(h / stride);
      if (cell < cells) break;
      cell -= cells;
    }
    const x = (dx + (cell % across)) * stride;
    return [x, (dy + Math.floor(cell / across)) * stride, Math.exp(logW) * stride, Math.exp(logH) * stride];
  };
}

/** Offsets of a grid are a few cells and sizes are logarithms; pixels are far greater. */
function checkGrid(data: Float32Array, rows: number, columns: number): string | null {
  const offset = largest(data, rows, columns, 0, 2);
  const logSize = largest(data, rows, columns, 2, 4);
  if (offset > 64 || logSize > 16) {
    return (
      `expected offsets within a grid and logarithms of sizes, got values up to ${Math.max(offset, logSize)}: ` +
      "the boxes look decoded already (family: yolo reads those; its picture is RGB from 0 to 1 unless 'input' says otherwise)"
    );
  }
  return null;
}
