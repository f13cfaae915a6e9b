/** Clips made smaller inside a larger picture, as a camera of more pixels, further away, would show them. */
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Box, Size } from '../../runtime/data.ts';
import { hash01 } from '../../sim/noise.ts';
import type { Margin } from '../detector/boxes.ts';
import type { Clip } from '../detector/data-set.ts';
import { filterVideo } from '../detector/shrink.ts';

export interface Paste {
  /** The clip is made smaller to 1/`factor`. */
  readonly factor: number;
  readonly frame: Size;
  /** Of the clip, from its first frame on. */
  readonly frames: number;
}

/**
 * Writes the clip at 1/`factor` somewhere into the picture; the rest repeats its borders. A video that is there is taken.
 * @param seed of the place
 * @param pad of the labels in pixels, which does not get smaller
 * @returns the new clip, labels moved along
 */
export async function pasteClip(clip: Clip, seed: number, paste: Paste, pad: Margin, folder: string): Promise<Clip> {
  const { factor, frame } = paste;
  const frames = Math.min(paste.frames, clip.frames);
  const place = placeIn(frame, clip.size, factor, seed);
  const video = join(folder, `${clip.name}-${seed}-${factor}-${frame.h}-${frames}.mp4`);
  const { w, h } = place.clip;
  const isWhole = w >= frame.w && h >= frame.h;
  const steps = isWhole ? [] : [`scale=${w}:${h}:flags=area`, smear(place.clip, place.half), smear(place.half, frame)];
  if (!existsSync(video)) {
    const part = `${video}.part.mp4`;
    await filterVideo(clip.video, part, [...steps, 'setsar=1', 'format=yuv420p'].join(','), { most: frames });
    renameSync(part, video);
  }
  const [x, y] = isWhole ? [0, 0] : [place.clip.x + place.half.x, place.clip.y + place.half.y];
  const labels = clip.labels.slice(0, frames).map((all) =>
    all.map((label) => {
      const tight = moved(label.tight, clip.size, { x, y, w, h });
      const box = { x: tight.x - pad.x, y: tight.y - pad.y, w: tight.w + 2 * pad.x, h: tight.h + 2 * pad.y };
      return { class: label.class, tight, box };
    }),
  );
  return { ...clip, video, size: frame, frames, labels };
}

/**
 * The clip in the middle of a picture of half the size, and that anywhere in the frame: FFmpeg repeats no border that is wider
 * than half of what comes of it. All even, for the planes of colour.
 */
function placeIn(frame: Size, clip: Size, factor: number, seed: number): { readonly clip: Box; readonly half: Box } {
  const even = (value: number) => 2 * Math.round(value / 2);
  const [w, h] = [even(clip.w / factor), even(clip.h / factor)];
  const half = { w: even(frame.w / 2), h: even(frame.h / 2) };
  const at = (spare: number, index: number) => even(spare * hash01(index, seed, 17));
  return {
    clip: { x: even((half.w - w) / 2), y: even((half.h - h) / 2), w, h },
    half: { ...half, x: at(frame.w - half.w, 1), y: at(frame.h - half.h, 2) },
  };
}

/** FFmpeg's filters that put a picture at its place into a larger one. */
function smear({ x, y, w, h }: Box, into: Size): string {
  const borders = `left=${x}:right=${into.w - w - x}:top=${y}:bottom=${into.h - h - y}:mode=smear`;
  return `pad=${into.w}:${into.h}:${x}:${y},fillborders=${borders}`;
}

function moved(box: Box, from: Size, to: Box): Box {
  const [sx, sy] = [to.w / from.w, to.h / from.h];
  return { x: to.x + box.x * sx, y: to.y + box.y * sy, w: box.w * sx, h: box.h * sy };
}
