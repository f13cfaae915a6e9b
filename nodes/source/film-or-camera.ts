/** What an input is: a film, which has an end, or a camera, which has none. */
import {
  AV_CODEC_ID_AV1,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_MPEG2VIDEO,
  AV_CODEC_ID_MPEG4,
  AV_CODEC_ID_VP8,
  AV_CODEC_ID_VP9,
} from 'node-av/constants';
import type { FormatContext, Packet } from 'node-av/lib';
import type { Address } from './address.ts';

/** They state no time. A server that knows the length in bytes has a film. */
const LENGTHLESS_FORMATS: readonly string[] = ['mpegts', 'mpeg', 'h264', 'hevc', 'mjpeg', 'flv'];
const LENGTH_TIMEOUT_MS = 2000;
/** Other codecs send single pictures, and those of a view that stands still may well be alike. */
const FILM_CODECS: readonly number[] = [
  AV_CODEC_ID_MPEG2VIDEO,
  AV_CODEC_ID_MPEG4,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_VP8,
  AV_CODEC_ID_VP9,
  AV_CODEC_ID_AV1,
];

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

/**
 * A film on the web whose length nobody states is taken for a camera, until it is opened again: a camera goes on, a film
 * begins with the same picture as before, to the byte. Pure but for the packets.
 */
export class UnstatedFilm {
  #first: string | undefined;
  #before: { readonly first: string; readonly packets: number; readonly isWhole: boolean } | undefined;

  /**
   * A connection has given its first packet.
   * @returns true when it is the film again that the server had given to its end
   */
  begins({ data }: Pick<Packet, 'data'>, codecId: number, timeS: number | undefined): boolean {
    this.#first = data !== null && FILM_CODECS.includes(codecId) ? `${timeS} ${Bun.hash(data)}` : undefined;
    return this.#before?.isWhole === true && this.#before.first === this.#first;
  }

  /**
   * The connection is over. @param packets that it gave, @param isWhole the server said so; else it just broke off
   * @returns true when it broke off at the same place as before: that is its end
   */
  ends(packets: number, isWhole: boolean): boolean {
    const before = this.#before;
    this.#before = this.#first === undefined ? undefined : { first: this.#first, packets, isWhole };
    return before !== undefined && before.first === this.#first && before.packets === packets;
  }
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
