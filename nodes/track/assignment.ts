/**
 * Assignment of rows to columns with a cost limit, over a sparse set of pairs: as good as the best to a small slack.
 *
 * Method: the auction of Bertsekas 1988 ("The auction algorithm: a distributed relaxation method for the assignment
 * problem"). A row takes the column that costs it least, price included, and pays the margin to its second choice plus a
 * slack; the row that had the column looks again. Without a slack, rows that are as well off with any of the same columns
 * would outbid each other for ever. The slack grows slowly with the number of bids, so it ends soon however many want
 * the same.
 *
 * The limit: leaving a row alone costs `limit`, as if each row had a column of its own at that price. The sum of
 * `cost - limit` over all pairs is the least possible but for at most the last slack times the rows. No pair costs more
 * than `limit`. Pairs that were not added are never assigned, and cost no time.
 *
 *     assignment.begin(3);                                   // columns
 *     assignment.addRow(); assignment.add(0, 0.2); assignment.add(2, 0.4);
 *     assignment.addRow(); assignment.add(0, 0.1);
 *     assignment.solve(1);                                   // [2, 0]
 */

/** Slack of the first bid, in units of cost: differences that are smaller say nothing. */
const SLACK = 2e-4;
/** After so many bids a row the slack is twice as large. */
const BIDS_TO_DOUBLE = 6;

export class Assignment {
  // The pairs, by row: those of row k are at #rowStart[k] up to #rowStart[k + 1].
  #rows = 0;
  #cols = 0;
  #pairs = 0;
  #rowStart = new Int32Array(64);
  #pairCol = new Int32Array(64);
  #pairCost = new Float64Array(64);
  #rowToCol = new Int32Array(0);
  #colToRow = new Int32Array(0);
  /** At most 0; 0 while the column is free. */
  #price = new Float64Array(0);

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
    this.#reset();
    const growth = 2 ** (1 / (BIDS_TO_DOUBLE * this.#rows));
    let slack = SLACK;
    for (let first = 0; first < this.#rows; first++) {
      for (let row = first; row >= 0; slack *= growth) row = this.#bid(row, limit, slack);
    }
    return this.#rowToCol;
  }

  /** After {@link solve}: whether no row has that column. */
  isFree(col: number): boolean {
    return (this.#colToRow[col] ?? -1) < 0;
  }

  #reset(): void {
    if (this.#rowToCol.length < this.#rows) this.#rowToCol = new Int32Array(this.#rows * 2);
    if (this.#colToRow.length < this.#cols) {
      this.#colToRow = new Int32Array(this.#cols * 2);
      this.#price = new Float64Array(this.#cols * 2);
    }
    this.#rowToCol.fill(-1, 0, this.#rows);
    this.#colToRow.fill(-1, 0, this.#cols);
    this.#price.fill(0, 0, this.#cols);
  }

  /** A row takes what is best for it, of equals the lowest column. @returns the row that had it, -1 for none */
  #bid(row: number, limit: number, slack: number): number {
    const end = this.#rowStart[row + 1] ?? 0;
    let best = -1;
    let bestCost = limit;
    let secondCost = limit;
    for (let k = this.#rowStart[row] ?? 0; k < end; k++) {
      const cost = this.#pairCost[k] ?? 0;
      if (!(cost <= limit)) continue;
      const col = this.#pairCol[k] ?? 0;
      const priced = cost - (this.#price[col] ?? 0);
      if (priced < bestCost || (priced === bestCost && (best < 0 || col < best))) {
        secondCost = best < 0 ? limit : bestCost;
        bestCost = priced;
        best = col;
      } else if (priced < secondCost) {
        secondCost = priced;
      }
    }
    if (best < 0) return -1;
    const owner = this.#colToRow[best] ?? -1;
    this.#price[best] = (this.#price[best] ?? 0) - (secondCost - bestCost) - slack;
    this.#colToRow[best] = row;
    this.#rowToCol[row] = best;
    if (owner >= 0) this.#rowToCol[owner] = -1;
    return owner;
  }
}

function longer<T extends Int32Array | Float64Array>(array: T): T {
  const room = array.length * 2;
  const copy = array instanceof Int32Array ? new Int32Array(room) : new Float64Array(room);
  copy.set(array);
  return copy as T;
}
