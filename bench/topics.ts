/**
 * `bun run bench topics`: what clients of `/ws` are sent, and what they cost the pipeline: many at 10 Hz, some that drop and
 * come back every second, and slow and half-open ones. All are in a second process.
 *
 * `old`: from the capture of the frame to the client's callback. `after the first client`: from the callback of the client
 * that has a tick first to that of another. In it are the writes of the server, one for each client (5.5 ms of the kernel
 * for 1,000), and that one process reads them all. A figure says little on a machine that is busy with other things: its
 * load is printed.
 */
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import type { Stats } from '../schemas/stats.ts';
import { benchOptions } from './options.ts';
import { firstOutput, rate, serveGraph } from './served-graph.ts';

const values = benchOptions({
  model: join(import.meta.dir, '..', 'test/compact-model/compact.onnx'),
  video: join(import.meta.dir, '..', 'fixtures/sky.mp4'),
  pace: 'realtime',
  clients: 1000,
  guests: 100,
  slow: 500,
  seconds: 8,
  rounds: 3,
});
const seconds = values.seconds;

await using served = await serveGraph({ model: values.model, video: values.video, threads: 1 }, values.pace);
const { url } = served;
const wsUrl = `${url.replace('http', 'ws')}/ws`;
await rate(url, 5);

const alone = await measure('listen', 1);
console.log(
  `1 client: a tick is ${alone.p50Ms} ms old when it comes (p50), ${alone.p99Ms} ms (p99); server ${alone.cpu} % of a core`,
);
const [costs, slowCosts, behindMs]: number[][] = [[], [], []];
for (let round = 1; round <= values.rounds; round++) {
  const before = await rate(url, seconds);
  const many = await measure('listen', values.clients);
  const between = await rate(url, seconds);
  const slow = await measure('slow', values.slow);
  const after = await rate(url, seconds);
  costs?.push(1 - many.fps / ((before + between) / 2));
  slowCosts?.push(1 - slow.fps / ((between + after) / 2));
  behindMs?.push(many.behindP99Ms);
  console.log(
    `round ${round}: ${before.toFixed(1)} frames/s alone, ${many.fps.toFixed(1)} with ${values.clients} clients ` +
      `(${many.hz.toFixed(1)} ticks/s each, p50 ${many.p50Ms}, p99 ${many.p99Ms} ms old, p99 ${many.behindP99Ms} ms after the first client; server ${many.cpu} % of a core), ` +
      `${slow.fps.toFixed(1)} with ${values.slow} slow and half-open ones, ${after.toFixed(1)} alone; load ${load()}`,
  );
}
verdict(`p99 of ${values.clients} clients after the first of them has the tick, ms`, median(behindMs), 50);
verdict(`cost of ${values.clients} clients at 10 Hz, % of the frame rate`, 100 * median(costs), 5);
verdict(`cost of ${values.slow} slow and half-open clients, % of the frame rate`, 100 * median(slowCosts), 2);
const back = await measure('return', values.guests, 3);
console.log(
  `${values.guests} clients that drop and come back every second: ${back.visits} visits, ${back.events} events, ` +
    `${back.gaps} gaps; all events once and in order for ${back.whole} of ${values.guests}`,
);
const sent = await measure('bytes', 2);
console.log(
  `a tick has ${(sent.whole / sent.ticks).toFixed(0)} bytes, with delta ${(sent.delta / sent.ticks).toFixed(0)}`,
);

/** Of clients; those of other kinds are not in it. */
interface Figures {
  readonly ticks: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** After the first client had the same tick. */
  readonly behindP99Ms: number;
  readonly events: number;
  readonly visits: number;
  readonly gaps: number;
  readonly whole: number;
  readonly delta: number;
}

/** Starts clients, and gives their figures and the frame rate meanwhile. */
async function measure(
  kind: string,
  count: number,
  times = 1,
): Promise<Figures & { fps: number; hz: number; cpu: number }> {
  const clients = Bun.spawn([process.execPath, join(import.meta.dir, 'topic-clients.ts'), kind, wsUrl, String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await firstOutput(clients.stdout, /connected\n/);
  const fps = await rate(url, times * seconds);
  const { service } = (await (await fetch(`${url}/stats`)).json()) as Stats;
  clients.stdin.write('over\n');
  clients.stdin.flush();
  const figures: Figures = JSON.parse(await firstOutput(clients.stdout, /\}\n/));
  await clients.exited;
  return { ...figures, fps, hz: figures.ticks / count / seconds, cpu: service.cpu ?? Number.NaN };
}

function median(numbers: readonly number[] | undefined): number {
  return numbers?.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function load(): string {
  return `${loadavg()[0]?.toFixed(1)} on ${cpus().length} cores`;
}

function verdict(what: string, value: number, limit: number): void {
  console.log(`  ${what}, median   ${value.toFixed(1)}   (< ${limit})  ${value < limit ? 'holds' : 'DOES NOT HOLD'}`);
}
