/**
 * `bun run bench sinks`: what the sinks cost the pipeline. In one run at full speed, in turns: without sinks, and with
 * history, MQTT (a real Mosquitto) and Cursor-on-Target at once. Then 60 s with a broker that accepts and never reads:
 * the frame rate, what others got, and the memory of the server; over a longer time: `bun bench/sinks/memory.ts`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SystemClock } from '../runtime/clock.ts';
import { createLog } from '../runtime/log.ts';
import { SessionSet } from '../runtime/session/session-set.ts';
import { readServerConfig } from '../runtime/sinks/config.ts';
import { builtinSinks } from '../runtime/sinks/index.ts';
import { OpenSinks } from '../runtime/sinks/open-sinks.ts';
import { benchOptions } from './options.ts';
import { benchSession, MODEL_FOLDERS, ROOT } from './pipeline/input.ts';
import { blockedBrokerProcess } from './sinks/blocked-broker.ts';
import { slope } from './slope.ts';

const LIMIT_SHARE = 0.03;
/** Until all are open and have told what there is. */
const OPEN_MS = 2000;
/** CPU time of this process in the last measurement, as a share of the time. */
let cpuShare = 0;

const values = benchOptions({
  model: 'default',
  video: join(ROOT, 'fixtures/sky.mp4'),
  seconds: 6,
  rounds: 5,
  blocked: 60,
});

const folder = mkdtempSync(join(tmpdir(), 'bench-sinks-'));
const clock = new SystemClock();
const log = createLog({ write: (line) => process.stderr.write(`${line}\n`), pretty: false, level: 'error' });
const model = /[./]/.test(values.model) ? resolve(values.model) : values.model;
const sets = ['source.pace=asap', 'source.loop=true', 'publish.hz=10'];
const graph = await benchSession({ model, video: resolve(values.video), threads: 1 }, sets);
const sessions = new SessionSet({ graphs: [graph], clock, log, modelFolders: MODEL_FOLDERS });
sessions.create();
while (sessions.list()[0]?.state !== 'running') await Bun.sleep(50);
const mosquitto = await startMosquitto(18_841);
try {
  await rate(values.seconds);
  await compare();
  await blocked();
} finally {
  await sessions.stopAll();
  mosquitto?.kill();
  rmSync(folder, { recursive: true });
}
process.exit(0);

/** Frame rates in turns. */
async function compare(): Promise<void> {
  const costs: number[] = [];
  // Loads their libraries.
  const first = openSinks('mqtt://127.0.0.1:18841');
  await Bun.sleep(OPEN_MS);
  await first.close();
  const cpu: number[] = [];
  console.log('frames/s           no sink   all sinks   no sink');
  for (let round = 1; round <= values.rounds; round++) {
    const alone = await rate(values.seconds);
    const sinks = openSinks('mqtt://127.0.0.1:18841');
    await Bun.sleep(OPEN_MS);
    const on = await rate(values.seconds);
    const cpuOn = cpuShare;
    await sinks.close();
    const again = await rate(values.seconds);
    cpu.push(cpuOn - cpuShare);
    costs.push(1 - on / ((alone + again) / 2));
    console.log(`  round ${round}   ${[alone, on, again].map((fps) => fps.toFixed(1).padStart(11)).join('')}`);
  }
  verdict('of the frame rate', costs);
  verdict('of one core, more CPU time of the server', cpu);
}

function verdict(what: string, shares: readonly number[]): void {
  const median = shares.toSorted((a, b) => a - b)[Math.floor(shares.length / 2)] ?? Number.NaN;
  const holds = median < LIMIT_SHARE ? 'holds' : 'DOES NOT HOLD';
  const percent = (median * 100).toFixed(1);
  console.log(`  all sinks, median   ${percent} % ${what}   (< ${LIMIT_SHARE * 100} %)  ${holds}`);
}

/** A broker that accepts and never reads, beside sinks that work. */
async function blocked(): Promise<void> {
  await using broker = await blockedBrokerProcess();
  const alone = await rate(values.seconds);
  let events = 0;
  const count = sessions.hub.subscribe({
    isRecord: false,
    topics: new Set(['tracks']),
    maxQueuedChars: Number.POSITIVE_INFINITY,
    deliver: (batch) => {
      events += batch.length;
      return 'ok';
    },
  });
  const before = sentEvents();
  const sinks = openSinks(`mqtt://127.0.0.1:${broker.port}`);
  const memory: { x: number; y: number }[] = [];
  const watch = setInterval(() => {
    Bun.gc(true);
    memory.push({ x: performance.now() / 60_000, y: process.memoryUsage.rss() / 1e6 });
  }, 1000);
  const on = await rate(values.blocked);
  clearInterval(watch);
  const { mqtt, history } = sinks.figures();
  count.end();
  const sent = sentEvents() - before;
  // The first minutes fill what is bounded, and warm up.
  const steady = memory.slice(Math.min(180, Math.floor(memory.length / 3)));
  const { slope: rise, noise } = slope(steady);
  console.log(`a broker that takes nothing, ${values.blocked} s`);
  console.log(`  frames/s   ${on.toFixed(1)}, ${alone.toFixed(1)} without`);
  console.log(`  events     ${sent} sent by the node, ${events} seen by another subscriber`);
  console.log(`  history    ${JSON.stringify(history)}`);
  console.log(`  mqtt       ${JSON.stringify(mqtt)}`);
  console.log(
    `  memory     ${rise.toFixed(2)} ± ${noise.toFixed(2)} MB/min of the server process in the last ${steady.length} s`,
  );
  await sinks.close();
}

/** Events that the publishing node has counted. */
function sentEvents(): number {
  const { publish = {} } = sessions.list()[0]?.nodes ?? {};
  const kinds = ['events_new', 'events_update', 'events_end'];
  return kinds.reduce((sum, kind) => sum + Number(publish[kind] ?? 0), 0);
}

function openSinks(broker: string): OpenSinks {
  const file = join(folder, 'server.yaml');
  const mqtt = `mqtt: { url: "${broker}", tick_hz: 10, stats_s: 1 }`;
  writeFileSync(file, `history: {}\n${mqtt}\ncot: { url: "udp://239.2.3.1:16969", interface: 127.0.0.1, hz: 10 }\n`);
  const { sinks, faults } = readServerConfig(file, { sinks: builtinSinks, env: {}, cwd: folder });
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  const onAudit = () => () => undefined;
  return new OpenSinks({ file, sinks, sessions, clock, log, stateFolder: folder, onAudit });
}

/** Frames per second over a time, from the session's own counters. */
async function rate(seconds: number): Promise<number> {
  const processed = () => sessions.list()[0]?.frames.processed ?? 0;
  const [before, startMs, startCpu] = [processed(), performance.now(), process.cpuUsage()];
  await Bun.sleep(seconds * 1000);
  const { user, system } = process.cpuUsage(startCpu);
  cpuShare = (user + system) / 1000 / (performance.now() - startMs);
  return (processed() - before) / ((performance.now() - startMs) / 1000);
}

async function startMosquitto(port: number) {
  if (Bun.which('mosquitto') === null) {
    console.log('there is no mosquitto: MQTT has no broker to tell');
    return undefined;
  }
  writeFileSync(join(folder, 'mosquitto.conf'), `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
  return Bun.spawn(['mosquitto', '-c', join(folder, 'mosquitto.conf')], { stdio: ['ignore', 'ignore', 'ignore'] });
}
