/** A real session on a live stream, and a client that gets its ticks: how soon, how fresh, how well timed. */
import { quantile } from '../../test/live/peers.ts';
import { LiveService, type TimedTick } from '../../test/live/service.ts';
import type { Camera } from './cameras.ts';

export interface Figures {
  /** From asking for the session to the first tick at the client. */
  readonly firstMs: number;
  /** From taking a picture to its tick at the client. */
  readonly agesMs: readonly number[];
  /** What times of capture come from in the end. */
  readonly basis: string;
  /** Claimed less true times of capture, from then on. */
  readonly errorsMs: readonly number[];
  /** And before that: a camera reports the time by its own clock every 5 s. */
  readonly earlyErrorsMs: readonly number[];
  /** Whether an error is within what was said to be possible. */
  readonly areCovered: readonly boolean[];
  readonly saidMs: readonly number[];
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
  const { decoded, processed, dropped, in_flight: inFlight } = (await client.view()).frames;
  const ticks = client.ticks.filter(({ receivedMs }) => receivedMs >= fromMs);
  const basis = ticks.at(-1)?.basis ?? '';
  const errorMs = ({ claimedMs, takenMs }: TimedTick) => claimedMs - takenMs;
  const settled = ticks.filter((tick) => tick.basis === basis);
  return {
    firstMs,
    agesMs: ticks.map(({ receivedMs, takenMs }) => receivedMs - takenMs),
    basis,
    errorsMs: settled.map(errorMs),
    earlyErrorsMs: ticks.filter((tick) => tick.basis !== basis).map(errorMs),
    areCovered: ticks.map((tick) => Math.abs(errorMs(tick)) <= tick.claimedErrorMs + 1),
    saidMs: settled.map(({ claimedErrorMs }) => claimedErrorMs),
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
