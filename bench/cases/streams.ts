/** Streams in real time: whether the capture times that they get are those at which their pictures were taken. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitAndSeeLateness } from '../../test/support/lateness.ts';
import type { Case } from './case.ts';
import type { SeenFrame } from './frames-node.ts';
import { playFile } from './play.ts';

const MOST_AGE_MS = 1000;
/** The two clocks are read in whole milliseconds. */
const LEAST_AGE_MS = -1;
const MJPEG_MS = 5000;
const DRIFT_MS = 30_000;

export function streamCases(root: string): Case[] {
  return [
    ...[25, 5, 100].map((fps) => mjpegCase(root, fps)),
    driftCase('stamps of 25 fps, 21 come', 21),
    driftCase('an honest stream of 25 fps', 25),
  ];
}

/** JPEGs over HTTP carry no times: FFmpeg invents 25 a second. */
function mjpegCase(root: string, fps: number): Case {
  return {
    name: `video/mjpeg-server: ${fps} fps`,
    expected: `${fps} a second within 15 %, pictures 0 to ${MOST_AGE_MS} ms old`,
    isSlow: true,
    run: async () => {
      const server = serveJpegs(readFileSync(join(root, 'video/single.jpg')), fps);
      try {
        const url = `http://127.0.0.1:${server.port}/x.mjpeg`;
        const playing = playFile(url, { source: { pace: 'realtime' }, longestMs: MJPEG_MS });
        const [{ frames }, latenessMs] = await Promise.all([playing, waitAndSeeLateness(MJPEG_MS)]);
        const rate = rateOf(frames);
        return {
          pass: Math.abs(rate - fps) < 0.15 * fps && areOfNow(frames, latenessMs),
          got: `${rate.toFixed(1)} a second, ${agesOf(frames)}`,
        };
      } finally {
        await server.stop(true);
      }
    },
  };
}

function serveJpegs(jpeg: Uint8Array, fps: number) {
  const head = `--b\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`;
  const part = Buffer.concat([Buffer.from(head), jpeg, Buffer.from('\r\n')]);
  return Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: () => {
      let next = performance.now();
      const body = new ReadableStream({
        async pull(stream) {
          next += 1000 / fps;
          await Bun.sleep(Math.max(0, next - performance.now()));
          stream.enqueue(part);
        },
      });
      return new Response(body, { headers: { 'content-type': 'multipart/x-mixed-replace; boundary=b' } });
    },
  });
}

/** A camera whose clock does not go as ours does. */
function driftCase(what: string, fps: number): Case {
  return {
    name: `time/30-drifting-stamps: ${what}`,
    expected: `pictures 0 to ${MOST_AGE_MS} ms old for ${DRIFT_MS / 1000} s`,
    isSlow: true,
    run: async () => {
      if (Bun.which('ffmpeg') === null) return { pass: false, got: 'ffmpeg is not there' };
      await using server = serveStream(fps);
      const url = `http://127.0.0.1:${server.port}/live.ts`;
      const playing = playFile(url, { source: { pace: 'realtime' }, longestMs: DRIFT_MS });
      const [{ frames, end }, latenessMs] = await Promise.all([playing, waitAndSeeLateness(DRIFT_MS)]);
      return {
        pass: frames.length > fps && areOfNow(frames, latenessMs),
        got: `${frames.length} frames, ${agesOf(frames)}; ${end}`,
      };
    },
  };
}

/** MPEG-TS from FFmpeg in real time, stamped as 25 pictures a second whatever comes. */
function serveStream(fps: number): AsyncDisposable & { readonly port: number } {
  const started: Bun.Subprocess[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: () => {
      const input = ['-re', '-f', 'lavfi', '-i', `testsrc=size=320x180:rate=${fps}`];
      const stamps = ['-vf', 'settb=1/90000,setpts=N*3600', '-fps_mode', 'passthrough', '-enc_time_base', '1/90000'];
      const coded = [
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-tune',
        'zerolatency',
        '-g',
        '25',
        '-f',
        'mpegts',
        '-',
      ];
      const ffmpeg = Bun.spawn(['ffmpeg', '-loglevel', 'error', ...input, ...stamps, ...coded], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      started.push(ffmpeg);
      return new Response(ffmpeg.stdout, { headers: { 'content-type': 'video/mp2t' } });
    },
  });
  return {
    port: server.port ?? 0,
    [Symbol.asyncDispose]: async () => {
      for (const ffmpeg of started) ffmpeg.kill('SIGKILL');
      await Promise.all(started.map((ffmpeg) => ffmpeg.exited));
      await server.stop(true);
    },
  };
}

function rateOf(frames: readonly SeenFrame[]): number {
  const [first, last] = [frames[0], frames.at(-1)];
  if (!first || !last || last === first) return 0;
  return (1000 * (frames.length - 1)) / (last.captureUnixMs - first.captureUnixMs);
}

/** @param latenessMs how late timers came meanwhile: so much older may a picture be on a busy machine */
function areOfNow(frames: readonly SeenFrame[], latenessMs: number): boolean {
  const ages = frames.map(({ seenUnixMs, captureUnixMs }) => seenUnixMs - captureUnixMs);
  return ages.length > 0 && Math.min(...ages) >= LEAST_AGE_MS && Math.max(...ages) <= MOST_AGE_MS + latenessMs;
}

function agesOf(frames: readonly SeenFrame[]): string {
  const ages = frames.map(({ seenUnixMs, captureUnixMs }) => seenUnixMs - captureUnixMs);
  return `${Math.min(...ages).toFixed(0)} to ${Math.max(...ages).toFixed(0)} ms old`;
}
