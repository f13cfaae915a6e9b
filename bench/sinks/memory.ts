/**
 * `bun bench/sinks/memory.ts [MINUTES]`: does the server grow while a broker takes nothing? History, MQTT and Cursor-on-Target
 * are on; a camera has 50 tracks at 10 Hz, of which one ends and one begins each second. First two hours' worth of that pass
 * in a few minutes: what is bounded fills, and code is compiled as it is used. Then 3 minutes do not count.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../runtime/clock.ts';
import { createLog } from '../../runtime/log.ts';
import { readServerConfig } from '../../runtime/sinks/config.ts';
import { builtinSinks } from '../../runtime/sinks/index.ts';
import { OpenSinks } from '../../runtime/sinks/open-sinks.ts';
import { FakeSessions } from '../../test/server/fake-sessions.ts';
import { type Point, slope } from '../slope.ts';
import { blockedBrokerProcess } from './blocked-broker.ts';

const [HZ, TRACKS, WARM_UP_MIN, BUFFER, LOOK_EVERY_S] = [10, 50, 3, 500, 10];
/** Tracks: more than the log of the hub and the queues hold. */
const FILLING = { tracks: 6000, ticks: 2 * 3600 * HZ, ticksPerS: 400 };
const minutes = Number(process.argv[2] ?? 15);

const folder = mkdtempSync(join(tmpdir(), 'bench-memory-'));
await using broker = await blockedBrokerProcess();
const sessions = new FakeSessions(['cam01']);
sessions.sites.set('cam01', { lat: 47.5, lon: 8.25, height_m: 430, heading_deg: 90 });
const session = sessions.create().view.session_id;
const sinks = openSinks();
const open: number[] = [];
let lastId = 0;

for (let id = 0; id < FILLING.tracks; id++) {
  begin();
  end();
  if (id % 100 === 0) await Bun.sleep(20);
}
for (let turn = 0; turn < FILLING.ticks; turn++) {
  tell(turn);
  if (turn % 10 === 0) await Bun.sleep(10_000 / FILLING.ticksPerS);
}
const memory: Record<'resident' | 'heap', Point[]> = { resident: [], heap: [] };
const beganMs = performance.now();
for (let turn = 0; turn < minutes * 60 * HZ; turn++) {
  tell(turn);
  await Bun.sleep(Math.max(0, beganMs + ((turn + 1) * 1000) / HZ - performance.now()));
  // Seldom: what is kept of each look is memory, too.
  if (turn % (LOOK_EVERY_S * HZ) === 0) look();
}
for (const [name, points] of Object.entries(memory)) {
  const { slope: rise, noise } = slope(points.filter(({ x }) => x > WARM_UP_MIN));
  console.log(`${name.padEnd(9)} ${points.at(-1)?.y.toFixed(1)} MB, ${rise.toFixed(3)} ± ${noise.toFixed(3)} MB/min`);
}
console.log(JSON.stringify(sinks.figures()));
await sinks.close();
rmSync(folder, { recursive: true });
// The sessions of the test keep the process alive; leaving it skips what `using` would end.
await broker[Symbol.asyncDispose]();
process.exit(0);

function openSinks(): OpenSinks {
  const file = join(folder, 'server.yaml');
  const mqtt = `mqtt: { url: "mqtt://127.0.0.1:${broker.port}", tick_hz: 10, stats_s: 1, buffer: ${BUFFER} }`;
  writeFileSync(file, `history: {}\n${mqtt}\ncot: { url: "udp://239.2.3.1:16969", interface: 127.0.0.1, hz: 10 }\n`);
  const { sinks: configured, faults } = readServerConfig(file, { sinks: builtinSinks, env: {}, cwd: folder });
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  const log = createLog({ write: () => undefined, pretty: false });
  const host = { sessions, clock: new SystemClock(), log, stateFolder: folder, onAudit: () => () => undefined };
  return new OpenSinks({ file, sinks: configured, ...host });
}

/** What one tick of the camera brings. */
function tell(turn: number): void {
  if (open.length < TRACKS || turn % HZ === 0) begin();
  if (open.length > TRACKS) end();
  const now = { ts_unix_ms: Date.now() };
  const pose = { pan_deg: 30 + Math.sin(turn), tilt_deg: 5, hfov_deg: 60, round_trip_ms: 12 };
  const cmd = { pan: Math.sin(turn), tilt: 0, zoom: 0 };
  emit('ptz', { ...now, ...pose, cmd, link: { state: 'ready', reason: null } });
  const box = () => ({ x: Math.random() * 0.9, y: 0.2, w: 0.05, h: 0.04 });
  const tracks = open.map((id) => ({ id, label: 'drone', conf: 0.9, bbox: box(), zones: ['gate'] }));
  const same = { type: 'metadata_tick', space: 'source', frame_size: { w: 1920, h: 1080 }, tracking_phase: 'tracking' };
  emit('tick', { ...now, ...same, selected_target_id: open[0] ?? null, tracks });
}

function begin(): void {
  lastId += 1;
  open.push(lastId);
  event('new', lastId, null);
}

function end(): void {
  event('end', open.shift() ?? 0, Date.now());
}

function event(kind: 'new' | 'end', id: number, endMs: number | null): void {
  const nowMs = Date.now();
  const times = { start_ts_unix_ms: nowMs, end_ts_unix_ms: endMs };
  const after = { id, label: 'drone', top_conf: 0.9, confirmed: true, zones: ['gate'], ...times };
  emit('tracks', { type: 'track_event', event: kind, ts_unix_ms: nowMs, before: null, after });
}

function emit(topic: string, message: object): void {
  sessions.emit(session, topic, JSON.stringify({ session_id: session, camera_id: 'cam01', ...message }));
}

function look(): void {
  Bun.gc(true);
  const x = (performance.now() - beganMs) / 60_000;
  const { rss, heapUsed } = process.memoryUsage();
  memory.resident.push({ x, y: rss / 1e6 });
  memory.heap.push({ x, y: heapUsed / 1e6 });
}
