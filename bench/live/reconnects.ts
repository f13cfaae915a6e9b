/** `bench live --reconnects N`: what a session leaves behind whose camera is lost N times. */
import { quantile } from '../../test/live/peers.ts';
import { loseAndFind, type Recovery } from '../../test/live/reconnecting.ts';
import { slope } from '../slope.ts';

/** Caches fill and code is compiled at first. */
const SETTLE_SHARE = 0.3;

export async function reconnects(times: number): Promise<void> {
  const { recoveries, restarts, tracks, errorsMs } = await loseAndFind(times);
  const backMs = recoveries.map((recovery) => recovery.backMs);
  const [p50, most] = [quantile(backMs, 0.5).toFixed(0), Math.max(...backMs).toFixed(0)];
  console.log(
    `${times} reconnects: back after p50 ${p50} ms, at most ${most} ms; the process was restarted ${restarts} times`,
  );
  for (const loss of new Set(recoveries.map((recovery) => recovery.loss))) {
    const some = recoveries.filter((recovery) => recovery.loss === loss);
    const times = some.map((recovery) => recovery.backMs);
    console.log(
      `  ${String(loss).padEnd(8)} ${some.length} times, back after p50 ${quantile(times, 0.5).toFixed(0)} ms, at most ${Math.max(...times)} ms`,
    );
  }
  growth('memory', 'MB', recoveries, ({ rssMb }) => rssMb);
  growth('descriptors', '', recoveries, ({ descriptors }) => descriptors);
  const wrong = tracks.filter(({ began, ended }) => began !== 1 || ended !== 1);
  console.log(`  ${tracks.length} tracks, ${wrong.length} of them without exactly one beginning and one end`);
  const off = errorsMs.map(Math.abs);
  console.log(
    `  capture times off by p50 ${quantile(off, 0.5).toFixed(0)} ms, p95 ${quantile(off, 0.95).toFixed(0)} ms`,
  );
}

function growth(name: string, unit: string, recoveries: readonly Recovery[], of: (recovery: Recovery) => number): void {
  const settled = recoveries.slice(Math.floor(recoveries.length * SETTLE_SHARE));
  const trend = slope(settled.map((recovery, i) => ({ x: i / 100, y: of(recovery) })));
  const [first, last] = [settled[0], settled.at(-1)].map((recovery) => (recovery ? of(recovery).toFixed(0) : '–'));
  const rise = `${trend.slope.toFixed(2)} ± ${trend.noise.toFixed(2)} ${unit}`.trim();
  console.log(`  ${name}: ${first} to ${last} ${unit}, slope ${rise} for each 100 (95 %)`);
}
