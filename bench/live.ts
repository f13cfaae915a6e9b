/**
 * `bun run bench live`: how soon, how fresh and how well timed the pictures of live streams are, by kind of stream. The
 * pictures show when they were taken. Beside it plain ffmpeg, as it is and tuned for short delays, reading the same kind
 * of stream: what it has is the picture's age, but no time of capture.
 *
 *     --seconds N    how long each is watched, 10 by default
 *     --only TEXT    streams whose name holds that text
 *
 * Needs ffmpeg and gst-rtsp-server (apt-get install; .ci/run has the list).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FfmpegPeer } from '../test/live/ffmpeg-peer.ts';
import { quantile, type RtspOptions, RtspServer, Watch } from '../test/live/peers.ts';
import { shownTime } from '../test/live/shown-time.ts';

interface Peer extends AsyncDisposable {
  readonly url: string;
  /** The client has to wait for it that long. */
  readonly settleMs?: number;
}

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, only: { type: 'string', default: '' } },
});
const SECONDS = Number(values.seconds);
const [WIDTH, HEIGHT] = [640, 360];
const TUNED = '-fflags nobuffer -flags low_delay -analyzeduration 0 -probesize 32768'.split(' ');
let port = 20_000 + (process.pid % 10_000);

const rtsp = (options: RtspOptions) => () => RtspServer.start(options);
const PEERS: Readonly<Record<string, () => Promise<Peer>>> = {
  'RTSP H.264': rtsp({}),
  'RTSP H.265': rtsp({ codec: 'h265' }),
  'RTSP MJPEG': rtsp({ codec: 'mjpeg' }),
  'RTSP, 300 ms in the camera': rtsp({ delay_ms: 300 }),
  'RTSP with B-frames': rtsp({ bframes: 2 }),
  'MPEG-TS over UDP': () => sender((url) => `-f mpegts ${url}?pkt_size=1316`, 'udp', ''),
  RTMP: () => sender((url) => `-f flv -listen 1 ${url}`, 'rtmp', '/live/x'),
  HLS: hls,
};

console.log(`${''.padEnd(28)}first ms   age p50  p95   claimed − true p50  p95   decoded  not handed on`);
for (const [name, start] of Object.entries(PEERS)) {
  if (!name.includes(values.only)) continue;
  await measured(start, (peer) => ours(name, peer));
  await measured(start, (peer) => plain('  ffmpeg', peer, []));
  await measured(start, (peer) => plain('  ffmpeg, tuned', peer, TUNED));
}
process.exit(0);

async function measured(start: () => Promise<Peer>, run: (peer: Peer) => Promise<void>): Promise<void> {
  await using peer = await start();
  await Bun.sleep(peer.settleMs ?? 0);
  await run(peer);
}

async function ours(name: string, { url }: Peer): Promise<void> {
  const beganMs = Date.now();
  await using watch = await Watch.open({ url });
  await Bun.sleep(SECONDS * 1000);
  const ages = watch.seen.map(({ takenUnixMs, seenUnixMs }) => seenUnixMs - takenUnixMs);
  const errors = watch.errorsMs.map(Math.abs);
  const decoded = Number(watch.run.stats('decode').decoded ?? 0);
  const times = `${column(quantile(errors, 0.5), 20)}${column(quantile(errors, 0.95), 5)}`;
  console.log(
    `${row(name, (watch.seen[0]?.seenUnixMs ?? Number.NaN) - beganMs, ages)}${times}${column(decoded, 10)}${column(decoded - watch.seen.length, 15)}`,
  );
}

async function plain(name: string, { url }: Peer, tuning: readonly string[]): Promise<void> {
  const transport = url.startsWith('rtsp:') ? ['-rtsp_transport', 'tcp'] : [];
  const output = `-an -fps_mode passthrough -vf scale=${WIDTH}:${HEIGHT} -pix_fmt gray -f rawvideo pipe:1`.split(' ');
  const beganMs = Date.now();
  const command = ['ffmpeg', '-v', 'quiet', '-nostdin', ...tuning, ...transport, '-i', url, ...output];
  const process = Bun.spawn(command, { stdout: 'pipe', stderr: 'ignore' });
  const timer = setTimeout(() => process.kill('SIGKILL'), SECONDS * 1000);
  const ages: number[] = [];
  let firstMs = Number.NaN;
  let rest = new Uint8Array();
  for await (const chunk of process.stdout) {
    const nowMs = Date.now();
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length >= WIDTH * HEIGHT; rest = rest.subarray(WIDTH * HEIGHT)) {
      if (ages.length === 0) firstMs = nowMs - beganMs;
      ages.push(nowMs - shownTime(rest));
    }
  }
  clearTimeout(timer);
  console.log(`${row(name, firstMs, ages)}${''.padEnd(25)}${column(ages.length, 10)}`);
}

function row(name: string, firstMs: number, ages: readonly number[]): string {
  return `${name.padEnd(28)}${column(firstMs, 8)}${column(quantile(ages, 0.5), 10)}${column(quantile(ages, 0.95), 5)}`;
}

function column(value: number, width: number): string {
  return (Number.isNaN(value) ? '–' : value.toFixed(0)).padStart(width);
}

async function sender(output: (url: string) => string, scheme: string, path: string): Promise<Peer> {
  const url = `${scheme}://127.0.0.1:${port++}${path}`;
  const peer = new FfmpegPeer(output(url));
  return { url, settleMs: 1000, [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose]() };
}

async function hls(): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'windhover-hls-'));
  const peer = new FfmpegPeer(`-f hls -hls_time 2 -hls_list_size 5 ${folder}/x.m3u8`);
  const fetch = async ({ url }: Request) => {
    const file = Bun.file(join(folder, new URL(url).pathname));
    return (await file.exists()) ? new Response(file) : new Response('', { status: 404 });
  };
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch });
  return {
    url: `http://127.0.0.1:${server.port}/x.m3u8`,
    settleMs: 9000,
    [Symbol.asyncDispose]: async () => {
      await peer[Symbol.asyncDispose]();
      await server.stop(true);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
