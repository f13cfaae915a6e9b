/**
 * `bun run bench pipeline --model M --video V`: what the pipeline costs beside the model itself.
 *
 * In one run, on the same frames, with the same inference threads: raw `session.run` in a process of its own, and the
 * whole pipeline (source, decode, rings, detect, track, publish, server). The rounds alternate, so that a slow spell of
 * the machine hits both. Then the latency at the video's own pace, allocations, and memory over time.
 */
import { join, resolve } from 'node:path';
import { benchOptions } from './options.ts';
import { allocationsPerFrame } from './pipeline/allocations.ts';
import type { BenchInput } from './pipeline/input.ts';
import { measureMemory } from './pipeline/memory.ts';
import { measureLatency, measureThroughput } from './pipeline/session-runs.ts';

/** Shortest time over which a slope of memory means something. */
const LEAST_SOAK_S = 120;
const LIMITS = { ratio: 0.9, overheadP50Ms: 3, overheadP99Ms: 10, rssMb: 350 };

const values = benchOptions({
  model: 'default',
  video: join(import.meta.dir, '../fixtures/sky.mp4'),
  threads: 1,
  rounds: 3,
  'latency-s': 30,
  'soak-s': 30,
});

const input: BenchInput = {
  model: /[./]/.test(values.model) ? resolve(values.model) : values.model,
  video: resolve(values.video),
  threads: values.threads,
};

console.log(
  `model ${input.model}, video ${input.video}, ${input.threads} inference thread(s), ${navigator.hardwareConcurrency} cores\n`,
);
await throughput(values.rounds);
await latency(values['latency-s']);
await allocations();
await memory(values['soak-s']);
process.exit(0);

async function throughput(rounds: number): Promise<void> {
  const ratios: number[] = [];
  console.log('throughput        raw session.run      whole pipeline     ratio');
  for (let round = 1; round <= rounds; round++) {
    const raw = await rawFps();
    const pipeline = await measureThroughput(input);
    ratios.push(pipeline.fps / raw);
    console.log(
      `  round ${round}   ${fixed(raw, 12)} frames/s ${fixed(pipeline.fps, 10)} frames/s   ${fixed(pipeline.fps / raw, 6, 3)}`,
    );
    console.log(
      `            ${pipeline.decoded} decoded = ${pipeline.processed} processed + ${pipeline.dropped} dropped`,
    );
  }
  verdict('ratio pipeline/raw, median', median(ratios), '≥', LIMITS.ratio, 3);
}

async function latency(seconds: number): Promise<void> {
  const { overheadMs, inferenceMs } = await measureLatency(input, seconds);
  console.log(
    `\nlatency at the video's own pace, ${overheadMs.length} ticks; inference p50 ${quantile(inferenceMs, 0.5).toFixed(2)} ms`,
  );
  verdict(
    'decoded frame → published tick less inference, p50 ms',
    quantile(overheadMs, 0.5),
    '≤',
    LIMITS.overheadP50Ms,
    2,
  );
  verdict(
    '                                               p99 ms',
    quantile(overheadMs, 0.99),
    '≤',
    LIMITS.overheadP99Ms,
    2,
  );
}

async function allocations(): Promise<void> {
  const { heapBytes, outsideBytes, frames, conversionsPerFrame } = await allocationsPerFrame(input);
  console.log(`\ncopies and allocations, ${frames} frames`);
  console.log(`  pixel conversions a frame (decoder → ring slot)   ${conversionsPerFrame.toFixed(2)}`);
  console.log('  pixel copies between workers                      0 (rings; the model reads the slot)');
  console.log(`  JS heap allocated a frame, all nodes              ${(heapBytes / frames / 1024).toFixed(1)} KiB`);
  console.log(`  held outside the heap (model outputs, views)      ${(outsideBytes / frames / 1024).toFixed(0)} KiB`);
}

async function memory(seconds: number): Promise<void> {
  const { rssMb, peakMb, slopeMbPerMin, noiseMbPerMin } = await measureMemory(input, seconds);
  console.log(`\nmemory of the whole process tree over ${seconds} s at full speed`);
  verdict('RSS, median MB', rssMb, '≤', LIMITS.rssMb, 0);
  verdict('RSS, peak MB', peakMb, '≤', LIMITS.rssMb, 0);
  // Caches still fill in the first minute: a short run tells the size, not the trend.
  const trend = Math.abs(slopeMbPerMin) <= noiseMbPerMin ? 'within noise' : slopeMbPerMin < 0 ? 'shrinking' : 'GROWING';
  const verdictText = seconds < LEAST_SOAK_S ? `too short to judge: --soak-s ${LEAST_SOAK_S} or more` : trend;
  console.log(`  slope ${slopeMbPerMin.toFixed(2)} ± ${noiseMbPerMin.toFixed(2)} MB/min (95 %)  ${verdictText}`);
}

/** Raw model speed, measured in a process of its own that does nothing else. */
async function rawFps(): Promise<number> {
  const raw = Bun.spawn([process.execPath, join(import.meta.dir, 'pipeline/raw.ts'), JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const text = await new Response(raw.stdout).text();
  if ((await raw.exited) !== 0) throw new Error('the raw measurement failed');
  return Number(text);
}

function verdict(what: string, value: number, relation: '≤' | '≥', limit: number, digits: number): void {
  const holds = relation === '≤' ? value <= limit : value >= limit;
  console.log(`  ${what}   ${value.toFixed(digits)}   (${relation} ${limit})  ${holds ? 'holds' : 'DOES NOT HOLD'}`);
}

function median(values: number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

function fixed(value: number, width: number, digits = 1): string {
  return value.toFixed(digits).padStart(width);
}
