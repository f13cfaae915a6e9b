/** Memory of the real command and all its processes over time; Linux (/proc) only. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Point, slope } from '../slope.ts';
import { type BenchInput, graphSets, ROOT } from './input.ts';

const SAMPLE_MS = 500;
/** Caches fill and code is compiled in the first seconds. */
const SETTLE_SHARE = 0.3;

export async function measureMemory(input: BenchInput, seconds: number) {
  const sets = [...graphSets(input), 'source.pace=asap', 'source.loop=true', 'publish.hz=10'];
  const command = ['run', 'graph', 'graphs/file.yaml', '--port', '0', ...sets.flatMap((set) => ['--set', set])];
  const tree = Bun.spawn([process.execPath, ...command], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] });
  await untilReady(tree.stdout);
  const samples: Point[] = [];
  const startMs = performance.now();
  while (performance.now() - startMs < seconds * 1000) {
    await Bun.sleep(SAMPLE_MS);
    samples.push({ x: (performance.now() - startMs) / 60_000, y: treeRssMb(tree.pid) });
  }
  tree.kill('SIGINT');
  await tree.exited;
  const settled = samples.slice(Math.floor(samples.length * SETTLE_SHARE));
  const sorted = settled.map(({ y }) => y).toSorted((a, b) => a - b);
  const { slope: slopeMbPerMin, noise: noiseMbPerMin } = slope(settled);
  return {
    rssMb: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
    peakMb: Math.max(...samples.map(({ y }) => y)),
    slopeMbPerMin,
    noiseMbPerMin,
  };
}

async function untilReady(stdout: ReadableStream<Uint8Array>): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes('ready ')) return;
  }
  throw new Error('the graph ended before it was ready');
}

/** Resident memory of a process and all below it. */
function treeRssMb(root: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (Number.isInteger(pid)) parents.set(pid, Number(field(pid, 'PPid') ?? 0));
  }
  let kb = 0;
  for (const pid of parents.keys()) {
    let at: number | undefined = pid;
    while (at !== undefined && at !== root && at > 1) at = parents.get(at);
    if (at === root) kb += Number.parseInt(field(pid, 'VmRSS') ?? '0', 10);
  }
  return kb / 1024;
}

function field(pid: number, name: string): string | undefined {
  try {
    const status = readFileSync(join('/proc', String(pid), 'status'), 'utf8');
    return new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1];
  } catch (error) {
    // It ended between the listing and the look.
    if (error instanceof Error) return undefined;
    throw error;
  }
}
