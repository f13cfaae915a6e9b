/**
 * Optimal assignment of rows to columns with a cost limit, over a sparse set of pairs.
 *
 * Method: Jonker & Volgenant 1987 ("A shortest augmenting path algorithm for dense and sparse linear assignment
 * problems"), in the form that suits a rectangular matrix: augmenting row reduction, then shortest augmenting paths.
 * Column reduction is left out, since it needs every column to be assigned in the end.
 *
 * The limit: leaving a row alone costs `limit`, as if each row had a column of its own at that price. The result
 * minimizes the sum of `cost - limit` over all pairs, and no pair costs more than `limit`. Pairs that were not added are
 * never assigned, and cost no time.
 *
 *     assignment.begin(3);                                   // columns
 *     assignment.addRow(); assignment.add(0, 0.2); assignment.add(2, 0.4);
 *     assignment.addRow(); assignment.add(0, 0.1);
 *     assignment.solve(1);                                   // [2, 0]
 *
 * Invariants between steps:
 * - the price of a column is <= 0, and 0 while the column is free;
 * - a placed row is at its cheapest choice among all `cost - price` and being alone.
 */
export class Assignment {
  // The pairs, by row: those of row k are at #rowStart[k] up to #rowStart[k + 1].
  #rows = 0;
  #cols = 0;
  #pairs = 0;
  #rowStart = new Int32Array(64);
  #pairCol = new Int32Array(64);
  #pairCost = new Float64Array(64);
  #limit = 0;
  #rowToCol = new Int32Array(0);
  #colToRow = new Int32Array(0);
  /** Rows that the row reduction could not place. */
  #left = new Int32Array(0);
  #price = new Float64Array(0);
  // Scratch of one search: cheapest way found to each column, the row and the cost it came by, and whether it is final.
  #distance = new Float64Array(0);
  #from = new Int32Array(0);
  #scanned = new Uint8Array(0);
  /** Columns that the search has reached; only these have to be reset. */
  #reached = new Int32Array(0);
  #reachedCount = 0;
  // What #cheapest and #search found last; fields, so that nothing is allocated per row.
  #bestCost = 0;
  #secondCost = 0;
  #searchCost = 0;
  #aloneRow = 0;

  /** Forgets all pairs. */
  begin(cols: number): void {
    this.#rows = 0;
    this.#pairs = 0;
    this.#cols = cols;
    this.#rowStart[0] = 0;
  }

  /** Begins the next row; rows count from 0. */
  addRow(): void {
    this.#rows += 1;
    if (this.#rows >= this.#rowStart.length) this.#rowStart = longer(this.#rowStart);
    this.#rowStart[this.#rows] = this.#pairs;
  }

  /** A pair of the row begun last; once a column at most. A cost above the limit, or NaN, is never assigned. */
  add(col: number, cost: number): void {
    if (this.#pairs === this.#pairCol.length) {
      this.#pairCol = longer(this.#pairCol);
      this.#pairCost = longer(this.#pairCost);
    }
    this.#pairCol[this.#pairs] = col;
    this.#pairCost[this.#pairs] = cost;
    this.#pairs += 1;
    this.#rowStart[this.#rows] = this.#pairs;
  }

  /**
   * @param limit most that a pair may cost; finite
   * @returns the column of each row, -1 for none; valid until the next call, may be longer than the rows
   */
  solve(limit: number): Int32Array {
    this.#limit = limit;
    this.#reset();
    const left = this.#reduceRows();
    for (let k = 0; k < left; k++) this.#augment(this.#left[k] ?? 0);
    return this.#rowToCol;
  }

  #reset(): void {
    if (this.#rowToCol.length < this.#rows) {
      this.#rowToCol = new Int32Array(this.#rows * 2);
      this.#left = new Int32Array(this.#rows * 2);
    }
    if (this.#colToRow.length < this.#cols) {
      const room = this.#cols * 2;
      this.#colToRow = new Int32Array(room);
      this.#price = new Float64Array(room);
      this.#distance = new Float64Array(room).fill(Number.POSITIVE_INFINITY);
      this.#from = new Int32Array(room);
      this.#scanned = new Uint8Array(room);
      this.#reached = new Int32Array(room);
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

  /**
   * The cheapest column of a row, the lowest of equals, -1 for being alone; also sets the two lowest costs, being alone
   * included.
   */
  #cheapest(row: number): number {
    const limit = this.#limit;
    const end = this.#rowStart[row + 1] ?? 0;
    let best = -1;
    let bestCost = limit;
    let secondCost = limit;
    for (let k = this.#rowStart[row] ?? 0; k < end; k++) {
      const cost = this.#pairCost[k] ?? 0;
      if (!(cost <= limit)) continue;
      const col = this.#pairCol[k] ?? 0;
      const reduced = cost - (this.#price[col] ?? 0);
      if (reduced < bestCost || (reduced === bestCost && (best < 0 || col < best))) {
        secondCost = best < 0 ? limit : bestCost;
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
    for (let k = 0; k < this.#reachedCount; k++) {
      const reached = this.#reached[k] ?? 0;
      if (this.#scanned[reached] === 1) {
        price[reached] = (price[reached] ?? 0) + (this.#distance[reached] ?? 0) - this.#searchCost;
      }
      this.#distance[reached] = Number.POSITIVE_INFINITY;
      this.#scanned[reached] = 0;
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
    const distance = this.#distance;
    let aloneCost = Number.POSITIVE_INFINITY;
    let row = start;
    let rowPrice = 0;
    let passed = 0;
    this.#reachedCount = 0;
    for (;;) {
      const alone = passed + this.#limit - rowPrice;
      if (alone < aloneCost) {
        aloneCost = alone;
        this.#aloneRow = row;
      }
      this.#relax(row, passed - rowPrice);
      const col = this.#nearest();
      if (col < 0 || aloneCost < (distance[col] ?? 0)) {
        this.#searchCost = aloneCost;
        return -1;
      }
      passed = distance[col] ?? 0;
      const owner = this.#colToRow[col] ?? -1;
      if (owner < 0) {
        this.#searchCost = passed;
        return col;
      }
      this.#scanned[col] = 1;
      row = owner;
      rowPrice = this.#costOf(row, col) - (this.#price[col] ?? 0);
    }
  }

  /** Extends the search from `row`. */
  #relax(row: number, offset: number): void {
    const end = this.#rowStart[row + 1] ?? 0;
    for (let k = this.#rowStart[row] ?? 0; k < end; k++) {
      const cost = this.#pairCost[k] ?? 0;
      const col = this.#pairCol[k] ?? 0;
      if (!(cost <= this.#limit) || this.#scanned[col] === 1) continue;
      const through = offset + cost - (this.#price[col] ?? 0);
      const before = this.#distance[col] ?? 0;
      if (through >= before) continue;
      if (before === Number.POSITIVE_INFINITY) this.#reached[this.#reachedCount++] = col;
      this.#distance[col] = through;
      this.#from[col] = row;
    }
  }

  /** The nearest column that is reached and not final yet, -1 for none. */
  #nearest(): number {
    let nearest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < this.#reachedCount; k++) {
      const col = this.#reached[k] ?? 0;
      if (this.#scanned[col] === 1) continue;
      const d = this.#distance[col] ?? 0;
      // Among equals a free column is taken first: it ends the search.
      const freeTie = d === least && (this.#colToRow[col] ?? -1) < 0 && (this.#colToRow[nearest] ?? -1) >= 0;
      if (d >= least && !freeTie) continue;
      least = d;
      nearest = col;
    }
    return nearest;
  }

  #costOf(row: number, col: number): number {
    const end = this.#rowStart[row + 1] ?? 0;
    for (let k = this.#rowStart[row] ?? 0; k < end; k++) if (this.#pairCol[k] === col) return this.#pairCost[k] ?? 0;
    return Number.POSITIVE_INFINITY;
  }
}

function longer<T extends Int32Array | Float64Array>(array: T): T {
  const room = array.length * 2;
  const copy = array instanceof Int32Array ? new Int32Array(room) : new Float64Array(room);
  copy.set(array);
  return copy as T;
}
