/** FFmpeg as a camera or server: encodes pictures that show when they were taken (as rtsp-server.py), live. */
import { BAR, FIELDS, PICTURE } from './shown-time.ts';

const FPS = 25;
const { width: WIDTH, height: HEIGHT } = PICTURE;
const RAW = `-f rawvideo -pix_fmt yuv420p -s ${WIDTH}x${HEIGHT}`.split(' ');
const H264 = '-c:v libx264 -preset ultrafast -tune zerolatency -g 25 -fps_mode passthrough'.split(' ');

/** False, and says so, where ffmpeg is not installed. */
export function hasFfmpeg(): boolean {
  const isThere = Bun.which('ffmpeg') !== null;
  if (!isThere) console.log('skipped: no ffmpeg (apt-get install ffmpeg)');
  return isThere;
}

export class FfmpegPeer implements AsyncDisposable {
  readonly #process: Bun.Subprocess<'pipe', 'pipe', 'ignore'>;
  readonly #timer: ReturnType<typeof setInterval>;
  /** When its pictures were taken, in Unix time. */
  readonly takenUnixMs: number[] = [];

  /**
   * @param output where to, and how, in words of FFmpeg's command line
   * @param stamps where its timestamps are from: from arrival, or counted with `-framerate 25`
   */
  constructor(output: string, stamps = '-framerate 1000 -use_wallclock_as_timestamps 1') {
    const input = [...RAW, ...stamps.split(' '), '-i', 'pipe:0'];
    const command = ['ffmpeg', '-v', 'error', ...input, ...H264, ...output.split(' ')];
    this.#process = Bun.spawn(command, { stdin: 'pipe', stdout: 'pipe', stderr: 'ignore' });
    const picture = new Uint8Array((WIDTH * HEIGHT * 3) / 2).fill(0x60);
    picture.fill(0x80, WIDTH * HEIGHT);
    let number = 0;
    const write = async () => {
      const unixMs = Date.now();
      this.takenUnixMs.push(unixMs);
      draw(picture, unixMs, number++);
      await this.#process.stdin.write(picture.slice());
      await this.#process.stdin.flush();
    };
    // It ends when its reader goes away; that is no fault of the test.
    this.#timer = setInterval(() => void write().catch(() => clearInterval(this.#timer)), 1000 / FPS);
  }

  /** What it writes to `pipe:1`. */
  get stdout(): ReadableStream<Uint8Array> {
    return this.#process.stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#process.kill('SIGKILL');
    await this.#process.exited;
  }
}

function draw(picture: Uint8Array, unixMs: number, number: number): void {
  for (let bit = 0; bit < FIELDS.count; bit++) {
    const level = Math.floor(unixMs / 2 ** (FIELDS.count - 1 - bit)) % 2 === 1 ? 0xeb : 0x10;
    for (let y = 0; y < FIELDS.height; y++) {
      picture.fill(level, y * WIDTH + bit * FIELDS.width, y * WIDTH + (bit + 1) * FIELDS.width);
    }
  }
  for (let y = BAR.y; y < BAR.y + BAR.height; y++) {
    picture.fill(0x60, y * WIDTH, (y + 1) * WIDTH);
    const x = (number * 4) % (WIDTH - BAR.width);
    picture.fill(0xd0, y * WIDTH + x, y * WIDTH + x + BAR.width);
  }
}
