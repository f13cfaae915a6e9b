/**
 * When the pictures of an HLS stream were taken, by the dates in its playlist (EXT-X-PROGRAM-DATE-TIME). FFmpeg leaves them
 * out, so the playlist is read before and after FFmpeg does: when both say the same, the first packet is from that date.
 */
import type { Address } from './address.ts';

const TIMEOUT_MS = 2000;
const MOST_NESTED = 2;

export class ProgramDates {
  readonly #dateMs: number;
  readonly #ask: () => Promise<number | undefined>;
  #firstS: number | undefined;

  constructor(dateMs: number, ask: () => Promise<number | undefined>) {
    this.#dateMs = dateMs;
    this.#ask = ask;
  }

  /** Undefined when the stream has gone on by a segment meanwhile: nobody knows which one FFmpeg began with. */
  async confirmed(): Promise<ProgramDates | undefined> {
    return (await this.#ask()) === this.#dateMs ? this : undefined;
  }

  /** When the picture of a packet was taken. @param timeS of the packet; the first one is that of the date */
  unixMs(timeS: number | undefined): number | undefined {
    if (timeS === undefined) return undefined;
    this.#firstS ??= timeS;
    return this.#dateMs + (timeS - this.#firstS) * 1000;
  }
}

/** @returns undefined when it is no playlist, or one without dates */
export async function programDates(
  { url, format, options }: Address,
  signal: AbortSignal,
): Promise<ProgramDates | undefined> {
  const isPlaylist = format === 'hls' || /^https?:[^?#]*\.m3u8?([?#]|$)/i.test(url);
  if (!isPlaylist) return undefined;
  const first = Number(options.live_start_index);
  const ask = () => dateAt(url, first, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
  const dateMs = await ask();
  return dateMs === undefined ? undefined : new ProgramDates(dateMs, ask);
}

async function dateAt(address: string, first: number, signal: AbortSignal): Promise<number | undefined> {
  try {
    let url = new URL(address);
    for (let nested = 0; nested < MOST_NESTED; nested++) {
      const text = await (await fetch(withoutLogin(url), { headers: loginOf(url), signal })).text();
      // Variants of one stream have one time.
      const variant = /^#EXT-X-STREAM-INF:.*\n(?:#.*\n)*([^#\s].*)$/m.exec(text)?.[1];
      if (variant === undefined) return segmentDate(text, first);
      url = new URL(variant.trim(), url);
    }
    return undefined;
  } catch {
    return undefined; // FFmpeg will say what is wrong
  }
}

/** When a segment began, Unix time. @param index negative: from the end */
export function segmentDate(playlist: string, index: number): number | undefined {
  if (playlist.includes('#EXT-X-ENDLIST')) return undefined;
  const dates: number[] = [];
  let dateMs = Number.NaN;
  let durationMs = 0;
  for (const line of playlist.split(/\r?\n/)) {
    const [, tag, value = ''] = /^#(EXTINF|EXT-X-PROGRAM-DATE-TIME):([^,]*)/.exec(line) ?? [];
    if (tag === 'EXTINF') durationMs = Number.parseFloat(value) * 1000;
    else if (tag !== undefined) dateMs = Date.parse(value.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
    if (line.startsWith('#') || line.trim() === '') continue;
    dates.push(dateMs);
    dateMs += durationMs;
  }
  const found = dates[index < 0 ? Math.max(0, dates.length + index) : index];
  return found !== undefined && Number.isFinite(found) ? found : undefined;
}

function withoutLogin(url: URL): URL {
  const plain = new URL(url);
  [plain.username, plain.password] = ['', ''];
  return plain;
}

function loginOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}
