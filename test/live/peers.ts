// biome-ignore-all lint/suspicious/noTemplateCurlyInString: graphs hold variables
/** Cameras and servers by others, for tests on this machine, and the time that their pictures show. */
import { SystemClock } from '../../runtime/clock.ts';
import type { FrameMeta, FrameRequest, FrameView } from '../../runtime/data.ts';
import { type NodeRun, openGraph } from '../node-runner.ts';
import { printedPort } from '../support/processes.ts';
import { PICTURE, shownTime } from './shown-time.ts';

/** Debian's own: another Python lacks GStreamer. */
const PYTHON = '/usr/bin/python3';
const NEEDS = 'gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-{base,good,bad,ugly} gstreamer1.0-libav';
const IMPORTS = `import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer`;

/** False, and says so, where gst-rtsp-server is not installed. */
export function hasRtspServer(): boolean {
  const isThere = Bun.which(PYTHON) !== null && Bun.spawnSync([PYTHON, '-c', IMPORTS]).exitCode === 0;
  if (!isThere) console.log(`skipped: no gst-rtsp-server (apt-get install ${NEEDS})`);
  return isThere;
}

export interface RtspOptions {
  readonly port?: number;
  readonly path?: string;
  readonly codec?: 'h264' | 'h265' | 'mjpeg' | 'jpeg2000' | 'none';
  readonly fps?: number;
  readonly gop?: number;
  readonly bframes?: number;
  readonly skew?: number;
  readonly sync?: 'capture' | 'send';
  readonly delay_ms?: number;
  readonly protocols?: 'all' | 'tcp' | 'udp';
  readonly logins?: readonly (readonly [user: string, password: string])[];
  readonly digest?: boolean;
  readonly size?: readonly [number, number];
  /** Its pictures are those that {@link RtspServer.show} gives it. */
  readonly given?: boolean;
  /** Its packets tell the time of capture (RTP header extension 0xABAC). */
  readonly onvif?: boolean;
  /** It takes requests with `Require: onvif-replay`. */
  readonly replay?: boolean;
  /** A second track describes the pictures: metadata.py. */
  readonly metadata?: {
    readonly every?: number;
    readonly delay_ms?: number;
    readonly clock_ms?: number;
    readonly quiet?: boolean;
    readonly padding?: number;
  };
}

/** An RTSP server of GStreamer: rtsp-server.py. */
export class RtspServer {
  readonly port: number;
  readonly #process: Bun.Subprocess<'pipe', 'pipe', 'inherit'>;

  private constructor(process: Bun.Subprocess<'pipe', 'pipe', 'inherit'>, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async start(options: RtspOptions = {}): Promise<RtspServer> {
    const command = [PYTHON, `${import.meta.dir}/rtsp-server.py`, JSON.stringify(options)];
    const process = Bun.spawn(command, { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' });
    return new RtspServer(process, await printedPort(process));
  }

  get url(): string {
    return `rtsp://127.0.0.1:${this.port}/live`;
  }

  /** The next picture, and when it was taken; shows that time in its top left. */
  show(takenUnixMs: number, luma: Uint8Array): void {
    const stamp = new DataView(new ArrayBuffer(8));
    stamp.setBigUint64(0, BigInt(Math.round(takenUnixMs)));
    this.#process.stdin.write(new Uint8Array(stamp.buffer));
    this.#process.stdin.write(luma);
    void this.#process.stdin.flush();
  }

  /** Stops answering, and sends nothing any more, until told to go on. */
  halt(): void {
    this.#process.kill('SIGSTOP');
  }

  resume(): void {
    this.#process.kill('SIGCONT');
  }

  /** Takes what it was shown, and ends. */
  async end(): Promise<void> {
    await this.#process.stdin.end();
    await this.#process.exited;
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#process.exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

/** A frame, when its picture was taken, and when the frame got here; Unix time. */
export interface Seen {
  readonly meta: FrameMeta;
  readonly takenUnixMs: number;
  readonly seenUnixMs: number;
}

const FRAMES: FrameRequest = { ...PICTURE, format: 'gray8', fit: 'stretch' };

/** A source and a decoder on that URL. */
export class Watch {
  readonly run: NodeRun;
  readonly seen: Seen[] = [];

  private constructor(run: NodeRun) {
    this.run = run;
    const record = run.record.bind(run);
    run.record = (key, value) => {
      if (key !== 'decode.frames') return record(key, value);
      const { meta, data } = value as FrameView;
      this.seen.push({ meta, takenUnixMs: shownTime(data), seenUnixMs: Date.now() });
    };
  }

  static async open(params: object): Promise<Watch> {
    const source = JSON.stringify({ use: 'source', with: params }).replaceAll('${', () => '$${');
    const nodes = `source: ${source}\ndecode: { use: decode, from: source }`;
    const watch = new Watch(await openGraph(nodes, { clock: new SystemClock(), pace: 'realtime', frames: FRAMES }));
    watch.run.start();
    return watch;
  }

  /** Codes of the faults so far; null: it worked again. */
  get faults(): (string | null)[] {
    return this.run.faults.map(({ fault }) => fault?.code ?? null);
  }

  /** Claimed less true capture times. */
  get errorsMs(): number[] {
    return this.seen.map(({ meta, takenUnixMs }) => meta.captureUnixMs - takenUnixMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.run.stop();
    await this.run.finished;
  }
}

/** @param share in [0, 1] */
export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.round((values.length - 1) * share)] ?? Number.NaN;
}

/** Below those that systems give to outgoing connections: one of these would hold the port when its server starts. */
const PORTS = { from: 10_000, to: 32_000 };

/** A port that was free a moment ago. */
export function freePort(): number {
  for (let tries = 0; tries < 100; tries++) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    if (isFree(port)) return port;
  }
  throw new Error('no port was free');
}

function isFree(port: number): boolean {
  try {
    using _server = Bun.listen({ hostname: '127.0.0.1', port, socket: { data: () => undefined } });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false;
    throw error;
  }
}
