/**
 * The cameras and servers that live streams are measured with. Each runs in a process of its own, so that what draws the
 * pictures does not disturb who looks at them.
 *
 *     bun bench/live/cameras.ts NAME      prints "url URL"; ends when its input is closed
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FfmpegPeer } from '../../test/live/ffmpeg-peer.ts';
import { freePort, type RtspOptions, RtspServer } from '../../test/live/peers.ts';
import { shownTime } from '../../test/live/shown-time.ts';
import { WhepServer, type WhepServerOptions } from '../../test/live/whep-server.ts';

export interface Camera {
  /** What a session is told of it. */
  readonly source: { readonly url: string; readonly transport?: string };
  /** The client has to wait for it that long. */
  readonly settleMs?: number;
  readonly end: () => Promise<void>;
}

/** What is promised; ms. */
export interface Bounds {
  readonly firstTickMs?: number;
  readonly ageP50Ms?: number;
  readonly errorP95Ms?: number;
  /** With reports of the camera's own clock. */
  readonly reportedErrorP95Ms?: number;
}

interface Kind {
  readonly start: () => Promise<Camera>;
  readonly bounds: Bounds;
}

const RTSP: Bounds = { firstTickMs: 1500, ageP50Ms: 80, errorP95Ms: 40, reportedErrorP95Ms: 15 };
const WHEP: Bounds = { firstTickMs: 1500, errorP95Ms: 40, reportedErrorP95Ms: 15 };
/** Of a camera that takes its time: its pictures are as old as that. */
const SLOW: Bounds = { firstTickMs: 1500, reportedErrorP95Ms: 15 };

const MPJPEG = '-c:v mjpeg -f mpjpeg -flush_packets 1';
/** Its parts have no times, and its encoder ends at two pictures of one time: they are counted. */
const COUNTED = '-framerate 25';

export const CAMERAS: Readonly<Record<string, Kind>> = {
  'RTSP H.264, TCP': { start: rtsp({}), bounds: RTSP },
  'RTSP H.264, UDP': { start: rtsp({}, 'udp'), bounds: RTSP },
  'RTSP H.265, TCP': { start: rtsp({ codec: 'h265' }), bounds: RTSP },
  'RTSP H.265, UDP': { start: rtsp({ codec: 'h265' }, 'udp'), bounds: RTSP },
  'RTSP MJPEG, TCP': { start: rtsp({ codec: 'mjpeg' }), bounds: RTSP },
  'RTSP MJPEG, UDP': { start: rtsp({ codec: 'mjpeg' }, 'udp'), bounds: RTSP },
  'RTSP, 300 ms in the camera': { start: rtsp({ delay_ms: 300 }), bounds: SLOW },
  'RTSP, B-frames': { start: rtsp({ bframes: 2 }), bounds: SLOW },
  'RTSP, B-frames, reports sending': { start: rtsp({ bframes: 2, sync: 'send' }), bounds: SLOW },
  'WHEP, no reports': { start: whep({}), bounds: WHEP },
  'WHEP, reports': { start: whep({ reportsAfterMs: 0 }), bounds: WHEP },
  'WHEP, capture times': { start: whep({ captureTimes: true }), bounds: WHEP },
  RTMP: { start: () => sender((url) => `-f flv -listen 1 ${url}`, 'rtmp', '/live/x'), bounds: { firstTickMs: 3000 } },
  'MPEG-TS over UDP': { start: () => sender((url) => `-f mpegts ${url}?pkt_size=1316`, 'udp', ''), bounds: {} },
  'MPEG-TS over HTTP': { start: () => web('-f mpegts -flush_packets 1', 'video/mp2t'), bounds: {} },
  'MJPEG over HTTP': {
    start: () => web(MPJPEG, 'multipart/x-mixed-replace; boundary=ffmpeg', COUNTED),
    bounds: {},
  },
  HLS: { start: () => hls(false), bounds: {} },
  'HLS with dates': { start: () => hls(true), bounds: { reportedErrorP95Ms: 40 } },
};

/** Starts it in a process of its own. */
export async function startCamera(name: string): Promise<Camera> {
  const command = [process.execPath, import.meta.filename, name];
  const child = Bun.spawn(command, { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' });
  let told = '';
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    told += chunk;
    const line = /^camera (.*)\n/m.exec(told)?.[1];
    if (line === undefined) continue;
    const { source, settleMs = 0 } = JSON.parse(line) as Camera;
    await Bun.sleep(settleMs);
    const end = async () => {
      await child.stdin.end();
      await child.exited;
    };
    return { source, end };
  }
  throw new Error(`${name} ended with ${await child.exited}: ${told}`);
}

function rtsp(options: RtspOptions, transport = 'tcp') {
  return async (): Promise<Camera> => {
    const server = await RtspServer.start(options);
    return { source: { url: server.url, transport }, end: () => server.kill() };
  };
}

function whep(options: WhepServerOptions) {
  return async (): Promise<Camera> => {
    const server = await WhepServer.start({ gop: 25, ...options });
    const url = `whep://127.0.0.1:${server.port}/cam/whep`;
    return { source: { url }, end: () => server[Symbol.asyncDispose]() };
  };
}

async function sender(output: (url: string) => string, scheme: string, path: string): Promise<Camera> {
  const url = `${scheme}://127.0.0.1:${freePort()}${path}`;
  const peer = new FfmpegPeer(output(url));
  return { source: { url }, settleMs: 1000, end: () => peer[Symbol.asyncDispose]() };
}

/** Sends what FFmpeg writes to each client, as it comes. */
async function web(output: string, type: string, stamps?: string): Promise<Camera> {
  const peers: FfmpegPeer[] = [];
  const fetch = () => {
    const peer = new FfmpegPeer(`${output} pipe:1`, stamps);
    peers.push(peer);
    return new Response(peer.stdout, { headers: { 'content-type': type } });
  };
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, idleTimeout: 0, fetch });
  const end = async () => {
    await Promise.all(peers.map((peer) => peer[Symbol.asyncDispose]()));
    await server.stop(true);
  };
  return { source: { url: `http://127.0.0.1:${server.port}/live` }, end };
}

/** @param isDated its playlist tells when the first picture of each segment was taken */
async function hls(isDated: boolean): Promise<Camera> {
  const folder = mkdtempSync(join(tmpdir(), 'windhover-hls-'));
  const peer = new FfmpegPeer(`-f hls -hls_time 2 -hls_list_size 5 ${folder}/x.m3u8`);
  const dates = new SegmentDates(folder);
  const look = setInterval(() => isDated && dates.look(), 200);
  const fetch = async ({ url }: Request) => {
    const file = Bun.file(join(folder, new URL(url).pathname));
    if (!(await file.exists())) return new Response('', { status: 404 });
    return new Response(isDated && url.endsWith('.m3u8') ? dates.toldIn(await file.text()) : file);
  };
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch });
  const end = async () => {
    clearInterval(look);
    await peer[Symbol.asyncDispose]();
    await server.stop(true);
    rmSync(folder, { recursive: true, force: true });
  };
  return { source: { url: `http://127.0.0.1:${server.port}/x.m3u8` }, settleMs: 9000, end };
}

/** The dates that FFmpeg itself writes are those of its start, which is up to a second off. */
class SegmentDates {
  readonly #folder: string;
  readonly #takenUnixMs = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Looks at the first pictures of new segments. */
  look(): void {
    const playlist = join(this.#folder, 'x.m3u8');
    if (!existsSync(playlist)) return;
    for (const [name] of readFileSync(playlist, 'utf8').matchAll(/^x\d+\.ts$/gm)) {
      if (this.#takenUnixMs.has(name)) continue;
      const command = `ffmpeg -v quiet -i ${join(this.#folder, name)} -frames:v 1 -pix_fmt gray -f rawvideo pipe:1`;
      const { stdout } = Bun.spawnSync(command.split(' '));
      if (stdout.length > 0) this.#takenUnixMs.set(name, shownTime(stdout));
    }
  }

  /** A playlist, up to the last segment whose date is known. */
  toldIn(playlist: string): string {
    return playlist.replace(/^#EXTINF:.*\n(.+)\n/gm, (segment, name) => {
      const takenUnixMs = this.#takenUnixMs.get(name);
      if (takenUnixMs === undefined) return '';
      return `#EXT-X-PROGRAM-DATE-TIME:${new Date(takenUnixMs).toISOString()}\n${segment}`;
    });
  }
}

if (import.meta.main) {
  const camera = await CAMERAS[process.argv[2] ?? '']?.start();
  console.log(`camera ${JSON.stringify(camera)}`);
  for await (const _ of Bun.stdin.stream());
  await camera?.end();
  process.exit(0);
}
