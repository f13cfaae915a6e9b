/** The tiles by which a whole picture is looked at closely, one after the other. Pure. */
import type { Box, Size } from '../../runtime/node.ts';

/** Neighbours share so many pixels of the model's input: an object of that size is whole in one of them. */
const OVERLAP_PX = 32;
/** Twice enlarged: source pixels for a pixel of the input. A drone of three pixels is found at six. */
export const FINEST = 0.5;
/** From one size of tiles to the next. */
const STEP = 1.1;
/** Larger tiles would show small objects no better than the whole does: the round takes longer then. */
const LARGEST = 1.75;

interface Tile {
  readonly box: Box;
  lookedS: number;
}

export class Sweep {
  readonly #input: Size;
  #tiles: readonly Tile[] = [];
  #picture: Size = { w: 0, h: 0 };
  /** Source pixels for each pixel of the input. */
  #scale = 1;
  #roundBeganS = Number.NEGATIVE_INFINITY;

  /** @param input of the model */
  constructor(input: Size) {
    this.#input = input;
  }

  /**
   * Lays the tiles: the smallest ones, down to {@link FINEST}, of which no more than `most` cover the picture, or the
   * largest. Laid anew only for a picture of another size or once all tiles were looked at.
   */
  layOut(picture: Size, most: number, nowS: number): void {
    const isSame = picture.w === this.#picture.w && picture.h === this.#picture.h;
    if (isSame && this.#tiles.some(({ lookedS }) => lookedS < this.#roundBeganS)) return;
    this.#roundBeganS = nowS;
    const scale = scaleFor(picture, this.#input, most);
    if (isSame && scale === this.#scale) return;
    [this.#picture, this.#scale] = [picture, scale];
    this.#tiles = tilesOf(picture, this.#input, scale).map((box) => ({ box, lookedS: Number.NEGATIVE_INFINITY }));
  }

  /** A part of the picture was looked at. @param scale source pixels for each pixel of the input */
  note(view: Box, scale: number, nowS: number): void {
    if (scale > this.#scale * 1.1) return;
    for (const tile of this.#tiles) if (covers(view, tile.box)) tile.lookedS = nowS;
  }

  /** The tiles, the one that was not looked at for longest first. */
  get oldestFirst(): readonly Box[] {
    return this.#tiles.toSorted((a, b) => a.lookedS - b.lookedS).map(({ box }) => box);
  }
}

/** Source pixels for each pixel of the input. */
function scaleFor(picture: Size, input: Size, most: number): number {
  for (let scale = FINEST; ; scale *= STEP) {
    const count = tilesAlong(picture.w, input.w, scale) * tilesAlong(picture.h, input.h, scale);
    if (count <= Math.max(1, most) || scale * STEP > LARGEST) return scale;
  }
}

function tilesOf(picture: Size, input: Size, scale: number): Box[] {
  const across = placesAlong(picture.w, input.w, scale);
  const down = placesAlong(picture.h, input.h, scale);
  return down.flatMap(({ from: y, length: h }) => across.map(({ from: x, length: w }) => ({ x, y, w, h })));
}

function placesAlong(side: number, inputSide: number, scale: number) {
  const count = tilesAlong(side, inputSide, scale);
  const length = Math.min(side, inputSide * scale);
  const step = count > 1 ? (side - length) / (count - 1) : 0;
  return Array.from({ length: count }, (_, i) => ({ from: i * step, length }));
}

function tilesAlong(side: number, inputSide: number, scale: number): number {
  const overlap = Math.min(OVERLAP_PX, inputSide / 4) * scale;
  return Math.max(1, Math.ceil((side - overlap) / (inputSide * scale - overlap)));
}

/** All but what rounding may have taken off at the edges. */
function covers(view: Box, tile: Box): boolean {
  const w = Math.min(view.x + view.w, tile.x + tile.w) - Math.max(view.x, tile.x);
  const h = Math.min(view.y + view.h, tile.y + tile.h) - Math.max(view.y, tile.y);
  return w > 0 && h > 0 && w * h >= 0.95 * tile.w * tile.h;
}
