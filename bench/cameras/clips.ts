/** The videos that cameras send: rendered clips of this project in other sizes, with the noise of a sensor. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../pipeline/input.ts';

/** By name: the size of the picture. */
export const SIZES: Readonly<Record<string, readonly [w: number, h: number]>> = {
  '640x512': [640, 512],
  '1080p': [1920, 1080],
};

/** Of a still scene: four seconds in which something flies, then eight in which all stands still. */
const STILL = "loop=loop=200:size=1:start=99,select='lt(n,300)',";

/** Writes the clip of a size into the folder, if it is not there. @param isStill for most of the time @returns its path */
export async function clipOf(size: string, folder: string, isStill = false): Promise<string> {
  const [w, h] = SIZES[size] ?? [];
  const video = join(folder, `${size}${isStill ? '-still' : ''}.mp4`);
  if (existsSync(video)) return video;
  // Native code, loaded when it is needed.
  const { filterVideo } = await import('../detector/shrink.ts');
  const filter = `${isStill ? STILL : ''}scale=${w}:${h},noise=alls=4:allf=t,format=yuv420p`;
  await filterVideo(join(ROOT, 'fixtures/sky.mp4'), video, filter, {
    crf: 26,
  });
  return video;
}
