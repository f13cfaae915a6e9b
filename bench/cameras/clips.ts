/** The videos that cameras send: rendered clips of this project in other sizes, with the noise of a sensor. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../pipeline/input.ts';

/** By name: the size of the picture. */
export const SIZES: Readonly<Record<string, readonly [w: number, h: number]>> = {
  '640x512': [640, 512],
  '1080p': [1920, 1080],
};

/** Writes the clip of a size into the folder, if it is not there. @returns its path */
export async function clipOf(size: string, folder: string): Promise<string> {
  const [w, h] = SIZES[size] ?? [];
  const video = join(folder, `${size}.mp4`);
  if (existsSync(video)) return video;
  // Native code, loaded when it is needed.
  const { filterVideo } = await import('../detector/shrink.ts');
  await filterVideo(join(ROOT, 'fixtures/sky.mp4'), video, `scale=${w}:${h},noise=alls=4:allf=t,format=yuv420p`, {
    crf: 26,
  });
  return video;
}
