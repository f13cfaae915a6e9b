/** `createOverlay` and `attachOverlay`: the boxes of the frame that an element displays, as data or drawn over it. */
import type { AttachedOverlay, Feed, Overlay, OverlayElement, OverlayOptions } from './api.ts';
import { Painter } from './draw.ts';
import { FrameReader } from './frame-reader.ts';
import { distanceTo, placed } from './geometry.ts';
import { type Layout, OverCanvas, readLayout, type Scale } from './layout.ts';
import type { FrameTime, OverlayBox, OverlayFrame, Point } from './shapes.ts';

const TAIL_MS = 2000;
const CLICK_WITHIN = 24;
/** What a change of style moves without a change of size is seen after that time. */
const LOOK_EVERY_MS = 250;
/** A picture that plays and does not change for so long is dead: its boxes are those of another time. */
const DEAD_PICTURE_MS = 2000;
/** More than a frame lasts. */
const OTHER_FRAME_S = 0.25;

/** A stream may change its size at any time. */
const PICTURE_EVENTS = ['resize', 'loadedmetadata', 'load'];

export function createOverlay(element: OverlayElement, feed: Feed, options: OverlayOptions = {}): Overlay {
  return new Boxes(element, feed, options);
}

export function attachOverlay(element: OverlayElement, feed: Feed, options: OverlayOptions = {}): AttachedOverlay {
  return new DrawnOverlay(element, feed, options);
}

class Boxes implements Overlay {
  layout: Layout;
  readonly #element: OverlayElement;
  readonly #feed: Feed;
  readonly #reader: FrameReader;
  readonly #ends: (() => void)[] = [];

  /** @param changed the element may have another size, or its picture */
  constructor(element: OverlayElement, feed: Feed, options: OverlayOptions, changed = () => this.measure()) {
    this.#element = element;
    this.#feed = feed;
    this.#reader = new FrameReader(element, feed, options);
    this.layout = readLayout(element);
    const sizes = new ResizeObserver(changed);
    sizes.observe(element);
    for (const type of PICTURE_EVENTS) element.addEventListener(type, changed);
    this.#ends.push(
      () => sizes.disconnect(),
      () => {
        for (const type of PICTURE_EVENTS) element.removeEventListener(type, changed);
      },
    );
  }

  measure(): void {
    this.layout = readLayout(this.#element);
  }

  /** Reads no layout. */
  frame(metadata?: VideoFrameCallbackMetadata): OverlayFrame {
    const { picture } = this.layout;
    const time = this.#reader.time(metadata);
    // Boxes on a picture that may have gone on since would be those of another time.
    const isKnown = time !== null && this.#feed.state.status !== 'down' && picture.w > 0;
    if (!isKnown) return { time, picture, boxes: [], frameIndex: null, tick: null };
    const { tick, frameIndex, boxes } = this.#feed.at(time.captureUnixMs);
    return { time, picture, tick, frameIndex, boxes: boxes.map((box) => this.#onScreen(box, time.captureUnixMs)) };
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#reader.close();
  }

  #onScreen(box: Omit<OverlayBox, 'tail' | 'x' | 'y' | 'w' | 'h'>, unixMs: number): OverlayBox {
    const { picture } = this.layout;
    const rect = placed(picture, box.bboxNorm);
    const tail: Point[] = this.#feed
      .tail(box.id, unixMs - TAIL_MS, unixMs)
      .map(({ x, y }) => ({ x: picture.x + x * picture.w, y: picture.y + y * picture.h }));
    tail.push({ x: rect.x + rect.w / 2, y: rect.y + rect.h / 2 });
    return { ...box, ...rect, tail };
  }
}

class DrawnOverlay implements AttachedOverlay {
  readonly canvas: HTMLCanvasElement;
  frame: OverlayFrame | null = null;
  readonly #element: OverlayElement;
  readonly #options: OverlayOptions;
  readonly #boxes: Boxes;
  readonly #over: OverCanvas;
  readonly #painter: Painter;
  #pixels: Scale = { w: 1, h: 1, isExact: true };
  #animation = 0;
  #videoCallback = 0;
  #metadata: VideoFrameCallbackMetadata | undefined;
  #framedAtMs = performance.now();
  #lookedAtMs = 0;
  readonly #onFeed: () => void;

  constructor(element: OverlayElement, feed: Feed, options: OverlayOptions) {
    this.#element = element;
    this.#options = options;
    this.#boxes = new Boxes(element, feed, options, () => {
      this.#lookedAtMs = Number.NEGATIVE_INFINITY;
    });
    this.#over = new OverCanvas(element);
    this.canvas = this.#over.canvas;
    this.#painter = new Painter(this.canvas);
    this.#place();
    this.#onFeed = feed.on('state', () => this.redraw());
    this.#animation = requestAnimationFrame(this.#animate);
    if (element instanceof HTMLVideoElement && 'requestVideoFrameCallback' in element) {
      this.#videoCallback = element.requestVideoFrameCallback(this.#framed);
    }
  }

  get time(): FrameTime | null {
    return this.frame?.time ?? null;
  }

  boxAt(clientX: number, clientY: number): OverlayBox | null {
    const point = this.#onElement(clientX, clientY);
    let [found, nearest]: [OverlayBox | null, number] = [null, CLICK_WITHIN];
    for (const each of this.frame?.boxes ?? []) {
      // Inside of several, the one whose middle is nearest.
      const middle = Math.hypot(point.x - each.x - each.w / 2, point.y - each.y - each.h / 2) / 1e6;
      const distance = distanceTo(each, point) + middle;
      if (distance <= nearest) [found, nearest] = [each, distance];
    }
    return found;
  }

  pointAt(clientX: number, clientY: number): Point {
    const { x, y } = this.#onElement(clientX, clientY);
    const { picture } = this.#boxes.layout;
    return { x: (x - picture.x) / (picture.w || 1), y: (y - picture.y) / (picture.h || 1) };
  }

  redraw(): void {
    this.#draw();
  }

  close(): void {
    cancelAnimationFrame(this.#animation);
    if (this.#videoCallback !== 0 && this.#element instanceof HTMLVideoElement) {
      this.#element.cancelVideoFrameCallback(this.#videoCallback);
    }
    this.#onFeed();
    this.#boxes.close();
    this.#over.remove();
  }

  /** In the element's own CSS pixels, whatever its parents do to it. */
  #onElement(clientX: number, clientY: number): Point {
    const rect = this.canvas.getBoundingClientRect();
    const { box } = this.#boxes.layout;
    return {
      x: ((clientX - rect.x) * box.w) / (rect.width || 1),
      y: ((clientY - rect.y) * box.h) / (rect.height || 1),
    };
  }

  /** A new frame is about to be displayed. Reads no layout: what is known of it is of the frame before at the latest. */
  readonly #framed = (_nowMs: number, metadata: VideoFrameCallbackMetadata) => {
    this.#metadata = metadata;
    this.#framedAtMs = performance.now();
    this.#draw();
    if (this.#element instanceof HTMLVideoElement) {
      this.#videoCallback = this.#element.requestVideoFrameCallback(this.#framed);
    }
  };

  /** Follows the layout, and draws over what tells of no frames. A hidden tab is not animated. */
  readonly #animate = (nowMs: number) => {
    this.#animation = requestAnimationFrame(this.#animate);
    // A seek in a paused video may show a frame that nobody tells of.
    const element = this.#element;
    if (element instanceof HTMLVideoElement && element.paused && this.#metadata && !element.seeking) {
      const isOther = Math.abs(this.#metadata.mediaTime - element.currentTime) > OTHER_FRAME_S;
      if (isOther && element.srcObject === null) this.#metadata = undefined;
    }
    const isMoved = (nowMs - this.#lookedAtMs > LOOK_EVERY_MS || this.#over.isApart()) && this.#place();
    if (isMoved || this.#videoCallback === 0 || this.#metadata === undefined) this.#draw();
  };

  /** @returns whether anything is other than before */
  #place(): boolean {
    this.#lookedAtMs = performance.now();
    const layout = readLayout(this.#element);
    const { pixels, picture, isCleared } = this.#over.place(layout);
    const before = JSON.stringify([this.#boxes.layout, this.#pixels]);
    this.#boxes.layout = { ...layout, picture };
    this.#pixels = pixels;
    return isCleared || before !== JSON.stringify([this.#boxes.layout, this.#pixels]);
  }

  #isDead(): boolean {
    const element = this.#element;
    if (this.#videoCallback === 0 || !(element instanceof HTMLVideoElement)) return false;
    return !element.paused && !element.ended && performance.now() - this.#framedAtMs > DEAD_PICTURE_MS;
  }

  #draw(): void {
    const { labels = true, tails = true, zones = [], onFrame } = this.#options;
    const frame = this.#boxes.frame(this.#metadata);
    this.frame = this.#isDead() ? { ...frame, boxes: [] } : frame;
    this.#painter.draw(this.frame, this.#boxes.layout, this.#pixels, { labels, tails, zones });
    onFrame?.(this.frame);
  }
}
