/**
 * The calibration page: shows the clips of the test pattern in many shapes with their boxes, takes pictures of its own
 * screen, and reports how far boxes are from their markers and from which frames they are.
 */
import { type AttachedOverlay, attachOverlay, connect } from '../client/index.ts';
import { type Edges, findBox, findMarkers, type Pixels, readStrip } from './measure.ts';
import { screenGrab } from './screen.ts';

interface Setup {
  readonly clips: readonly { readonly name: string; readonly url: string }[];
  readonly fps: number;
  readonly frames: number;
  readonly zeroUnixMs: number;
  readonly strip: { readonly x: number; readonly y: number; readonly cells: number };
}

export interface CaseResult {
  readonly clip: string;
  readonly fit: string;
  readonly size: string;
  readonly dpr: number;
  /** Markers that are wholly seen, and how many of them have a box. */
  readonly markers: number;
  readonly boxes: number;
  /** Largest distance of a line from the edge of its marker. */
  readonly errorPx: number;
  /** Frame of the boxes less frame of the picture. */
  readonly frameLag: number;
}

export interface Report {
  readonly cases: readonly CaseResult[];
  /** While playing: frames of the boxes less frames of the picture, and how often. */
  readonly lags: Readonly<Record<string, number>>;
  readonly clock: string;
}

interface Shape {
  readonly fit: string;
  readonly size: readonly [number, number];
  readonly index: number;
}

interface Shown {
  readonly video: HTMLVideoElement;
  readonly overlay: AttachedOverlay;
  readonly fit: string;
  readonly size: string;
  readonly frame: number;
}

declare global {
  var windhoverCalibration: typeof steps | undefined;
}

const FITS = ['contain', 'cover', 'fill', 'none'];
const SIZES = [
  [200, 125],
  [220, 220],
  [170, 230],
] as const;
/** Small ones have their lines set off by so much. */
const [SMALL, SET_OFF] = [24, 4];
const REACH = 6;
const GRID = 20;
const PLAY_FRAMES = 75;

const stage = document.querySelector('main') ?? document.body;
const log = document.querySelector('output') ?? document.body;
const setup: Setup = await (await fetch('/calibrate/setup')).json();
const feed = connect(location.origin);

const shown = new Map<string, Shown[]>();
/** For those who run the browser. */
const steps = { prepare, measure, play: () => play(setup.clips[0]?.url ?? '') };
globalThis.windhoverCalibration = steps;
document.querySelector('button')?.addEventListener('click', () => void run());

async function run(): Promise<void> {
  log.textContent = 'measuring …';
  try {
    if (shown.size === 0) await prepare();
    const report: Report = { cases: await measure(), ...(await play(setup.clips[0]?.url ?? '')) };
    await fetch('/calibrate/report', {
      method: 'POST',
      body: JSON.stringify({ ...report, browser: navigator.userAgent }),
    });
    log.textContent = `largest error ${Math.max(...report.cases.map(({ errorPx }) => errorPx)).toFixed(2)} CSS px; the terminal says more`;
  } catch (error) {
    log.textContent = String(error);
  }
}

/** Shows every clip in every shape, paused at some frame. */
async function prepare(): Promise<void> {
  await ticksOfAllFrames();
  for (const { name, url } of setup.clips) {
    for (const each of stage.children) each.classList.add('unseen');
    const section = document.createElement('section');
    stage.append(section);
    const shapes = FITS.flatMap((fit) => SIZES.map((size, index) => ({ fit, size, index })));
    shown.set(name, await Promise.all(shapes.map((shape) => show(section, url, shape))));
  }
}

async function measure(): Promise<CaseResult[]> {
  const grab = await screenGrab();
  const results: CaseResult[] = [];
  for (const [clip, cases] of shown) {
    const section = cases[0]?.video.parentElement;
    for (const each of stage.children) each.classList.toggle('unseen', each !== section);
    // What moved without being seen is looked at a few times a second.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await settled();
    const withBoxes = await grab();
    stage.className = 'bare';
    const bare = await grab();
    stage.className = '';
    results.push(...cases.map((each) => measured(clip, each, bare, withBoxes)));
  }
  return results;
}

/** The first round of the pattern. */
async function ticksOfAllFrames(): Promise<void> {
  const seen = new Set<number>();
  await new Promise<void>((resolve) => {
    const end = feed.on('tick', ({ frame_index }) => {
      seen.add(frame_index ?? 0);
      if (seen.size < setup.frames) return;
      end();
      resolve();
    });
  });
}

function measured(
  clip: string,
  { video, overlay, fit, size, frame }: Shown,
  bare: Pixels,
  withBoxes: Pixels,
): CaseResult {
  const { boxes = [], frameIndex = null } = overlay.frame ?? {};
  const isSmall = Math.max(boxes[0]?.w ?? 0, boxes[0]?.h ?? 0) < SMALL;
  const { markers, errors } = compare(bare, withBoxes, contentOf(video), isSmall ? SET_OFF : 0);
  return {
    clip,
    fit,
    size,
    dpr: devicePixelRatio,
    markers,
    boxes: errors.length,
    errorPx: Math.max(...errors),
    frameLag: (frameIndex ?? Number.NaN) - frame,
  };
}

/** A paused clip. Frames, borders and places with fractions are among what pages do. */
async function show(section: HTMLElement, url: string, { fit, size: [w, h], index }: Shape): Promise<Shown> {
  const video = document.createElement('video');
  video.muted = true;
  video.src = url;
  Object.assign(video.style, { objectFit: fit, width: `${w + index * 0.37}px`, height: `${h}px` });
  if (index === 1)
    Object.assign(video.style, { objectPosition: '48% 60%', border: '2px solid #333', padding: '3px 5px' });
  if (index === 2)
    Object.assign(video.style, {
      objectPosition: 'calc(50% - 3px) calc(50% + 2px)',
      boxSizing: 'border-box',
      padding: '4px',
    });
  section.append(video);
  await new Promise((resolve, reject) => {
    video.onloadeddata = resolve;
    video.onerror = () => reject(new Error(`${url} does not play: ${video.error?.message}`));
  });
  const overlay = attachOverlay(video, feed, { labels: false, tails: false, mediaZeroUnixMs: setup.zeroUnixMs });
  const frame = 3 + index * 11;
  await seek(video, frame);
  return { video, overlay, fit, size: `${w}x${h}`, frame };
}

/** Also when the browser tells of the frame that was there before, and not of the new one. */
async function seek(video: HTMLVideoElement, frame: number): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    video.currentTime = (frame + 0.5 + tries / 100) / setup.fps;
    const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), 1000));
    for (
      let told = await Promise.race([frameOf(video), late]);
      told !== null;
      told = await Promise.race([frameOf(video), late])
    ) {
      if (Math.round(told.mediaTime * setup.fps) === frame) return;
    }
  }
  throw new Error(`frame ${frame} of ${video.src} was not shown`);
}

function frameOf(video: HTMLVideoElement): Promise<VideoFrameCallbackMetadata> {
  return new Promise((resolve) => video.requestVideoFrameCallback((_nowMs, metadata) => resolve(metadata)));
}

function compare(bare: Pixels, withBoxes: Pixels, content: Edges, setOff: number) {
  const errors: number[] = [];
  const scale = bare.width / innerWidth;
  const region = scaled(content, scale);
  const found = findMarkers(bare, region).filter((marker) => isMarker(marker, region));
  for (const marker of found) {
    const box = findBox(withBoxes, marker, REACH * scale);
    if (!box) continue;
    const by = setOff * scale;
    const off = [
      box.left + by - marker.left,
      box.top + by - marker.top,
      box.right - by - marker.right,
      box.bottom - by - marker.bottom,
    ];
    errors.push(Math.max(...off.map(Math.abs)) / scale);
  }
  return { markers: found.length, errors };
}

/** Lines around markers near the edge of the box are cut off. */
function isMarker({ left, top, right, bottom }: Edges, region: Edges): boolean {
  const room = 7 * devicePixelRatio;
  return (
    left > region.left + room && top > region.top + room && right < region.right - room && bottom < region.bottom - room
  );
}

function contentOf(video: HTMLVideoElement): Edges {
  const rect = video.getBoundingClientRect();
  const style = getComputedStyle(video);
  const edge = (side: string) =>
    Number.parseFloat(style.getPropertyValue(`border-${side}-width`)) +
    Number.parseFloat(style.getPropertyValue(`padding-${side}`));
  return {
    left: rect.left + edge('left'),
    top: rect.top + edge('top'),
    right: rect.right - edge('right'),
    bottom: rect.bottom - edge('bottom'),
  };
}

function scaled({ left, top, right, bottom }: Edges, by: number): Edges {
  return { left: left * by, top: top * by, right: right * by, bottom: bottom * by };
}

/** Plays a clip, and compares the number in each displayed frame with the frame of the boxes. */
async function play(url: string): Promise<Pick<Report, 'lags' | 'clock'>> {
  const video = document.createElement('video');
  Object.assign(video, { muted: true, loop: true, src: url });
  Object.assign(video.style, { width: '640px', height: '360px' });
  for (const each of stage.children) each.classList.add('unseen');
  stage.prepend(video);
  const overlay = attachOverlay(video, feed, { mediaZeroUnixMs: setup.zeroUnixMs });
  await video.play();
  await frameOf(video);
  const lags: Record<string, number> = {};
  for (let i = 0; i < PLAY_FRAMES; i++) {
    await frameOf(video);
    const number = numberIn(video);
    const lag = number === null ? 'unreadable' : String((overlay.frame?.frameIndex ?? Number.NaN) - number);
    lags[lag] = (lags[lag] ?? 0) + 1;
  }
  const clock = overlay.time?.clock ?? 'none';
  overlay.close();
  video.remove();
  return { lags, clock };
}

function numberIn(video: HTMLVideoElement): number | null {
  const { videoWidth: width, videoHeight: height } = video;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  context?.drawImage(video, 0, 0);
  const data = context?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
  const { x, y, cells } = setup.strip;
  return readStrip({ width, height, data }, cells, (cell) => [
    ((x + cell + 0.5) * width) / GRID,
    ((y + 0.5) * height) / GRID,
  ]);
}

/** Two turns of drawing. */
async function settled(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
}
