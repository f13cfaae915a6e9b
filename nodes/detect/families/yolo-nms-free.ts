/**
 * Exports that give each object once: [1, N, 6] with x1, y1, x2, y2, score, class in pixels of the input (YOLOv10,
 * YOLO26, and exports with the suppression of doubles inside). Unused rows have score 0. The picture is that of YOLO.
 */
import { type Decode, dimsText, type Family, gridCells, onlyOutput, otherTask, YOLO_INPUT } from './family.ts';
import { checkProbabilities, floats, largest } from './values.ts';

const COLUMNS = 6;

export const yoloNmsFree: Family = {
  name: 'yolo-nms-free',
  match(model) {
    const output = onlyOutput(model);
    if (output === null) return 'needs one output [1, N, 6]';
    const [, rows, columns] = output.dims;
    if (columns !== COLUMNS) return `needs 6 columns, found ${dimsText(output.dims)}`;
    const task = otherTask(model);
    if (task !== null) return task;
    const count = typeof rows === 'number' ? rows : null;
    // With one class, a grid of boxes has six columns too.
    const cells = [gridCells(model.size, [8, 16, 32]), gridCells(model.size, [8, 16, 32, 64])];
    if (cells.some((one) => count === one || count === 3 * one)) return `${count} rows are a grid of one class`;
    const declared = /^true$/i.test(model.metadata.end2end ?? '') || /'nms': True/.test(model.metadata.args ?? '');
    const alone = count !== null || model.nameCount !== 1;
    return {
      certainty: declared ? 'certain' : alone ? 'likely' : 'possible',
      why: declared
        ? `${dimsText(output.dims)} and the metadata says that doubles are suppressed inside`
        : `${dimsText(output.dims)} is x1, y1, x2, y2, score, class`,
      plan: {
        layout: `[1, ${count ?? 'N'}, 6]: x1, y1, x2, y2, score, class`,
        input: YOLO_INPUT,
        outputs: [{ name: output.name, dims: [1, count, COLUMNS] }],
        classes: null,
        nmsIou: null,
        check: ([values]) => check(floats(values), model.nameCount, Math.max(model.size.w, model.size.h)),
        decoder: () => decode,
      },
    };
  },
};

const decode: Decode = (outputs, thresholds, into) => {
  const data = floats(outputs[0]);
  for (let at = 0; at + COLUMNS <= data.length; at += COLUMNS) {
    const score = data[at + 4] ?? 0;
    if (!(score >= thresholds.lowest) || score <= 0) continue;
    const id = Math.round(data[at + 5] ?? -1);
    const least = thresholds.byClass[id];
    if (least === undefined) into.unnamed += 1;
    else if (score >= least) {
      into.addCorners(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0, data[at + 3] ?? 0, score, id);
    }
  }
};

function check(data: Float32Array, names: number | null, size: number): string | null {
  const rows = Math.floor(data.length / COLUMNS);
  for (let row = 0; row < rows; row++) {
    const score = checkProbabilities(data.subarray(row * COLUMNS + 4, row * COLUMNS + 5), 1, 1, 0);
    if (score !== null) return `${score}, row ${row}`;
    const id = data[row * COLUMNS + 5] ?? -1;
    if (id < 0 || id !== Math.round(id) || (names !== null && id >= names)) {
      return `expected class numbers from 0 to ${(names ?? 1) - 1} in column 5, got ${id} in row ${row}`;
    }
  }
  const farthest = largest(data, rows, COLUMNS, 0, 4);
  if (farthest > 4 * size) return `expected boxes in pixels of the input, got ${farthest}`;
  if (rows > 0 && farthest > 0 && farthest < 1.5)
    return `expected boxes in pixels of the input, got none beyond ${farthest}`;
  return null;
}
