/** A session whose camera is lost over and over, in all the ways that there are, and what that leaves behind. */
import { readdirSync, readFileSync } from 'node:fs';
import { until } from '../support/patience.ts';
import { MoodyProxy } from './moody-proxy.ts';
import { freePort, RtspServer } from './peers.ts';
import { type LiveClient, LiveService } from './service.ts';

/** Ways to lose a camera; in turn. */
const LOSSES = ['cut', 'refused', 'stalled', 401, 404, 'killed'] as const;
type Loss = (typeof LOSSES)[number];
/** Booting a camera takes longer than all else. */
const KILLED_EVERY = 5;
/** Short, so that it is quick. */
const OPTIONS = { track: { lost_after_s: 0.1 }, publish: { end_after_ms: 100 } };

/** After a loss. */
export interface Recovery {
  readonly loss: Loss;
  /** From the moment at which the camera was right again to the next tick. */
  readonly backMs: number;
  /** Of the session's process. */
  readonly rssMb: number;
  readonly descriptors: number;
  /** Memory of a session beside it that loses nothing; undefined: there is none. */
  readonly steadyMb?: number;
}

export interface Outcome {
  readonly recoveries: readonly Recovery[];
  /** Of the process of the session. */
  readonly restarts: number;
  readonly tracks: ReturnType<LiveClient['lives']>;
  /** Claimed less true times of capture of the pictures right after each loss. */
  readonly errorsMs: readonly number[];
}

/** @param hasSteady also a session beside it, of a camera of its own that is never lost */
export async function loseAndFind(times: number, hasSteady = false): Promise<Outcome> {
  const camera = new Camera(await RtspServer.start({ gop: 5 }));
  await using other = hasSteady ? await RtspServer.start({ gop: 5 }) : undefined;
  using proxy = new MoodyProxy(freePort(), camera.port);
  const source = { url: `rtsp://127.0.0.1:${proxy.port}/live`, open_timeout_s: 0.4 };
  const cameras = { camera: source, ...(other ? { steady: { url: other.url } } : {}) };
  await using service = await LiveService.start(cameras, OPTIONS);
  try {
    const client = await service.watch('camera');
    await client.more(5);
    const [pid = 0] = service.processes;
    const steady = hasSteady ? await service.watch('steady') : undefined;
    await steady?.more(5);
    const steadyPid = service.processes.find((other) => other !== pid);
    const recoveries: Recovery[] = [];
    const errorsMs: number[] = [];
    for (let i = 0; i < times; i++) {
      const loss = lossOf(i);
      const before = client.ticks.length;
      const backMs = await loseOnce(loss, { client, proxy, camera });
      const beside = steadyPid === undefined ? {} : { steadyMb: resources(steadyPid).rssMb };
      recoveries.push({ loss, backMs, ...resources(pid), ...beside });
      errorsMs.push(...client.ticks.slice(before).map(({ claimedMs, takenMs }) => claimedMs - takenMs));
    }
    const { restarts } = await client.view();
    await client.stop();
    await until('tracks end', () => client.lives().every(({ ended }) => ended > 0));
    client.close();
    steady?.close();
    return { recoveries, restarts, tracks: client.lives(), errorsMs };
  } finally {
    await camera.kill();
  }
}

function lossOf(i: number): Loss {
  const [killed, others] = [LOSSES[LOSSES.length - 1] ?? 'killed', LOSSES.length - 1];
  return i % (others * KILLED_EVERY) === 0 ? killed : (LOSSES[i % others] ?? killed);
}

interface Setting {
  readonly client: LiveClient;
  readonly proxy: MoodyProxy;
  readonly camera: Camera;
}

/** @returns how long it took until pictures flowed again */
async function loseOnce(loss: Loss, { client, proxy, camera }: Setting): Promise<number> {
  const tries = await client.tries();
  if (loss === 'cut') proxy.cut();
  else if (loss === 'killed') await camera.kill();
  else proxy.become(loss);
  // Cut off is one failure; that the server then refuses is the next one.
  const failures = loss === 'cut' || loss === 'stalled' ? 1 : 2;
  await until('it fails', async () => (await client.tries()) >= tries + failures);
  if (loss === 'killed') await camera.restart();
  proxy.become('well');
  const fromMs = Date.now();
  await client.more(5);
  return (client.ticks.at(-5)?.receivedMs ?? Number.NaN) - fromMs;
}

/** An RTSP server that can be started again where it was. */
class Camera {
  readonly port: number;
  #server: RtspServer;

  constructor(server: RtspServer) {
    this.#server = server;
    this.port = server.port;
  }

  kill(): Promise<void> {
    return this.#server.kill();
  }

  async restart(): Promise<void> {
    this.#server = await RtspServer.start({ gop: 5, port: this.port });
  }
}

/** Linux only. */
function resources(pid: number): { rssMb: number; descriptors: number } {
  const kb = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { rssMb: Number(kb) / 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}
