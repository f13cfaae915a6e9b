/**
 * Minimum-cost assignment of a full matrix by shortest augmenting paths (Crouse 2016, "On implementing 2D rectangular
 * assignment algorithms").
 *
 * Scoring needs its own solver beside the tracker's: where several assignments are equally good, figures may depend on
 * the one taken, so rows come in order, of equally near columns a free one wins, then the first to be looked at, and
 * columns are looked at from the last. These are the rules of SciPy's `linear_sum_assignment`, by which published
 * scorers work.
 */

/** One search tree: what is known about the cheapest way from the row being placed to each column. */
interface Search {
  readonly distance: Float64Array;
  readonly from: Int32Array;
  /** Columns not reached for good; the first `open` of them count. */
  readonly remaining: Int32Array;
}

/**
 * @param cost row-major, `rows * cols` long, finite
 * @returns pairs `[row, column]` by rising row, as many as the shorter side has entries
 */
export function minimumAssignment(cost: Float64Array, rows: number, cols: number): [number, number][] {
  if (rows > cols) {
    const turned = new Float64Array(cost.length);
    for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) turned[j * rows + i] = cost[i * cols + j] ?? 0;
    const pairs = minimumAssignment(turned, cols, rows);
    return pairs.map(([col, row]): [number, number] => [row, col]).sort((a, b) => a[0] - b[0]);
  }
  const rowPrice = new Float64Array(rows);
  const colPrice = new Float64Array(cols);
  const rowToCol = new Int32Array(rows).fill(-1);
  const colToRow = new Int32Array(cols).fill(-1);
  const search: Search = {
    distance: new Float64Array(cols),
    from: new Int32Array(cols),
    remaining: new Int32Array(cols),
  };
  for (let start = 0; start < rows; start++) {
    const path = shortestPath(cost, cols, start, rowPrice, colPrice, colToRow, search);
    rowPrice[start] = (rowPrice[start] ?? 0) + path.length;
    for (const row of path.rows) {
      const reached = search.distance[rowToCol[row] ?? 0] ?? 0;
      rowPrice[row] = (rowPrice[row] ?? 0) + (path.length - reached);
    }
    for (const col of path.cols) {
      colPrice[col] = (colPrice[col] ?? 0) - (path.length - (search.distance[col] ?? 0));
    }
    for (let col = path.end; col >= 0; ) {
      const row = search.from[col] ?? 0;
      const vacated = row === start ? -1 : (rowToCol[row] ?? -1);
      colToRow[col] = row;
      rowToCol[row] = col;
      col = vacated;
    }
  }
  return Array.from(rowToCol, (col, row): [number, number] => [row, col]);
}

/** Dijkstra from `start` to the nearest free column; `rows` and `cols` are those passed on the way. */
function shortestPath(
  cost: Float64Array,
  cols: number,
  start: number,
  rowPrice: Float64Array,
  colPrice: Float64Array,
  colToRow: Int32Array,
  { distance, from, remaining }: Search,
): { end: number; length: number; rows: number[]; cols: number[] } {
  const passedRows: number[] = [];
  const passedCols: number[] = [];
  distance.fill(Number.POSITIVE_INFINITY);
  for (let k = 0; k < cols; k++) remaining[k] = cols - 1 - k;
  let row = start;
  let length = 0;
  for (let open = cols; ; ) {
    let nearest = -1;
    let nearestDistance = Number.POSITIVE_INFINITY;
    for (let k = 0; k < open; k++) {
      const col = remaining[k] ?? 0;
      const through = length + (cost[row * cols + col] ?? 0) - (rowPrice[row] ?? 0) - (colPrice[col] ?? 0);
      if (through < (distance[col] ?? 0)) {
        distance[col] = through;
        from[col] = row;
      }
      const d = distance[col] ?? 0;
      if (d < nearestDistance || (d === nearestDistance && (colToRow[col] ?? -1) < 0)) {
        nearestDistance = d;
        nearest = k;
      }
    }
    length = nearestDistance;
    const col = remaining[nearest] ?? 0;
    passedCols.push(col);
    const owner = colToRow[col] ?? -1;
    if (owner < 0) return { end: col, length, rows: passedRows, cols: passedCols };
    passedRows.push(owner);
    row = owner;
    open--;
    remaining[nearest] = remaining[open] ?? 0;
  }
}
