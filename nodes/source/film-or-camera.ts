/** What an input is: a film, which has an end, or a camera, which has none. */
import type { FormatContext } from 'node-av/lib';
import type { Address } from './address.ts';

/** They state no time. A server that knows the length in bytes has a film. */
const LENGTHLESS_FORMATS: readonly string[] = ['mpegts', 'mpeg', 'h264', 'hevc', 'mjpeg', 'flv'];
const LENGTH_TIMEOUT_MS = 2000;

/** On the web are films and cameras: a film states its length. */
export async function isFilm(format: FormatContext, { kind, url }: Address, signal: AbortSignal): Promise<boolean> {
  if (kind !== 'web') return kind === 'file';
  if (isSnapshot(format)) return false;
  if (format.duration > 0n || format.streams.some(({ duration }) => duration > 0n)) return true;
  return LENGTHLESS_FORMATS.includes(format.iformat?.name ?? '') && (await hasLength(url, signal));
}

/** One picture at an address: a camera that has a new one each time that it is asked. */
export function isSnapshot(format: FormatContext): boolean {
  return format.iformat?.name?.endsWith('_pipe') === true;
}

/** True when the server knows how long it is in bytes. */
async function hasLength(url: string, signal: AbortSignal): Promise<boolean> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LENGTH_TIMEOUT_MS)]);
  try {
    const { headers, body } = await fetch(url, { headers: { range: 'bytes=0-0' }, signal: limit });
    await body?.cancel();
    return headers.has('content-length') || headers.has('content-range');
  } catch {
    return false; // FFmpeg could open it: then it is nothing that fetch knows, and no film
  }
}
