/**
 * `bun run bench fanout`: what WebSocket clients cost the pipeline. In one run, in turns, at full speed: no client,
 * many clients at 10 Hz, and clients that never read. Compares the frame rates.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { SessionView } from '../runtime/session/api.ts';
import { type BenchInput, graphSets, ROOT } from './pipeline/input.ts';

const LIMIT_SHARE = 0.05;
/** How long until a client that never reads must be gone. */
const CLOSED_WITHIN_S = 30;

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'default' },
    video: { type: 'string', default: join(ROOT, 'fixtures/sky.mp4') },
    clients: { type: 'string', default: '200' },
    silent: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '3' },
  },
});

const input: BenchInput = {
  model: /[./]/.test(values.model) ? resolve(values.model) : values.model,
  video: resolve(values.video),
  threads: 1,
};

const sets = [...graphSets(input), 'source.pace=asap', 'source.loop=true', 'publish.hz=10'];
const command = ['run', 'graph', 'graphs/file.yaml', '--port', '0', ...sets.flatMap((set) => ['--set', set])];
const pipeline = Bun.spawn([process.execPath, ...command], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] });
try {
  await compare(await readyUrl(pipeline.stdout));
} finally {
  pipeline.kill('SIGINT');
  await pipeline.exited;
}
process.exit(0);

async function compare(url: string): Promise<void> {
  const { ws_path: wsPath } = await session(url);
  const wsUrl = url.replace('http', 'ws') + wsPath;
  await rate(url, Number(values.seconds));
  const costs = { reading: [] as number[], silent: [] as number[] };
  console.log(
    `frames/s           no client   ${values.clients} clients   no client   ${values.silent} that never read`,
  );
  for (let round = 1; round <= Number(values.rounds); round++) {
    const alone = await rate(url, Number(values.seconds));
    const reading = await withClients(['reading', wsUrl, values.clients], () => rate(url, Number(values.seconds)));
    const again = await rate(url, Number(values.seconds));
    const silent = await withClients(['silent', wsUrl, values.silent], () => rate(url, Number(values.seconds)));
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
  const clients = startClients(['silent', wsUrl, values.silent]);
  const closed = await Promise.race([
    clients.exited.then(() => true),
    Bun.sleep(CLOSED_WITHIN_S * 1000).then(() => false),
  ]);
  clients.kill();
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(closed ? `  all of them closed after ${seconds} s` : `  NOT all closed after ${CLOSED_WITHIN_S} s`);
}

/** Frames per second over a time, from the session's own counters. */
async function rate(url: string, seconds: number): Promise<number> {
  const [before, startMs] = [(await session(url)).frames.processed, performance.now()];
  await Bun.sleep(seconds * 1000);
  const after = (await session(url)).frames.processed;
  return (after - before) / ((performance.now() - startMs) / 1000);
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

async function session(url: string): Promise<SessionView> {
  const { sessions } = (await (await fetch(`${url}/sessions`)).json()) as { sessions: SessionView[] };
  const [first] = sessions;
  if (!first) throw new Error('the server has no session');
  return first;
}

async function readyUrl(stdout: ReadableStream<Uint8Array>): Promise<string> {
  const text = await firstOutput(stdout, /ready (\S+)/);
  return /ready (\S+)/.exec(text)?.[1] ?? '';
}

/** Reads until something (that matches) was printed. */
async function firstOutput(stdout: ReadableStream<Uint8Array>, pattern = /\S/): Promise<string> {
  const [decoder, reader] = [new TextDecoder(), stdout.getReader()];
  let text = '';
  while (!pattern.test(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the process ended early: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  reader.releaseLock();
  return text;
}

function verdict(what: string, shares: readonly number[]): void {
  const median = shares.toSorted((a, b) => a - b)[Math.floor(shares.length / 2)] ?? Number.NaN;
  const holds = median < LIMIT_SHARE ? 'holds' : 'DOES NOT HOLD';
  console.log(
    `  ${what}, median   ${(median * 100).toFixed(1)} % of the frame rate   (< ${LIMIT_SHARE * 100} %)  ${holds}`,
  );
}
