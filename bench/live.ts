/**
 * `bun run bench live`: how soon, how fresh and how well timed live streams are, by kind of stream: from real cameras and
 * servers, through a session and its server, to a client on a WebSocket. The pictures show when they were taken. Beside
 * it plain ffmpeg, as it is and tuned for short delays, reading the same kind of stream.
 *
 *     --seconds N       how long each is watched, 10 by default
 *     --only TEXT       streams whose name holds that text
 *     --drift MINUTES   instead: how far capture times drift over that time, with a camera whose clock runs 0.5 % off
 *     --following       instead: a target followed through RTSP whose encoder is late; with --only "onvif 800", that run
 *     --reconnects N    instead: a session whose camera is lost N times, in all ways; its memory and descriptors, beside one that
 *                       loses nothing
 *
 * What is beyond its bound is marked with a "!". Needs ffmpeg and gst-rtsp-server (apt-get install; .ci/run has the list).
 */

import { quantile, RtspServer } from '../test/live/peers.ts';
import { type Bounds, CAMERAS, type Camera, startCamera } from './live/cameras.ts';
import { following } from './live/following.ts';
import { drift, type Figures, ours } from './live/ours.ts';
import { plain, TUNED } from './live/plain.ts';
import { reconnects } from './live/reconnects.ts';
import { benchOptions } from './options.ts';

const values = benchOptions({
  seconds: 10,
  only: '',
  drift: 0,
  reconnects: 0,
  following: false,
});
const SECONDS = values.seconds;
const SKEWS = [0.005, -0.005];
const MOST_DRIFT_MS = 50;

if (values.following) await following(values.only);
else if (values.reconnects > 0) await reconnects(values.reconnects);
else if (values.drift > 0) for (const skew of SKEWS) await drifting(skew, values.drift);
else await table();
process.exit(0);

async function table(): Promise<void> {
  console.log(
    `${''.padEnd(34)}first tick   age p50  p95   off p50  p95   before   said  true of   from        decoded = done + dropped`,
  );
  for (const [name, { bounds }] of Object.entries(CAMERAS)) {
    if (!name.includes(values.only)) continue;
    await measured(name, async (camera) => printOurs(name, await ours(camera, SECONDS), bounds));
    if (name.startsWith('WHEP')) continue; // ffmpeg has none
    await measured(name, async (camera) => printPlain('  ffmpeg', await plain(camera, [], SECONDS)));
    await measured(name, async (camera) => printPlain('  ffmpeg, tuned', await plain(camera, TUNED, SECONDS)));
    // It is given in segments, and players show each picture as long as it lasts.
    if (!name.startsWith('HLS')) continue;
    await measured(name, async (camera) => printPlain('  ffmpeg, as players', await plain(camera, ['-re'], SECONDS)));
  }
}

async function measured(name: string, run: (camera: Camera) => Promise<void>): Promise<void> {
  const camera = await startCamera(name);
  try {
    await run(camera);
  } finally {
    await camera.end();
  }
}

function printOurs(name: string, figures: Figures, bounds: Bounds): void {
  const { firstMs, agesMs, basis, frames } = figures;
  const [offMs, earlyMs] = [figures.errorsMs.map(Math.abs), figures.earlyErrorsMs.map(Math.abs)];
  const errorBoundMs = basis === 'absolute' ? bounds.reportedErrorP95Ms : bounds.errorP95Ms;
  const covered = figures.areCovered.filter(Boolean).length / figures.areCovered.length;
  const { decoded, processed, dropped } = frames;
  const off = `${column(quantile(offMs, 0.5), 9)}${column(quantile(offMs, 0.95), 5, errorBoundMs)}`;
  const said = `${column(quantile(figures.saidMs, 0.5), 6)}${`${(covered * 100).toFixed(0)} %`.padStart(9)}`;
  const isWhole = decoded === processed + dropped ? '=' : '!';
  console.log(
    [
      start(name, firstMs, agesMs, bounds),
      `${off}${column(quantile(earlyMs, 0.5), 8)}${said}   ${basis.padEnd(12)}`,
      `${decoded} ${isWhole} ${processed} + ${dropped}`,
    ].join(''),
  );
}

function printPlain(name: string, { firstMs, agesMs }: Awaited<ReturnType<typeof plain>>): void {
  console.log(`${start(name, firstMs, agesMs)}${''.padEnd(53)}${agesMs.length}`);
}

function start(name: string, firstMs: number, agesMs: readonly number[], bounds: Bounds = {}): string {
  const ages = `${column(quantile(agesMs, 0.5), 9, bounds.ageP50Ms)}${column(quantile(agesMs, 0.95), 5)}`;
  return `${name.padEnd(34)}${column(firstMs, 9, bounds.firstTickMs)}${ages}`;
}

function column(value: number, width: number, most = Number.POSITIVE_INFINITY): string {
  return `${Number.isNaN(value) ? '–' : value.toFixed(0)}`.padStart(width) + (value > most ? '!' : ' ');
}

async function drifting(skew: number, minutes: number): Promise<void> {
  const server = await RtspServer.start({ skew });
  try {
    const figures = await ours({ source: { url: server.url }, end: () => server.kill() }, minutes * 60);
    const { mediansMs, driftMs } = drift(figures, 10);
    const mark = driftMs > MOST_DRIFT_MS ? '!' : '';
    console.log(
      `${skew * 100} %: drift ${driftMs.toFixed(0)} ms${mark} in ${minutes} min; medians ${mediansMs.map((ms) => ms.toFixed(0)).join(', ')} ms`,
    );
  } finally {
    await server.kill();
  }
}
