/**
 * Where an element and its picture are on the page, read from the browser, and a canvas put exactly over it. The canvas
 * covers the element's border box, is out of the flow, and gets the transforms of the element; those of its parents act on
 * both.
 */

import type { OverlayElement } from './api.ts';
import { type ObjectFit, parsePosition, pictureRect } from './geometry.ts';
import type { Rect, Size } from './shapes.ts';

export interface Layout {
  /** Border box of the element, in its own CSS pixels. */
  readonly box: Size;
  /** The part of the box in which the picture is seen. */
  readonly content: Rect;
  /** Without size while the element has no picture. */
  readonly picture: Rect;
}

/** Pixels of the canvas a CSS pixel. */
export interface Scale extends Size {
  /** They are pixels of the screen, so that lines on whole ones are sharp. */
  readonly isExact: boolean;
}

export interface Placed {
  readonly pixels: Scale;
  /** Where the screen shows the picture. */
  readonly picture: Rect;
  /** Nothing is drawn on it any more. */
  readonly isCleared: boolean;
}

export function intrinsicSize(element: OverlayElement): Size {
  if (element instanceof HTMLVideoElement) return { w: element.videoWidth, h: element.videoHeight };
  if (element instanceof HTMLImageElement) return { w: element.naturalWidth, h: element.naturalHeight };
  return { w: element.width, h: element.height };
}

export function readLayout(element: OverlayElement): Layout {
  const style = getComputedStyle(element);
  const px = (name: string) => Number.parseFloat(style.getPropertyValue(name)) || 0;
  const edges = (side: string) => px(`border-${side}-width`) + px(`padding-${side}`);
  const [left, top] = [edges('left'), edges('top')];
  const around = { w: left + edges('right'), h: top + edges('bottom') };
  // The computed width has fractions, and no transforms in it; offsetWidth is rounded.
  const isBorderBox = style.boxSizing === 'border-box';
  const width = Number.parseFloat(style.width) || element.clientWidth;
  const height = Number.parseFloat(style.height) || element.clientHeight;
  const box = isBorderBox ? { w: width, h: height } : { w: width + around.w, h: height + around.h };
  const content = { x: left, y: top, w: box.w - around.w, h: box.h - around.h };
  const intrinsic = intrinsicSize(element);
  const isEmpty = intrinsic.w === 0 || intrinsic.h === 0;
  const picture = isEmpty
    ? { x: left, y: top, w: 0, h: 0 }
    : pictureRect(content, intrinsic, style.objectFit as ObjectFit, parsePosition(style.objectPosition));
  return { box, content, picture };
}

const FIXED_STYLE: Readonly<Record<string, string>> = {
  position: 'absolute',
  margin: '0',
  padding: '0',
  border: '0',
  right: 'auto',
  bottom: 'auto',
  'max-width': 'none',
  'max-height': 'none',
  'min-width': '0',
  'min-height': '0',
  'box-sizing': 'border-box',
  'object-fit': 'fill',
  'pointer-events': 'none',
  background: 'none',
};
const SAME_AS_ELEMENT = ['transform', 'transform-origin', 'rotate', 'scale', 'translate', 'z-index'] as const;

/** Its style is set property by property, which a content security policy without `unsafe-inline` allows. */
export class OverCanvas {
  readonly canvas: HTMLCanvasElement;
  readonly #element: OverlayElement;
  readonly #sizes: ResizeObserver;
  #left = 0;
  #top = 0;
  /** A browser that plays another pixel ratio than its screen's lays out by CSS pixels. */
  #isOnCssPixels = false;

  constructor(element: OverlayElement) {
    this.#element = element;
    this.canvas = element.ownerDocument.createElement('canvas');
    this.canvas.setAttribute('aria-hidden', 'true');
    for (const [name, value] of Object.entries(FIXED_STYLE)) this.#set(name, value);
    this.#moveTo(0, 0);
    element.after(this.canvas);
    this.#sizes = new ResizeObserver(([entry]) => {
      const pixels = entry?.devicePixelContentBoxSize?.[0]?.inlineSize;
      const { width } = entry?.contentRect ?? {};
      if (pixels === undefined || width === undefined) return;
      this.#isOnCssPixels = Math.abs(pixels - width) < Math.abs(pixels - width * devicePixelRatio);
    });
    try {
      this.#sizes.observe(this.canvas, { box: 'device-pixel-content-box' });
    } catch (error) {
      // Safari does not know that box; it lays out by the pixels of the screen.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** Puts it over the element, as sharp as the screen. */
  place({ box, picture }: Layout): Placed {
    const { canvas } = this;
    const element = this.#element;
    // A frame that was moved elsewhere in the page takes its canvas along.
    if (canvas.previousElementSibling !== element) element.after(canvas);
    this.#set('width', `${box.w}px`);
    this.#set('height', `${box.h}px`);
    const style = getComputedStyle(element);
    for (const name of SAME_AS_ELEMENT) this.#set(name, style.getPropertyValue(name));
    const isShown = style.display !== 'none' && style.visibility === 'visible';
    this.#set('visibility', isShown ? 'visible' : 'hidden');
    this.#set('display', style.display === 'none' ? 'none' : 'block');
    const outer = linearOf(element.parentElement);
    const [wanted, real] = [centreOf(element), centreOf(canvas)];
    const way = outer.inverse().transformPoint({ x: wanted.x - real.x, y: wanted.y - real.y });
    // A flat parent has no inverse; nothing of it is seen either.
    if (Number.isFinite(way.x + way.y)) this.#moveTo(this.#left + way.x, this.#top + way.y);
    return this.#sharpen(box, picture, outer.multiply(linearStep(style)));
  }

  /** Has something moved the canvas and the element apart, or changed their size? Costs two reads of a clean layout. */
  isApart(): boolean {
    const [a, b] = [this.#element.getBoundingClientRect(), this.canvas.getBoundingClientRect()];
    const apart =
      Math.abs(a.x - b.x) + Math.abs(a.y - b.y) + Math.abs(a.width - b.width) + Math.abs(a.height - b.height);
    return apart > 0.05;
  }

  remove(): void {
    this.#sizes.disconnect();
    this.canvas.remove();
  }

  /** As many pixels as the screen shows of it. Setting the size clears it, so only when it changes. */
  #sharpen(box: Size, picture: Rect, matrix: DOMMatrix): Placed {
    const view = this.canvas.ownerDocument.defaultView;
    // Pinched larger, a page has the pixels of its screen for a part of it.
    const dpr = (view?.devicePixelRatio ?? 1) * (view?.visualViewport?.scale ?? 1);
    const isUpright = Math.abs(matrix.b) + Math.abs(matrix.c) < 1e-9 && matrix.a > 0 && matrix.d > 0;
    const isScaled = Math.abs(matrix.a - 1) + Math.abs(matrix.d - 1) > 1e-9;
    if (!isUpright || isScaled) {
      const scale = { w: dpr * Math.hypot(matrix.a, matrix.b), h: dpr * Math.hypot(matrix.c, matrix.d) };
      const isCleared = this.#resize(box.w * scale.w, box.h * scale.h);
      return { pixels: this.#pixelsOf(box, false), picture, isCleared };
    }
    // Browsers put boxes on whole pixels, so their size depends on where they are; and the picture too, its size first.
    const grid = this.#isOnCssPixels ? 1 : dpr;
    const snap = (at: number) => Math.round(at * grid) / grid;
    const { left, top, right, bottom } = this.canvas.getBoundingClientRect();
    const shown = { w: snap(right) - snap(left), h: snap(bottom) - snap(top) };
    const isCleared = this.#resize(shown.w * dpr, shown.h * dpr);
    const x = snap(left + picture.x) - snap(left);
    const y = snap(top + picture.y) - snap(top);
    return {
      pixels: this.#pixelsOf(shown, (grid / dpr) % 1 === 0 || dpr % 1 === 0),
      isCleared,
      picture: { x, y, w: snap(picture.w), h: snap(picture.h) },
    };
  }

  #resize(across: number, down: number): boolean {
    const { canvas } = this;
    const [width, height] = [clampPixels(across), clampPixels(down)];
    if (canvas.width === width && canvas.height === height) return false;
    [canvas.width, canvas.height] = [width, height];
    return true;
  }

  #pixelsOf({ w, h }: Size, isExact: boolean): Scale {
    return { w: this.canvas.width / Math.max(w, 1), h: this.canvas.height / Math.max(h, 1), isExact };
  }

  #moveTo(left: number, top: number): void {
    [this.#left, this.#top] = [left, top];
    this.#set('left', `${left}px`);
    this.#set('top', `${top}px`);
  }

  #set(name: string, value: string): void {
    this.canvas.style.setProperty(name, value, 'important');
  }
}

const MOST_PIXELS = 8192;

function clampPixels(pixels: number): number {
  return Math.max(1, Math.min(MOST_PIXELS, Math.round(pixels)));
}

function centreOf(element: Element): { x: number; y: number } {
  const rect = element.getBoundingClientRect();
  return { x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 };
}

/** How an element and its parents turn and scale what is in them; shifts do not matter. */
function linearOf(element: Element | null): DOMMatrix {
  let matrix = new DOMMatrix();
  for (let at = element; at !== null; at = at.parentElement) matrix = linearStep(getComputedStyle(at)).multiply(matrix);
  return matrix;
}

function linearStep(style: CSSStyleDeclaration): DOMMatrix {
  const { rotate, scale, transform } = style;
  const steps = [
    rotate === 'none' || rotate === '' ? '' : `rotate(${rotate})`,
    scale === 'none' || scale === '' ? '' : `scale(${scale.replaceAll(' ', ', ')})`,
    transform === 'none' ? '' : transform,
  ];
  const { a, b, c, d } = new DOMMatrix(steps.join(' ').trim() || 'none');
  const zoom = Number(style.getPropertyValue('zoom')) || 1;
  return new DOMMatrix([a * zoom, b * zoom, c * zoom, d * zoom, 0, 0]);
}
