/** Runs in the browser: plays a camera, and compares what each displayed frame shows with the boxes drawn on it. */
import { readStrip } from '../../../web/calibrate/measure.ts';
import { attachOverlay, connect, type OverlayFrame } from '../../../web/client/index.ts';
import { play } from '../../../web/player/index.ts';
import { frameOfBox, STRIP_GRID } from '../counter.ts';
import type { Drawing, ProbeOptions, Sample } from '../figures.ts';

declare global {
  var windhoverProbe: { watch: typeof watch; draw: typeof draw };
}

/** The first frames of a connection. */
const SETTLE_MS = 3000;
/** A tick of a frame is within so much of its time. */
const SAME_FRAME_MS = 10;

globalThis.windhoverProbe = { watch, draw };

async function watch({ session, seconds, clock }: ProbeOptions): Promise<Sample[]> {
  const video = videoElement();
  const feed = connect(`${location.origin}/ws/sessions/${session}`);
  const player = play(video, `/sessions/${session}/whep`);
  const knownAt = new Map<number, number>();
  feed.on('tick', ({ ts_unix_ms }) => knownAt.set(ts_unix_ms, performance.now()));
  const seen: { frame: OverlayFrame; number: number | null; decodedAtMs: number; unixMs: number | null }[] = [];
  const overlay = attachOverlay(video, feed, { player, ...(clock ? { clock } : {}) });
  const reference = attachOverlay(video, feed, { player });
  const untilMs = performance.now() + SETTLE_MS + seconds * 1000;
  const fromMs = performance.now() + SETTLE_MS;
  while (performance.now() < untilMs) {
    const { presentationTime } = await nextFrame(video);
    const { frame } = overlay;
    if (performance.now() < fromMs || !frame) continue;
    const unixMs = reference.frame?.time?.captureUnixMs ?? null;
    seen.push({ frame, number: numberIn(video), decodedAtMs: presentationTime, unixMs });
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const each of [overlay, reference, player, feed]) each.close();
  video.remove();
  const times = [...knownAt.keys()];
  return seen.map(({ frame, number, decodedAtMs, unixMs }) => {
    const [box] = frame.boxes;
    const tickMs = unixMs === null ? undefined : times.find((time) => Math.abs(time - unixMs) < SAME_FRAME_MS);
    return {
      shownFrame: number,
      boxFrame: box ? frameOfBox(box.bboxNorm.x) : null,
      boxKnownMs: tickMs === undefined ? null : (knownAt.get(tickMs) ?? 0) - decodedAtMs,
    };
  });
}

/** How often the page can be drawn while boxes lie over the video. */
async function draw({ session, seconds }: ProbeOptions): Promise<Drawing> {
  const video = videoElement();
  const feed = connect(`${location.origin}/ws/sessions/${session}`);
  const player = play(video, `/sessions/${session}/whep`);
  await nextFrame(video);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const bareFps = await turnsPerS(seconds, () => undefined);
  const overlay = attachOverlay(video, feed, { player });
  const fps = await turnsPerS(seconds, () => undefined);
  const tracks = overlay.frame?.boxes.length ?? 0;
  const drawMs: number[] = [];
  const everyTurnFps = await turnsPerS(seconds, () => {
    const beganMs = performance.now();
    overlay.redraw();
    drawMs.push(performance.now() - beganMs);
  });
  for (const each of [overlay, player, feed]) each.close();
  return { bareFps, fps, everyTurnFps, tracks, drawMs };
}

async function turnsPerS(seconds: number, work: () => void): Promise<number> {
  const beganMs = performance.now();
  let turns = 0;
  while (performance.now() - beganMs < seconds * 1000) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    work();
    turns += 1;
  }
  return turns / ((performance.now() - beganMs) / 1000);
}

function videoElement(): HTMLVideoElement {
  const video = document.createElement('video');
  Object.assign(video, { muted: true, autoplay: true, playsInline: true });
  Object.assign(video.style, { width: '1280px', height: '720px' });
  document.body.replaceChildren(video);
  return video;
}

function nextFrame(video: HTMLVideoElement): Promise<VideoFrameCallbackMetadata> {
  return new Promise((resolve) => video.requestVideoFrameCallback((_nowMs, metadata) => resolve(metadata)));
}

/** Only the strip is read. */
function numberIn(video: HTMLVideoElement): number | null {
  const { videoWidth, videoHeight } = video;
  const { y, cells, cellAt } = STRIP_GRID;
  const height = Math.round(videoHeight / STRIP_GRID.grid);
  strip ??= new OffscreenCanvas(videoWidth, height).getContext('2d', { willReadFrequently: true });
  if (!strip) return null;
  const top = (y * videoHeight) / STRIP_GRID.grid;
  strip.drawImage(video, 0, top, videoWidth, height, 0, 0, videoWidth, height);
  const { data } = strip.getImageData(0, 0, videoWidth, height);
  return readStrip({ width: videoWidth, height, data }, cells, (cell) => [cellAt(cell) * videoWidth, height / 2]);
}

let strip: OffscreenCanvasRenderingContext2D | null | undefined;
