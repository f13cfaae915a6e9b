/** A real session on a live stream, and a client that gets its ticks: how soon, how fresh, how well timed. */
import { quantile } from '../../test/live/peers.ts';
import { LiveService } from '../../test/live/service.ts';
import type { Camera } from './cameras.ts';

export interface Figures {
  /** From asking for the session to the first tick at the client. */
  readonly firstMs: number;
  /** From taking a picture to its tick at the client. */
  readonly agesMs: readonly number[];
  /** Claimed less true times of capture. */
  readonly errorsMs: readonly number[];
  /** Errors that are said to be possible. */
  readonly claimedMs: readonly number[];
  readonly basis: string;
  readonly frames: { readonly decoded: number; readonly processed: number; readonly dropped: number };
}

/** The first pictures of a connection are left out of the times: what a server had kept is old. */
const SETTLE_MS = 1000;

export async function ours({ source }: Camera, seconds: number): Promise<Figures> {
  await using service = await LiveService.start({ camera: source });
  await using client = await service.watch('camera');
  await client.more(1);
  const firstMs = (client.ticks[0]?.receivedMs ?? Number.NaN) - client.startedMs;
  const fromMs = Date.now() + SETTLE_MS;
  await Bun.sleep(seconds * 1000);
  const ticks = client.ticks.filter(({ receivedMs }) => receivedMs >= fromMs);
  const { decoded, processed, dropped, in_flight: inFlight } = (await client.view()).frames;
  return {
    firstMs,
    agesMs: ticks.map(({ receivedMs, takenMs }) => receivedMs - takenMs),
    errorsMs: ticks.map(({ claimedMs, takenMs }) => claimedMs - takenMs),
    claimedMs: ticks.map(({ claimedErrorMs }) => claimedErrorMs),
    basis: client.clock?.basis ?? '–',
    frames: { decoded: decoded + inFlight, processed: processed + inFlight, dropped },
  };
}

/**
 * How far the claimed times move off the true ones: medians of each part of the time.
 * @returns the largest less the smallest, beginning with the second part
 */
export function drift(
  { errorsMs }: Figures,
  parts: number,
): { readonly mediansMs: number[]; readonly driftMs: number } {
  const size = Math.floor(errorsMs.length / parts);
  const mediansMs = Array.from({ length: parts }, (_, i) => quantile(errorsMs.slice(i * size, (i + 1) * size), 0.5));
  return { mediansMs, driftMs: Math.max(...mediansMs) - Math.min(...mediansMs) };
}
