/**
 * `bun run bench swap`: how long ticks stay away while settings are changed on a running session. In turns: nothing is
 * changed, `detect.confidence` is changed over HTTP, and the model is changed. Ticks come at 10 Hz.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { median } from './autotrack/summary.ts';
import { benchOptions } from './options.ts';
import { ROOT } from './pipeline/input.ts';

const LIVE_LIMIT_MS = 300;
const SWAP_LIMIT_MS = 1000;
/** From one change to the next. */
const EVERY_MS = 2000;

const values = benchOptions({
  models: '../shared/models/yolox_nano.onnx,models/fast.onnx',
  changes: 10,
});

const folder = mkdtempSync(join(tmpdir(), 'windhover-bench-'));
const models = values.models.split(',').map((model) => resolve(ROOT, model));
writeFileSync(join(folder, 'cam.yaml'), graph(models[0] ?? ''));
const command = ['run', 'serve', folder, '--start', '--port', '0', '--state', join(folder, 'state')];
const server = Bun.spawn([process.execPath, ...command], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] });
try {
  await measure(await urlOf(server.stdout));
} finally {
  server.kill('SIGINT');
  await server.exited;
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);

async function measure(url: string): Promise<void> {
  const { sessions } = (await (await fetch(`${url}/sessions`)).json()) as { sessions: { ws_path: string }[] };
  const ticks = new Ticks(`${url.replace('http', 'ws')}${sessions[0]?.ws_path}`);
  while (ticks.count < 20) await Bun.sleep(100);
  const count = values.changes;
  console.log(`longest time between two ticks around a change, of ${count} changes: median, longest; ids that went on`);
  const nothing = await gaps(ticks, count, async () => undefined);
  show('nothing', nothing, ticks);
  const live = await gaps(ticks, count, (i) => patch(url, { confidence: i % 2 ? 0.1 : 0.12 }));
  show('confidence', live, ticks, LIVE_LIMIT_MS);
  const swaps = await gaps(ticks, count, (i) => patch(url, { model: models[(i + 1) % models.length] }));
  show('model', swaps, ticks, SWAP_LIMIT_MS);
  ticks.close();
}

/** For each change, the longest gap from just before it to the next one. */
async function gaps(ticks: Ticks, count: number, change: (i: number) => Promise<void>): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i++) {
    const startMs = performance.now();
    const before = ticks.ids;
    await change(i);
    await Bun.sleep(Math.max(0, EVERY_MS - (performance.now() - startMs)));
    found.push(ticks.longestGapMs(startMs));
    ticks.compare(before);
  }
  return found;
}

async function patch(url: string, detect: object): Promise<void> {
  const answer = await fetch(`${url}/settings/cam`, { method: 'PATCH', body: JSON.stringify({ detect }) });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
}

function show(what: string, gapsMs: readonly number[], ticks: Ticks, limitMs?: number): void {
  const [middle, longest] = [median(gapsMs), Math.max(...gapsMs)].map((ms) => `${Math.round(ms)} ms`);
  const limit = limitMs === undefined ? '' : `   limit ${limitMs} ms`;
  const ids = `${ticks.kept} of ${ticks.compared}`.padStart(10);
  [ticks.kept, ticks.compared] = [0, 0];
  console.log(`  ${what.padEnd(12)} ${middle?.padStart(8)} ${longest?.padStart(8)} ${ids}${limit}`);
}

/** When ticks came, and which tracks they had. */
class Ticks {
  ids: ReadonlySet<number> = new Set();
  kept = 0;
  compared = 0;
  readonly #atMs: number[] = [];
  readonly #socket: WebSocket;
  readonly #ended = new Set<number>();

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.onmessage = ({ data }) => {
      const message = JSON.parse(String(data));
      if (message.type === 'track_event' && message.event === 'end') this.#ended.add(message.after.id);
      if (message.type !== 'metadata_tick') return;
      this.#atMs.push(performance.now());
      this.ids = new Set(message.tracks.map(({ id }: { id: number }) => id));
    };
  }

  get count(): number {
    return this.#atMs.length;
  }

  longestGapMs(fromMs: number): number {
    const first = this.#atMs.findLastIndex((ms) => ms < fromMs);
    const times = [...this.#atMs.slice(Math.max(0, first)), performance.now()];
    return Math.max(...times.slice(1).map((ms, i) => ms - (times[i] ?? ms)));
  }

  /** Of these tracks, those that are there now; an end by itself (the object left) counts for neither. */
  compare(before: ReadonlySet<number>): void {
    const alive = [...before].filter((id) => !this.#ended.has(id));
    this.compared += alive.length;
    this.kept += alive.filter((id) => this.ids.has(id)).length;
  }

  close(): void {
    this.#socket.close();
  }
}

function graph(model: string): string {
  return `version: 1
camera: cam
nodes:
  source:    { use: source,    with: { url: "${join(ROOT, 'fixtures/sky.mp4')}", pace: realtime, loop: true } }
  decode:    { use: decode,    from: source }
  detect:    { use: detect,    from: decode, with: { model: "${model}" } }
  track:     { use: track,     from: detect }
  publish:   { use: publish,   from: track, with: { hz: 10 } }
`;
}

async function urlOf(stdout: ReadableStream<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of stdout) {
    text += new TextDecoder().decode(chunk);
    const found = /listening (\S+)/.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error('the server ended');
}
