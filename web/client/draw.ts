/**
 * Draws one frame's boxes. State is told by colour and by shape: the target is a solid green box, others are cyan (small
 * ones in corner brackets, set off so that the object stays visible), what is not seen now is orange and dashed. Every line
 * lies on whole pixels of the screen, over a dark outline.
 */
import { LabelPlacer, type PlacedLabel } from './labels.ts';
import type { Layout, Scale } from './layout.ts';
import type { BoxState, OverlayBox, OverlayFrame, Point, Rect, Zone } from './shapes.ts';

const COLOURS: Readonly<Record<BoxState, string>> = {
  selected: '#33d17a',
  other: '#3ec6ff',
  predicted: '#ff9f1c',
  lost: '#ff9f1c',
};
const DARK = 'rgba(16, 20, 24, 0.85)';
const TEXT = '#e6e9ec';
const LINE = 1.5;
const OUTLINE = 3;
/** Smaller objects get brackets, set off by so much. */
const SMALL = 24;
const SET_OFF = 4;
const DASH = [5, 4];
const FONT_SIZE = 12;
const FONT = `${FONT_SIZE}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace`;
const LABEL_HEIGHT = 16;
const LABEL_PADDING = 4;
const TAIL_STEPS = 4;
const MOST_LABEL_CHARS = 40;

export interface DrawOptions {
  readonly labels: boolean;
  readonly tails: boolean;
  readonly zones: readonly Zone[];
}

export class Painter {
  readonly #context: CanvasRenderingContext2D;
  readonly #placer = new LabelPlacer();
  /** All figures of the font are as wide. */
  #charWidth = 0;
  #pixels: Scale = { w: 1, h: 1, isExact: true };

  /** @throws Error when the browser has no canvas to draw on */
  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d');
    if (!context) throw new Error('this browser gives no 2d canvas');
    this.#context = context;
  }

  draw(frame: OverlayFrame, { box, content }: Layout, pixels: Scale, options: DrawOptions): void {
    const context = this.#context;
    this.#pixels = pixels;
    context.setTransform(pixels.w, 0, 0, pixels.h, 0, 0);
    context.clearRect(0, 0, box.w, box.h);
    context.save();
    context.beginPath();
    context.rect(content.x, content.y, content.w, content.h);
    context.clip();
    this.#zones(options.zones, frame.picture);
    const shown = frame.boxes.filter((each) => isSeen(each, content));
    if (options.tails) this.#tails(shown);
    for (const state of ['other', 'predicted', 'lost', 'selected'] as const) {
      this.#boxes(
        state,
        shown.filter((each) => each.state === state),
      );
    }
    if (options.labels) this.#labels(shown, content);
    context.restore();
  }

  #boxes(state: BoxState, boxes: readonly OverlayBox[]): void {
    if (boxes.length === 0) return;
    const context = this.#context;
    const isDashed = state === 'predicted' || state === 'lost';
    const path = new Path2D();
    for (const each of boxes) {
      const isSmall = Math.max(each.w, each.h) < SMALL;
      const rect = this.#sharp(isSmall ? setOff(each, SET_OFF) : each);
      if (isSmall && !isDashed) addBrackets(path, rect);
      else path.rect(rect.x, rect.y, rect.w, rect.h);
    }
    context.setLineDash([]);
    context.strokeStyle = DARK;
    context.lineWidth = this.#wholePixels(OUTLINE, this.#wholePixels(LINE));
    context.stroke(path);
    context.setLineDash(isDashed ? DASH : []);
    context.strokeStyle = COLOURS[state];
    context.lineWidth = this.#wholePixels(LINE);
    context.stroke(path);
    context.setLineDash([]);
  }

  #zones(zones: readonly Zone[], picture: Rect): void {
    const context = this.#context;
    context.fillStyle = 'rgba(230, 233, 236, 0.06)';
    context.strokeStyle = 'rgba(230, 233, 236, 0.7)';
    context.lineWidth = 1;
    for (const { points } of zones) {
      context.beginPath();
      for (const [x, y] of points) context.lineTo(picture.x + x * picture.w, picture.y + y * picture.h);
      context.closePath();
      context.fill();
      context.stroke();
    }
  }

  /** Older parts are fainter; those of all tracks of a state are one path. */
  #tails(boxes: readonly OverlayBox[]): void {
    const context = this.#context;
    context.lineWidth = LINE;
    for (const state of ['other', 'predicted', 'lost', 'selected'] as const) {
      const tails = boxes.filter((each) => each.state === state && each.tail.length > 1).map(({ tail }) => tail);
      if (tails.length === 0) continue;
      context.strokeStyle = COLOURS[state];
      for (let step = 0; step < TAIL_STEPS; step++) {
        context.globalAlpha = (0.8 * (step + 1)) / TAIL_STEPS;
        context.beginPath();
        for (const tail of tails) addPart(context, tail, step);
        context.stroke();
      }
    }
    context.globalAlpha = 1;
  }

  #labels(boxes: readonly OverlayBox[], within: Rect): void {
    const context = this.#context;
    context.font = FONT;
    context.textBaseline = 'middle';
    this.#charWidth ||= context.measureText('0').width;
    const byId = new Map(boxes.map((each) => [each.id, { box: each, text: labelText(each) }]));
    const labelled = [...byId.values()].map(({ box, text }) => ({
      id: box.id,
      box: setOff(box, Math.max(box.w, box.h) < SMALL ? SET_OFF + OUTLINE / 2 : OUTLINE / 2),
      size: { w: text.length * this.#charWidth + 2 * LABEL_PADDING, h: LABEL_HEIGHT },
      isFirst: box.isTarget,
    }));
    const placed = this.#placer.place(labelled, within);
    this.#leaders(placed);
    context.fillStyle = DARK;
    for (const { x, y, w, h } of placed) context.fillRect(x, y, w, h);
    for (const { id, x, y, h } of placed) {
      const known = byId.get(id);
      if (!known) continue;
      context.fillStyle = COLOURS[known.box.state];
      context.fillRect(x, y, 2, h);
      context.fillStyle = TEXT;
      context.fillText(known.text, x + LABEL_PADDING + 1, y + h / 2 + 0.5);
    }
  }

  #leaders(placed: readonly PlacedLabel[]): void {
    const context = this.#context;
    context.beginPath();
    for (const { leader } of placed) {
      if (!leader) continue;
      context.moveTo(leader[0].x, leader[0].y);
      context.lineTo(leader[1].x, leader[1].y);
    }
    context.strokeStyle = DARK;
    context.lineWidth = OUTLINE;
    context.stroke();
    context.strokeStyle = TEXT;
    context.lineWidth = 1;
    context.stroke();
  }

  /** The nearest rectangle whose lines lie on whole pixels of the screen. */
  #sharp(rect: Rect): Rect {
    if (!this.#pixels.isExact) return rect;
    const { x, y, w, h } = rect;
    const lineWidth = this.#wholePixels(LINE);
    const [across, down] = [this.#pixels.w, this.#pixels.h];
    const snap = (at: number, scale: number) => {
      const half = (Math.round(lineWidth * scale) % 2) / 2;
      return (Math.round(at * scale - half) + half) / scale;
    };
    const [left, top] = [snap(x, across), snap(y, down)];
    return { x: left, y: top, w: snap(x + w, across) - left, h: snap(y + h, down) - top };
  }

  /** A width in whole pixels of the screen; as an outline, as much on both sides of the line. */
  #wholePixels(width: number, around?: number): number {
    const scale = this.#pixels.w;
    if (around === undefined) return Math.max(1, Math.round(width * scale)) / scale;
    return around + (2 * Math.max(1, Math.round(((width - LINE) / 2) * scale))) / scale;
  }
}

function labelText({ id, label, conf, state }: OverlayBox): string {
  const how = state === 'lost' || state === 'predicted' ? state : conf.toFixed(2);
  return `${id} ${label.slice(0, MOST_LABEL_CHARS)} ${how}`;
}

function isSeen(box: Rect, content: Rect): boolean {
  const { x, y, w, h } = setOff(box, SET_OFF);
  return x < content.x + content.w && x + w > content.x && y < content.y + content.h && y + h > content.y;
}

function setOff({ x, y, w, h }: Rect, by: number): Rect {
  return { x: x - by, y: y - by, w: w + 2 * by, h: h + 2 * by };
}

function addBrackets(path: Path2D, { x, y, w, h }: Rect): void {
  const [across, down] = [Math.min(6, w / 3), Math.min(6, h / 3)];
  for (const [cornerX, toX] of [
    [x, across],
    [x + w, -across],
  ] as const) {
    for (const [cornerY, toY] of [
      [y, down],
      [y + h, -down],
    ] as const) {
      path.moveTo(cornerX + toX, cornerY);
      path.lineTo(cornerX, cornerY);
      path.lineTo(cornerX, cornerY + toY);
    }
  }
}

function addPart(context: CanvasRenderingContext2D, tail: readonly Point[], step: number): void {
  const from = Math.floor(((tail.length - 1) * step) / TAIL_STEPS);
  const to = Math.floor(((tail.length - 1) * (step + 1)) / TAIL_STEPS);
  for (let i = from; i <= to; i++) {
    const point = tail[i];
    if (point && i === from) context.moveTo(point.x, point.y);
    else if (point) context.lineTo(point.x, point.y);
  }
}
