/**
 * `bun run bench traces`: what traces cost. Two sessions over the same clip, side by side at full speed: one without, one
 * that is traced and tells a collector; CPU time a frame of their processes, and frames. Then with a collector that accepts and
 * never answers: the same, and the memory of the server. And what a node takes to note one frame.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SystemClock } from '../runtime/clock.ts';
import { createFrameTimes, FrameNotes } from '../runtime/engine/frame-times.ts';
import { createLog } from '../runtime/log.ts';
import { SessionSet } from '../runtime/session/session-set.ts';
import { OpenSinks } from '../runtime/sinks/open-sinks.ts';
import { tracesSink } from '../runtime/sinks/traces/index.ts';
import { benchOptions } from './options.ts';
import { benchSession, MODEL_FOLDERS, ROOT } from './pipeline/input.ts';
import { slope } from './slope.ts';

const LIMIT_SHARE = 0.01;
const NOTED = 1_000_000;

const values = benchOptions({
  model: 'fast',
  video: join(ROOT, 'fixtures/sky.mp4'),
  seconds: 10,
  rounds: 5,
  blocked: 60,
  per_s: 1,
});

const clock = new SystemClock();
const log = createLog({ write: () => undefined, pretty: false });
const model = /[./]/.test(values.model) ? resolve(values.model) : values.model;
const input = { model, video: resolve(values.video), threads: 1 };
const graph = await benchSession(input, ['source.pace=asap', 'source.loop=true', 'publish.hz=10']);
let takes = true;
const collector = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch: async (request) => {
    await request.arrayBuffer();
    return takes ? Response.json({}) : new Promise<Response>(() => undefined);
  },
});
const own = { graphs: [graph], clock, log, modelFolders: MODEL_FOLDERS };
const plain = new SessionSet(own);
const traced = new SessionSet({ ...own, traces: { perS: values.per_s } });
const options = { endpoint: `http://127.0.0.1:${collector.port}` };
const sinks = new OpenSinks({
  ...{ file: 'server.yaml', sinks: [{ sink: tracesSink, options }], sessions: traced, clock, log },
  ...{ stateFolder: ROOT, onAudit: () => () => undefined },
});
try {
  for (const set of [plain, traced]) set.create();
  for (const set of [plain, traced]) while (set.list()[0]?.state !== 'running') await Bun.sleep(50);
  await compare(values.seconds);
  console.log('                          CPU ms/frame           frames/s');
  console.log('                        plain    traced      plain   traced');
  const costs: number[] = [];
  for (let round = 1; round <= values.rounds; round++) costs.push(await shown(`round ${round}`, values.seconds));
  const median = costs.toSorted((a, b) => a - b)[Math.floor(costs.length / 2)] ?? Number.NaN;
  const verdict = median < LIMIT_SHARE ? 'holds' : 'DOES NOT HOLD';
  console.log(
    `  traces, median   ${(median * 100).toFixed(2)} % more CPU a frame   (< ${LIMIT_SHARE * 100} %)  ${verdict}`,
  );
  takes = false;
  const memory: { x: number; y: number }[] = [];
  const watch = setInterval(() => {
    Bun.gc(true);
    memory.push({ x: performance.now() / 60_000, y: process.memoryUsage.rss() / 1e6 });
  }, 1000);
  await shown('no answers', values.blocked);
  clearInterval(watch);
  const { slope: rise, noise } = slope(memory.slice(10));
  console.log(`  memory           ${rise.toFixed(2)} ± ${noise.toFixed(2)} MB/min of the server process`);
  console.log(`  the sink         ${JSON.stringify(sinks.figures().traces)}`);
  console.log(`  a node notes a frame in ${(notingNs() / 1000).toFixed(3)} µs`);
} finally {
  await Promise.all([plain.stopAll(), traced.stopAll()]);
  await sinks.close();
}
process.exit(0);

/** @returns by which share a traced frame takes more CPU time */
async function shown(what: string, seconds: number): Promise<number> {
  const [without, on] = await compare(seconds);
  const ms = [without, on].map(({ cpuMs }) => cpuMs.toFixed(3).padStart(9)).join('');
  const fps = [without, on].map((one) => one.fps.toFixed(1).padStart(9)).join('');
  console.log(`  ${what.padEnd(16)} ${ms}  ${fps}`);
  return on.cpuMs / without.cpuMs - 1;
}

async function compare(seconds: number) {
  const before = [plain, traced].map(measure);
  await Bun.sleep(seconds * 1000);
  const [without, on] = [plain, traced].map((set, at) => {
    const [was, now] = [before[at], measure(set)];
    const frames = now.frames - (was?.frames ?? 0);
    return { cpuMs: (now.cpuMs - (was?.cpuMs ?? 0)) / frames, fps: frames / seconds };
  });
  if (!without || !on) throw new Error('nothing was measured');
  return [without, on] as const;
}

/** CPU time of the session's process with all its threads, in ticks of 10 ms. */
function measure(set: SessionSet): { readonly cpuMs: number; readonly frames: number } {
  const [session] = set.measured();
  const fields = readFileSync(`/proc/${session?.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, frames: session?.view.frames.processed ?? 0 };
}

/** With what a node gets and sends. */
function notingNs(): number {
  const notes = new FrameNotes(createFrameTimes(1), 0, clock);
  const detections = [1, 2, 3];
  const beganMs = performance.now();
  for (let index = 0; index < NOTED; index++) {
    const value = { frame: { index }, detections };
    notes.begins(value, clock.monoMs());
    notes.sends(value, 'detections', () => undefined);
    notes.ends(1);
  }
  return ((performance.now() - beganMs) / NOTED) * 1e6;
}
