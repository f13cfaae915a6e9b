/**
 * `bun run bench history`: how fast the history writes a day of eight cameras (two objects in view at a time, a box each half
 * a second), and how long queries over it take. In SQLite in a temporary folder, or with `--database postgres://…` in that
 * database, whose tables must be empty. Limits: the day within 2 minutes, each kind of query within 100 ms (p95).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Backlog } from '../runtime/sinks/history/backlog.ts';
import { pastLines } from '../runtime/sinks/history/read.ts';
import type { SampleRow, SessionRow, TrackQuery, TrackRow } from '../runtime/sinks/history/rows.ts';
import { SessionSampler } from '../runtime/sinks/history/sampler.ts';
import { HistoryStore } from '../runtime/sinks/history/store.ts';
import type { MetadataTick, TrackEvent } from '../schemas/index.ts';
import { benchOptions } from './options.ts';
import { randomNumbers } from './random-numbers.ts';

const values = benchOptions({
  database: '',
  hours: 24,
  cameras: 8,
  rounds: 100,
});
const [WRITE_LIMIT_S, QUERY_LIMIT_MS] = [120, 100];
const [SAMPLE_MS, TRACK_MS, AT_A_TIME] = [500, 40_000, 2];
const START_MS = 1_790_000_000_000;
const LENGTH_MS = values.hours * 3_600_000;
const CAMERAS = Array.from({ length: values.cameras }, (_, i) => `cam_${i + 1}`);
const LABELS = ['drone', 'bird', 'airplane', 'helicopter'];
const IDS = [1, 2, 3, 4, 5];
const ZONES = [[], [], ['sky'], ['yard'], ['sky', 'yard']];

const random = randomNumbers(7);
const folder = mkdtempSync(join(tmpdir(), 'windhover-bench-'));
const file = join(folder, 'history.db');
const store = new HistoryStore();
let failed = false;
try {
  await store.open({ url: values.database || null, file, server: 'bench', liveSessions: [] });
  inTheServer();
  const beganCpu = process.cpuUsage();
  const [rows, writtenS] = await writeAll();
  const { user, system } = process.cpuUsage(beganCpu);
  const bytes = values.database === '' ? `, ${(Bun.file(file).size / 1e6).toFixed(0)} MB` : '';
  const rate = Math.round(rows / writtenS).toLocaleString('en');
  const cpuS = ((user + system) / 1e6).toFixed(1);
  const amount = `${values.hours} h of ${CAMERAS.length} cameras: ${rows.toLocaleString('en')} rows`;
  console.log(`${amount} in ${writtenS.toFixed(1)} s, ${rate}/s${bytes}; ${cpuS} s of processor time here`);
  failed = writtenS > WRITE_LIMIT_S;
  for (const [name, query] of Object.entries(queries())) {
    const times: number[] = [];
    for (let round = 0; round < values.rounds; round++) {
      const beganMs = performance.now();
      await query();
      times.push(performance.now() - beganMs);
    }
    times.sort((a, b) => a - b);
    const [p50 = 0, p95 = 0] = [0.5, 0.95].map((share) => times[Math.floor(times.length * share)]);
    console.log(`  ${name.padEnd(44)} p50 ${p50.toFixed(1).padStart(6)} ms   p95 ${p95.toFixed(1).padStart(6)} ms`);
    failed ||= p95 > QUERY_LIMIT_MS;
  }
} finally {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
}
console.log(
  failed
    ? `over the limit: ${WRITE_LIMIT_S} s, ${QUERY_LIMIT_MS} ms`
    : `within the limits: ${WRITE_LIMIT_S} s, ${QUERY_LIMIT_MS} ms`,
);
process.exit(failed ? 1 : 0);

/** What the history takes of the thread that serves: a minute of all cameras at 10 ticks a second, five objects in each. */
function inTheServer(): void {
  const backlog = new Backlog();
  const samplers = CAMERAS.map((camera) => new SessionSampler(backlog, sessionOf(camera)));
  const turnsMs: number[] = [];
  for (let turn = 0; turn < 600; turn++) {
    const ticks = CAMERAS.map((camera) => JSON.stringify(tickOf(camera, START_MS + turn * 100)));
    const beganMs = performance.now();
    for (const [i, tick] of ticks.entries()) samplers[i]?.tick(JSON.parse(tick));
    if (turn === 1)
      for (const [i, camera] of CAMERAS.entries()) for (const id of IDS) samplers[i]?.event(newOf(camera, id));
    const batch = turn % 3 === 0 ? backlog.next() : null;
    if (batch) backlog.written(structuredClone(batch) && batch);
    turnsMs.push(performance.now() - beganMs);
  }
  const [sum, most] = [turnsMs.reduce((a, b) => a + b, 0), Math.max(...turnsMs)];
  console.log(
    `in the thread that serves: ${(sum / 60).toFixed(2)} ms of a second, at most ${most.toFixed(1)} ms at once`,
  );
}

function tickOf(camera: string, atMs: number): MetadataTick {
  const bbox = { x: 0.123456, y: 0.234567, w: 0.05, h: 0.04 };
  return {
    ...{ schema: 'drone-ptz-metadata/1', type: 'metadata_tick', session_id: `session-${camera}`, camera_id: camera },
    ...{
      ts_unix_ms: atMs,
      space: 'source',
      frame_size: { w: 1920, h: 1080 },
      selected_target_id: 1,
      tracking_phase: 'tracking',
    },
    tracks: IDS.map((id) => ({ id, label: 'drone', conf: 0.9, bbox, velocity: { x: 0.1, y: 0.1 } })),
  };
}

function newOf(camera: string, id: number): TrackEvent {
  const after = {
    id,
    label: 'drone',
    top_conf: 0.9,
    confirmed: true,
    start_ts_unix_ms: START_MS,
    end_ts_unix_ms: null,
  };
  const names = {
    schema: 'drone-ptz-metadata/1',
    type: 'track_event',
    session_id: `session-${camera}`,
    camera_id: camera,
  } as const;
  return { ...names, event: 'new', ts_unix_ms: START_MS, before: null, after };
}

/** In the order of time, as a server does. @returns rows, and seconds that writing took */
async function writeAll(): Promise<[rows: number, writtenS: number]> {
  const sessions = CAMERAS.map(sessionOf);
  let [rows, writtenMs] = [0, 0];
  const stepMs = 30_000;
  for (let atMs = START_MS; atMs < START_MS + LENGTH_MS; atMs += stepMs) {
    const tracks = CAMERAS.flatMap((camera) => tracksOf(camera, atMs, stepMs));
    const samples = CAMERAS.flatMap((camera) => samplesOf(camera, atMs, stepMs));
    const beganMs = performance.now();
    await store.write({ sessions, tracks, samples, commands: [], audit: [] });
    writtenMs += performance.now() - beganMs;
    rows += tracks.length + samples.length;
  }
  return [rows, writtenMs / 1000];
}

function sessionOf(camera: string): SessionRow {
  const picture = { frameWidth: 1920, frameHeight: 1080, space: 'source' } as const;
  return { session: `session-${camera}`, camera, startedMs: START_MS, sampleMs: SAMPLE_MS, ...picture };
}

/** Those that begin in this time; each is told of once as it ended. */
function tracksOf(camera: string, fromMs: number, lengthMs: number): TrackRow[] {
  const found: TrackRow[] = [];
  for (let slot = 0; slot < AT_A_TIME; slot++) {
    for (let id = Math.ceil((fromMs - START_MS) / TRACK_MS); START_MS + id * TRACK_MS < fromMs + lengthMs; id++) {
      const startMs = START_MS + id * TRACK_MS;
      const best = { x: random(), y: 0.2, w: 0.1, h: 0.1 };
      found.push({
        ...{ session: `session-${camera}`, id: id * AT_A_TIME + slot, camera, label: labelOf(id), topConf: random() },
        ...{ startMs, endMs: startMs + TRACK_MS * (0.5 + random() / 2), zones: ZONES[id % ZONES.length] ?? [], best },
      });
    }
  }
  return found.map((track) => ({ ...track, endMs: Math.round(track.endMs ?? 0) }));
}

function labelOf(id: number): string {
  return LABELS[id % LABELS.length] ?? '';
}

function samplesOf(camera: string, fromMs: number, lengthMs: number): SampleRow[] {
  const found: SampleRow[] = [];
  for (let atMs = fromMs; atMs < fromMs + lengthMs; atMs += SAMPLE_MS) {
    const place = Math.floor((atMs - START_MS) / TRACK_MS);
    for (let slot = 0; slot < AT_A_TIME; slot++) {
      const bbox = { x: random() * 0.8, y: random() * 0.8, w: 0.05, h: 0.04 };
      const same = { session: `session-${camera}`, id: place * AT_A_TIME + slot, label: labelOf(place) };
      found.push({ ...same, atMs, conf: random(), bbox, isTarget: false });
    }
  }
  return found;
}

function queries(): Record<string, () => Promise<unknown>> {
  const nowMs = START_MS + LENGTH_MS;
  const any = () => START_MS + Math.floor(random() * LENGTH_MS);
  const one = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  const page = (query: Partial<TrackQuery>) => store.tracks({ sort: 'newest', limit: 100, nowMs, ...query });
  const between = (lengthMs: number) => {
    const afterMs = any();
    return { afterMs, beforeMs: afterMs + lengthMs };
  };
  return {
    'newest tracks': () => page({}),
    'newest tracks of a camera': () => page({ cameras: [one(CAMERAS)] }),
    'tracks of two minutes of a camera': () => page({ cameras: [one(CAMERAS)], ...between(120_000) }),
    'tracks of two minutes of all': () => page(between(120_000)),
    'by label and score': () => page({ label: one(LABELS), minScore: 0.9 }),
    'by zone': () => page({ zone: 'yard', ...between(3_600_000) }),
    'in progress': () => page({ isInProgress: true }),
    'longest of a day': () => page({ sort: 'length' }),
    'best of those that lasted 39 s': () => page({ sort: 'score', minLengthMs: 39_000 }),
    'one track with its boxes': async () => {
      const key = { session: `session-${one(CAMERAS)}`, id: Math.floor((random() * LENGTH_MS) / TRACK_MS) * AT_A_TIME };
      const track = await store.track(key);
      return track && store.samples({ ...key, fromMs: track.startMs, toMs: track.endMs ?? nowMs, limit: 5000 });
    },
    'replay of two minutes of a camera': async () => {
      for await (const line of pastLines(store, { camera: one(CAMERAS), ...between(120_000), nowMs }))
        if (line === '') break;
    },
  };
}
