/**
 * Optimal assignment of rows to columns with a cost limit.
 *
 * Method: Jonker & Volgenant 1987 ("A shortest augmenting path algorithm for dense and sparse linear assignment
 * problems"), in the form that suits a rectangular matrix: augmenting row reduction, then shortest augmenting paths.
 * Column reduction is left out, since it needs every column to be assigned in the end.
 *
 * The limit: leaving a row alone costs `limit`, as if each row had a column of its own at that price. The result
 * minimizes the sum of `cost - limit` over all pairs, and no pair costs more than `limit`.
 *
 * Invariants between steps:
 * - the price of a column is <= 0, and 0 while the column is free;
 * - a placed row is at its cheapest choice among all `cost - price` and being alone.
 */
export class Assignment {
  #rows = 0;
  #cols = 0;
  #limit = 0;
  #cost: Float64Array = new Float64Array(0);
  #rowToCol = new Int32Array(0);
  #colToRow = new Int32Array(0);
  /** Rows that the row reduction could not place. */
  #left = new Int32Array(0);
  #price = new Float64Array(0);
  // Scratch of one search: cheapest way found to each column, the row it came from, and whether it is final.
  #distance = new Float64Array(0);
  #from = new Int32Array(0);
  #scanned = new Uint8Array(0);
  // What #cheapest and #search found last; fields, so that nothing is allocated per row.
  #bestCost = 0;
  #secondCost = 0;
  #searchCost = 0;
  #aloneRow = 0;

  /**
   * @param cost row-major, `rows * cols` long or longer; entries above `limit` and NaN are never assigned
   * @param limit most that a pair may cost; finite
   * @returns the column of each row, -1 for none; valid until the next call, may be longer than `rows`
   */
  solve(cost: Float64Array, rows: number, cols: number, limit: number): Int32Array {
    this.#cost = cost;
    this.#rows = rows;
    this.#cols = cols;
    this.#limit = limit;
    this.#reset();
    const left = this.#reduceRows();
    for (let k = 0; k < left; k++) this.#augment(this.#left[k] ?? 0);
    return this.#rowToCol;
  }

  #reset(): void {
    const { length: rowRoom } = this.#rowToCol;
    const { length: colRoom } = this.#colToRow;
    if (rowRoom < this.#rows) {
      this.#rowToCol = new Int32Array(this.#rows * 2);
      this.#left = new Int32Array(this.#rows * 2);
    }
    if (colRoom < this.#cols) {
      this.#colToRow = new Int32Array(this.#cols * 2);
      this.#price = new Float64Array(this.#cols * 2);
      this.#distance = new Float64Array(this.#cols * 2);
      this.#from = new Int32Array(this.#cols * 2);
      this.#scanned = new Uint8Array(this.#cols * 2);
    }
    this.#rowToCol.fill(-1, 0, this.#rows);
    this.#colToRow.fill(-1, 0, this.#cols);
    this.#price.fill(0, 0, this.#cols);
  }

  /**
   * Gives each row its cheapest column and lowers that column's price by the margin to the second choice; a row that
   * is pushed out looks again. Returns how many rows are left to {@link #augment}.
   */
  #reduceRows(): number {
    // Rounding can make two rows outbid each other for very long; past this many tries augmenting is faster.
    let triesLeft = 3 * this.#rows + 8;
    let left = 0;
    for (let first = 0; first < this.#rows; first++) {
      let row = first;
      while (row >= 0) {
        const col = this.#cheapest(row);
        if (col < 0) break; // being alone is cheapest
        const owner = this.#colToRow[col] ?? -1;
        // A tie for a taken column can't be decided by price.
        if (triesLeft-- <= 0 || (owner >= 0 && this.#bestCost >= this.#secondCost)) {
          this.#left[left++] = row;
          break;
        }
        this.#price[col] = (this.#price[col] ?? 0) - (this.#secondCost - this.#bestCost);
        this.#colToRow[col] = row;
        this.#rowToCol[row] = col;
        if (owner >= 0) this.#rowToCol[owner] = -1;
        row = owner;
      }
    }
    return left;
  }

  /** The cheapest column of a row, -1 for being alone; also sets the two lowest costs, being alone included. */
  #cheapest(row: number): number {
    const cost = this.#cost;
    const price = this.#price;
    const limit = this.#limit;
    const cols = this.#cols;
    const base = row * cols;
    let best = -1;
    let bestCost = limit;
    let secondCost = limit;
    for (let col = 0; col < cols; col++) {
      const entry = cost[base + col] ?? 0;
      if (!(entry <= limit)) continue;
      const reduced = entry - (price[col] ?? 0);
      if (reduced < bestCost || (best < 0 && reduced === limit)) {
        secondCost = bestCost;
        bestCost = reduced;
        best = col;
      } else if (reduced < secondCost) {
        secondCost = reduced;
      }
    }
    this.#bestCost = bestCost;
    this.#secondCost = secondCost;
    return best;
  }

  /** Places `start` in the cheapest way, which may move other rows or leave one of them (or `start`) alone. */
  #augment(start: number): void {
    const rowToCol = this.#rowToCol;
    const price = this.#price;
    let col = this.#search(start);
    for (let j = 0; j < this.#cols; j++) {
      if (this.#scanned[j] === 1) price[j] = (price[j] ?? 0) + (this.#distance[j] ?? 0) - this.#searchCost;
    }
    if (col < 0) {
      col = rowToCol[this.#aloneRow] ?? -1;
      rowToCol[this.#aloneRow] = -1;
    }
    while (col >= 0) {
      const mover = this.#from[col] ?? 0;
      const vacated = mover === start ? -1 : (rowToCol[mover] ?? -1);
      this.#colToRow[col] = mover;
      rowToCol[mover] = col;
      col = vacated;
    }
  }

  /** Dijkstra over reduced costs: the free column that ends the cheapest path, or -1 when a row is left alone. */
  #search(start: number): number {
    const distance = this.#distance.fill(Number.POSITIVE_INFINITY, 0, this.#cols);
    this.#scanned.fill(0, 0, this.#cols);
    let aloneCost = Number.POSITIVE_INFINITY;
    let row = start;
    let rowPrice = 0;
    let reached = 0;
    for (;;) {
      const alone = reached + this.#limit - rowPrice;
      if (alone < aloneCost) {
        aloneCost = alone;
        this.#aloneRow = row;
      }
      const col = this.#relax(row, reached - rowPrice);
      if (col < 0 || aloneCost < (distance[col] ?? 0)) {
        this.#searchCost = aloneCost;
        return -1;
      }
      reached = distance[col] ?? 0;
      const owner = this.#colToRow[col] ?? -1;
      if (owner < 0) {
        this.#searchCost = reached;
        return col;
      }
      this.#scanned[col] = 1;
      row = owner;
      rowPrice = (this.#cost[row * this.#cols + col] ?? 0) - (this.#price[col] ?? 0);
    }
  }

  /** Extends the search from `row`; returns the nearest column that is not final yet, -1 when none can be reached. */
  #relax(row: number, offset: number): number {
    const cost = this.#cost;
    const price = this.#price;
    const distance = this.#distance;
    const colToRow = this.#colToRow;
    const base = row * this.#cols;
    let nearest = -1;
    let nearestCost = Number.POSITIVE_INFINITY;
    for (let col = 0; col < this.#cols; col++) {
      if (this.#scanned[col] === 1) continue;
      const entry = cost[base + col] ?? 0;
      if (entry <= this.#limit) {
        const through = offset + entry - (price[col] ?? 0);
        if (through < (distance[col] ?? 0)) {
          distance[col] = through;
          this.#from[col] = row;
        }
      }
      const d = distance[col] ?? 0;
      // Among equals a free column is taken first: it ends the search.
      const freeTie = d === nearestCost && nearest >= 0 && (colToRow[col] ?? -1) < 0 && (colToRow[nearest] ?? -1) >= 0;
      if (d < nearestCost || freeTie) {
        nearestCost = d;
        nearest = col;
      }
    }
    return nearest;
  }
}
