/**
 * `bun run bench fanout`: what WebSocket clients cost the pipeline. In one run, in turns, at full speed: no client,
 * many clients at 10 Hz, and clients that never read. Compares the frame rates.
 */
import { join, resolve } from 'node:path';
import { benchOptions } from './options.ts';
import { type BenchInput, ROOT } from './pipeline/input.ts';
import { firstOutput, rate, serveGraph, session } from './served-graph.ts';

const LIMIT_SHARE = 0.05;
/** How long until a client that never reads must be gone. */
const CLOSED_WITHIN_S = 30;

const values = benchOptions({
  model: 'default',
  video: join(ROOT, 'fixtures/sky.mp4'),
  clients: 200,
  silent: 20,
  seconds: 6,
  rounds: 3,
});

const input: BenchInput = {
  model: /[./]/.test(values.model) ? resolve(values.model) : values.model,
  video: resolve(values.video),
  threads: 1,
};

{
  await using served = await serveGraph(input, 'asap');
  await compare(served.url);
}
process.exit(0);

async function compare(url: string): Promise<void> {
  const { ws_path: wsPath } = await session(url);
  const wsUrl = url.replace('http', 'ws') + wsPath;
  await rate(url, values.seconds);
  const costs = { reading: [] as number[], silent: [] as number[] };
  console.log(
    `frames/s           no client   ${values.clients} clients   no client   ${values.silent} that never read`,
  );
  for (let round = 1; round <= values.rounds; round++) {
    const alone = await rate(url, values.seconds);
    const reading = await withClients(['reading', wsUrl, `${values.clients}`], () => rate(url, values.seconds));
    const again = await rate(url, values.seconds);
    const silent = await withClients(['silent', wsUrl, `${values.silent}`], () => rate(url, values.seconds));
    costs.reading.push(1 - reading / ((alone + again) / 2));
    costs.silent.push(1 - silent / again);
    console.log(
      `  round ${round}   ${[alone, reading, again, silent].map((fps) => fps.toFixed(1).padStart(12)).join('')}`,
    );
  }
  verdict(`cost of ${values.clients} clients at 10 Hz`, costs.reading);
  verdict(`cost of ${values.silent} clients that never read`, costs.silent);
  await watchSilentClients(wsUrl);
}

/** Connects clients that never read and waits for the server to close them. */
async function watchSilentClients(wsUrl: string): Promise<void> {
  const startMs = performance.now();
  const clients = startClients(['silent', wsUrl, `${values.silent}`]);
  const closed = await Promise.race([
    clients.exited.then(() => true),
    Bun.sleep(CLOSED_WITHIN_S * 1000).then(() => false),
  ]);
  clients.kill();
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(closed ? `  all of them closed after ${seconds} s` : `  NOT all closed after ${CLOSED_WITHIN_S} s`);
}

async function withClients(args: readonly string[], measure: () => Promise<number>): Promise<number> {
  const clients = startClients(args);
  await firstOutput(clients.stdout);
  const result = await measure();
  clients.kill();
  await clients.exited;
  return result;
}

function startClients(args: readonly string[]) {
  return Bun.spawn([process.execPath, join(import.meta.dir, 'fanout-clients.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function verdict(what: string, shares: readonly number[]): void {
  const median = shares.toSorted((a, b) => a - b)[Math.floor(shares.length / 2)] ?? Number.NaN;
  const holds = median < LIMIT_SHARE ? 'holds' : 'DOES NOT HOLD';
  console.log(
    `  ${what}, median   ${(median * 100).toFixed(1)} % of the frame rate   (< ${LIMIT_SHARE * 100} %)  ${holds}`,
  );
}
