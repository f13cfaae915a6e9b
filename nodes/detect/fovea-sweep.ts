/**
 * The tiles by which a whole picture is looked at closely, one after the other. Pure.
 *
 * Where tiles of much detail would take too long for a round, there are two sorts: large ones, whose round takes less than a
 * second, and the smallest ones for what the large ones don't show. Of these, the ones with something that stands out come first.
 */
import type { Box, Size } from '../../runtime/node.ts';
import { intersection } from './intersection.ts';
import type { Spot } from './spots.ts';
import { FINEST, type Tile, tilesAcross, tilesOf } from './tiles.ts';

/** From one size of tiles to the next. */
const STEP = 1.1;
/** Tiles of up to so many source pixels for a pixel of the input show enough. */
const THOROUGH = 0.8;
/** Larger tiles would show small objects no better than the whole does: the round takes longer then. */
const LARGEST = 1.75;
/** A round over the picture takes so long. */
const ROUND_S = 0.8;
/** Tiles are laid for another budget when it differs by so many looks a round: rounding is no reason. */
const OTHER_BUDGET = 0.5;
/** Large tiles take as many looks as a round needs, and at least this share of all; small ones at least that. */
const LEAST_SHARE = 0.5;
const LEAST_FINE_SHARE = 0.25;
/** So many small tiles, those with the strongest spots, are looked at so much more often than the others … */
const SPOTTED = { most: 8, weight: 8 };
/** … and so many of the only sort: a round must not take much longer for it. */
const SPOTTED_ONLY = { most: 3, weight: 2 };

/** The decoder cuts parts out on a grid of 4 pixels, which a picture of other pixels than square ones may be shown wider. */
const EDGE_PX = 8;

export class Sweep {
  readonly #input: Size;
  #tiles: readonly Tile[] = [];
  #fine: readonly Tile[] = [];
  #picture: Size = { w: 0, h: 0 };
  /** Source pixels for each pixel of the input. */
  #scale = 1;
  /** Looks of a round, when tiles were laid. */
  #most = 0;
  #roundBeganS = Number.NEGATIVE_INFINITY;
  /** Of all looks, at small tiles; and how much of one is due. */
  #fineShare = 0;
  #fineDue = 0;

  /** @param input of the model */
  constructor(input: Size) {
    this.#input = input;
  }

  /** It is worth knowing what stands out in a view that shows less than tiles do. @param scale of the view */
  wantsSpots(scale: number, isWhole: boolean): boolean {
    if (isWhole) return this.#fine.length === 0;
    return this.#fine.length > 0 && scale > THOROUGH && scale <= LARGEST * STEP;
  }

  /**
   * Lays the tiles: the smallest ones, down to {@link FINEST}, that a round over the picture allows, or the
   * largest. Laid anew only for a picture of another size or once all tiles were looked at.
   */
  layOut(picture: Size, looksPerS: number, nowS: number): void {
    const isSame = picture.w === this.#picture.w && picture.h === this.#picture.h;
    if (isSame && this.#tiles.some(({ lookedS }) => lookedS < this.#roundBeganS)) return;
    this.#roundBeganS = nowS;
    const most = looksPerS * ROUND_S;
    if (isSame && Math.abs(most - this.#most) < OTHER_BUDGET) return;
    this.#most = most;
    const one = this.#scaleFor(picture, most);
    const scale = one <= THOROUGH ? one : this.#scaleFor(picture, most * LEAST_SHARE);
    this.#fineShare = Math.max(LEAST_FINE_SHARE, 1 - tilesAcross(picture, this.#input, scale) / Math.max(1, most));
    if (isSame && scale === this.#scale) return;
    const hasFine = isSame && this.#fine.length > 0;
    const before = isSame ? this.#tiles : [];
    [this.#picture, this.#scale] = [picture, scale];
    this.#tiles = tilesOf(picture, this.#input, scale, nowS);
    // What was looked at longest ago comes first: else a part of the picture might wait for nearly two rounds.
    for (const tile of this.#tiles) {
      const known = before.filter(({ box }) => intersection(box, tile.box) > 0).map(({ lookedS }) => lookedS);
      if (known.length > 0) tile.lookedS = Math.min(...known);
    }
    if (scale <= THOROUGH) this.#fine = [];
    else if (!hasFine) this.#fine = tilesOf(picture, this.#input, FINEST, nowS);
  }

  /** A part of the picture was looked at. @param scale source pixels for each pixel of the input */
  note(view: Box, scale: number, nowS: number): void {
    for (const [tiles, tileScale] of [[this.#tiles, this.#scale] as const, [this.#fine, FINEST] as const]) {
      if (scale > tileScale * 1.1) continue;
      for (const tile of tiles) if (covers(view, tile.box)) tile.lookedS = nowS;
    }
  }

  /** What stands out in a view. */
  mark(view: Box, spots: readonly Spot[]): void {
    const tiles = this.#fine.length > 0 ? this.#fine : this.#tiles;
    // A tile may reach into another view, which this one says nothing of.
    for (const tile of tiles) if (tile.spot && isIn(view, tile.spot.x, tile.spot.y)) tile.spot = null;
    for (const spot of spots) {
      const { x, y } = spot;
      const around = tiles.filter(({ box }) => isIn(box, x, y));
      const [tile] = around.toSorted((a, b) => offCentre(a.box, x, y) - offCentre(b.box, x, y));
      if (tile && spot.strength > (tile.spot?.strength ?? 0)) tile.spot = spot;
    }
  }

  /** The tiles in the order in which to look at them. @param isBusy there are few looks for it: large tiles first */
  *inOrder(nowS: number, isBusy: boolean): Generator<Box> {
    const isOnly = this.#fine.length === 0;
    const large = inOrder(this.#tiles, nowS, isOnly ? SPOTTED_ONLY : undefined);
    const fine = inOrder(this.#fine, nowS, SPOTTED);
    const share = isOnly ? 0 : isBusy ? Math.min(this.#fineShare, LEAST_FINE_SHARE) : this.#fineShare;
    for (;;) {
      const isFine = this.#fineDue + share >= 1;
      this.#fineDue += isFine ? share - 1 : share;
      const tile = (isFine ? fine : large).next().value;
      if (!tile) return;
      yield tile.box;
    }
  }

  /** Source pixels for each pixel of the input. */
  #scaleFor(picture: Size, most: number): number {
    for (let scale = FINEST; ; scale *= STEP) {
      if (tilesAcross(picture, this.#input, scale) <= Math.max(1, most) || scale * STEP > LARGEST) return scale;
    }
  }
}

/** Those that were not looked at for longest; where something stands out most, that time counts several times. */
function inOrder(tiles: readonly Tile[], nowS: number, spotted = { most: 0, weight: 1 }): Iterator<Tile> {
  const stands = tiles.filter(({ spot }) => spot !== null);
  stands.sort((a, b) => (b.spot?.strength ?? 0) - (a.spot?.strength ?? 0));
  // Not by how strong the last one is: there may be many of its strength.
  const chosen = new Set(stands.slice(0, spotted.most));
  const due = (tile: Tile) => (nowS - tile.lookedS) * (chosen.has(tile) ? spotted.weight : 1);
  return tiles.toSorted((a, b) => due(b) - due(a))[Symbol.iterator]();
}

function isIn(box: Box, x: number, y: number): boolean {
  return x >= box.x && y >= box.y && x <= box.x + box.w && y <= box.y + box.h;
}

function offCentre(box: Box, x: number, y: number): number {
  return Math.max(Math.abs(x - box.x - box.w / 2) / box.w, Math.abs(y - box.y - box.h / 2) / box.h);
}

/** All but what rounding may have taken off at the edges. */
function covers(view: Box, tile: Box): boolean {
  const spans = (from: number, length: number, tileFrom: number, tileLength: number) =>
    from <= tileFrom + EDGE_PX && from + length >= tileFrom + tileLength - EDGE_PX;
  return spans(view.x, view.w, tile.x, tile.w) && spans(view.y, view.h, tile.y, tile.h);
}
