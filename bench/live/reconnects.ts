/** `bench live --reconnects N`: what a session leaves behind whose camera is lost N times. */
import { quantile } from '../../test/live/peers.ts';
import { loseAndFind, type Recovery } from '../../test/live/reconnecting.ts';
import { slope } from '../slope.ts';

/** Caches fill and code is compiled at first: that ends by and by, and each part should rise by less than the one before. */
const PARTS = ['first', 'second', 'last'] as const;

export async function reconnects(times: number): Promise<void> {
  const { recoveries, restarts, tracks, errorsMs } = await loseAndFind(times, true);
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
  growth('memory of a session beside it that loses nothing', 'MB', recoveries, ({ steadyMb = 0 }) => steadyMb);
  growth('descriptors', '', recoveries, ({ descriptors }) => descriptors);
  const wrong = tracks.filter(({ began, ended }) => began !== 1 || ended !== 1);
  console.log(`  ${tracks.length} tracks, ${wrong.length} of them without exactly one beginning and one end`);
  const off = errorsMs.map(Math.abs);
  console.log(
    `  capture times off by p50 ${quantile(off, 0.5).toFixed(0)} ms, p95 ${quantile(off, 0.95).toFixed(0)} ms`,
  );
}

function growth(name: string, unit: string, recoveries: readonly Recovery[], of: (recovery: Recovery) => number): void {
  const size = Math.floor(recoveries.length / PARTS.length);
  const parts = PARTS.map((part, i) => {
    const some = recoveries.slice(i * size, (i + 1) * size).map(of);
    const { slope: rise, noise } = slope(some.map((y, n) => ({ x: n / 100, y })));
    return `${part} ${size}: ${some.at(-1)?.toFixed(0)} ${unit}, ${rise.toFixed(2)} ± ${noise.toFixed(2)} for each 100`;
  });
  console.log(`  ${name} (95 %): ${parts.join('; ')}`);
}
