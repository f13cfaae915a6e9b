/**
 * Exports that give each object once: [1, N, 6] with x1, y1, x2, y2, score, class in pixels of the input (YOLOv10,
 * YOLO26, and exports with the suppression of doubles inside), with masks or key points in further columns. Unused rows
 * have score 0. The picture is that of YOLO.
 */
import { finishedPlan, rowOrder, SIX } from './boxes-scores-classes.ts';
import { dimsText, extraColumns, type Family, givesMore, gridCells, otherTask, tables, YOLO_INPUT } from './family.ts';

const MOST_FINISHED = 1000;

export const yoloNmsFree: Family = {
  name: 'yolo-nms-free',
  match(model) {
    const { metadata, size, nameCount } = model;
    const task = otherTask(model);
    if (task !== null) return task;
    const extra = extraColumns(model);
    const hasMore = extra.count > 0 || givesMore(model);
    const [output, ...more] = tables(model).filter(
      ({ dims }) => dims[2] === 6 || dims[2] === 6 + extra.count || (hasMore && Number(dims[1]) > Number(dims[2])),
    );
    if (output === undefined) return 'needs one output [1, N, 6]';
    if (more.length > 0) return `found ${more.length + 1} outputs that could be [1, N, 6]: 'outputs' can name one`;
    const [, rows, last] = output.dims;
    const columns = Number(last);
    const count = typeof rows === 'number' ? rows : null;
    // With one class, a grid of boxes has six columns too.
    const cells = [gridCells(size, [8, 16, 32]), gridCells(size, [8, 16, 32, 64])];
    if (cells.some((one) => count === one || count === 3 * one)) return `${count} rows are a grid of one class`;
    const declared = /^true$/i.test(metadata.end2end ?? '') || /'nms': True/.test(metadata.args ?? '');
    const alone = count !== null || nameCount !== 1;
    const found = dimsText(output.dims);
    const finished = {
      why: declared
        ? `${found} and the metadata says that doubles are suppressed inside`
        : `${found} is x1, y1, x2, y2, score, class`,
      layout: `[1, ${count ?? 'N'}, ${columns}]: x1, y1, x2, y2, score, class`,
      outputs: [{ name: output.name, dims: [1, count, columns] }],
      orders: SIX.map((order) => rowOrder(order, columns)),
    };
    const plan = finishedPlan(model, finished, YOLO_INPUT);
    const notRead = columns === 6 ? {} : { notRead: extra.what || `${columns - 6} columns after the class` };
    return {
      certainty: declared ? 'certain' : alone ? 'likely' : 'possible',
      why: finished.why,
      // So many rows are candidates that nobody has sorted out (EfficientDet).
      plan: { ...plan, ...notRead, nmsIou: count !== null && count > MOST_FINISHED ? 0.45 : null },
    };
  },
};
