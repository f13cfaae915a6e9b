/** What is on this machine and is no plain file: a camera, pictures one after the other, standard input. */
import { constants, existsSync, openSync } from 'node:fs';
import type { SourceOptions } from './options.ts';

const CAMERA = /^v4l2:(?:\/\/)?(?=\/)/i;
export const STANDARD_INPUT = 'pipe:0';
const PICTURES = /\.(bmp|jpe?g|png|tiff?|webp)$/i;

/** See Address. */
interface LocalInput {
  readonly url: string;
  readonly kind: 'file' | 'live' | 'pipe';
  readonly format: string | undefined;
  readonly options: Readonly<Record<string, string>>;
}

export function localInput({ url, pace }: SourceOptions): LocalInput | undefined {
  if (CAMERA.test(url)) return { url: url.replace(CAMERA, ''), kind: 'live', format: 'v4l2', options: {} };
  // In `asap` pace every picture is wanted, as of a file.
  if (/^pipe:0?$/i.test(url)) {
    return { url: STANDARD_INPUT, kind: pace === 'asap' ? 'file' : 'pipe', format: undefined, options: {} };
  }
  const pattern = patternOf(url);
  return pattern && { url, kind: 'file', format: 'image2', options: { pattern_type: pattern } };
}

/** `shots/*.jpg` are sorted by name, `shot%05d.png` counts. A file of that very name is a file. */
function patternOf(url: string): 'glob' | 'sequence' | undefined {
  if (!PICTURES.test(url) || existsSync(url)) return undefined;
  if (/[*?]/.test(url)) return 'glob';
  return /%(0\d+)?d/.test(url) ? 'sequence' : undefined;
}

let opened: string | undefined;

/** Opened once more, so that reading does not wait: a wait cannot be interrupted. A socket can't be, and is read as it is. */
export function standardInput(): string {
  try {
    opened ??= `pipe:${openSync('/dev/stdin', constants.O_RDONLY | constants.O_NONBLOCK)}`;
  } catch {
    opened = STANDARD_INPUT;
  }
  return opened;
}
