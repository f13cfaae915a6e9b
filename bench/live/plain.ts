/** Plain ffmpeg on a live stream: what it has is the picture's age, but no time of capture. */
import { PICTURE, shownTime } from '../../test/live/shown-time.ts';
import type { Camera } from './cameras.ts';

export const TUNED = '-fflags nobuffer -flags low_delay -analyzeduration 0 -probesize 32768'.split(' ');
const OUTPUT = `-an -fps_mode passthrough -vf scale=${PICTURE.width}:${PICTURE.height} -pix_fmt gray -f rawvideo pipe:1`;

export async function plain({ source: { url, transport } }: Camera, tuning: readonly string[], seconds: number) {
  const input = url.startsWith('rtsp:') ? ['-rtsp_transport', transport ?? 'tcp', '-i', url] : ['-i', url];
  const beganMs = Date.now();
  const command = ['ffmpeg', '-v', 'quiet', '-nostdin', ...tuning, ...input, ...OUTPUT.split(' ')];
  const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'ignore' });
  const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
  const agesMs: number[] = [];
  let firstMs = Number.NaN;
  let rest = new Uint8Array();
  const bytes = PICTURE.width * PICTURE.height;
  for await (const chunk of child.stdout) {
    const nowMs = Date.now();
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length >= bytes; rest = rest.subarray(bytes)) {
      if (agesMs.length === 0) firstMs = nowMs - beganMs;
      agesMs.push(nowMs - shownTime(rest));
    }
  }
  clearTimeout(timer);
  return { firstMs, agesMs };
}
