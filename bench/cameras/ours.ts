/** Cameras as the server runs them: a session and a process each, from a file that plays at its own pace. */
import { SystemClock } from '../../runtime/clock.ts';
import { createLog } from '../../runtime/log.ts';
import { SessionSet } from '../../runtime/session/session-set.ts';
import { turnLimits } from '../../runtime/sinks/inference.ts';
import { benchSession, MODEL_FOLDERS } from '../pipeline/input.ts';
import type { CameraKind, Rig } from './rig.ts';

const LOOK_MS = 50;

export class OurCameras implements Rig {
  readonly name: string;
  readonly #kind: CameraKind;
  readonly #sessions: SessionSet;
  /** Sessions by the number of their camera. */
  readonly #ids: string[] = [];
  readonly #numbers = new Map<string, number>();
  /** Sessions that have given detections. */
  readonly #seen = new Set<number>();
  #take: (camera: number, latencyMs: number) => void = () => undefined;

  /** @param takeTurns as with `inference` in `server.yaml`; else all models run at once */
  constructor(kind: CameraKind, takeTurns = false) {
    this.name = takeTurns ? 'with turns' : 'windhover';
    this.#kind = kind;
    const log = createLog({ write: (line) => process.stderr.write(`${line}\n`), pretty: false, level: 'error' });
    const inference = takeTurns ? turnLimits({ threads: 0, cameras: {} }) : undefined;
    const shared = { clock: new SystemClock(), log, modelFolders: MODEL_FOLDERS, inference };
    this.#sessions = new SessionSet({ graphs: [], ...shared });
    this.#sessions.hub.subscribe({
      isRecord: false,
      topics: new Set(['tick']),
      maxQueuedChars: Number.POSITIVE_INFINITY,
      deliver: (batch) => {
        for (const { sessionId, json } of batch) this.#tick(sessionId, json);
        return 'ok';
      },
    });
  }

  async resize(cameras: number): Promise<void> {
    while (this.#ids.length > cameras) await this.#removeLast();
    while (this.#ids.length < cameras) await this.#add();
    while (this.#seen.size < cameras) await Bun.sleep(LOOK_MS);
  }

  pids(): number[] {
    return this.#sessions.measured().flatMap(({ pid }) => pid ?? []);
  }

  onDetections(take: (camera: number, latencyMs: number) => void): void {
    this.#take = take;
  }

  async close(): Promise<void> {
    await this.#sessions.stopAll();
  }

  async #add(): Promise<void> {
    const number = this.#ids.length;
    const { video, model, perS, sets = [], apartMs = 0 } = this.#kind;
    const own = ['source.pace=realtime', 'source.loop=true', `decode.fps=${perS}`, ...sets];
    const graph = await benchSession({ model, video, threads: 1 }, own);
    const camera = `camera${number}`;
    this.#sessions.add({ ...graph, camera });
    const { view } = this.#sessions.create(camera);
    this.#ids.push(view.session_id);
    this.#numbers.set(view.session_id, number);
    await Bun.sleep(apartMs);
  }

  async #removeLast(): Promise<void> {
    const id = this.#ids.pop();
    if (id === undefined) return;
    await this.#sessions.remove(id);
    this.#sessions.drop(`camera${this.#ids.length}`);
    this.#seen.delete(this.#ids.length);
    this.#numbers.delete(id);
  }

  #tick(sessionId: string, json: string): void {
    const camera = this.#numbers.get(sessionId);
    if (camera === undefined) return;
    this.#seen.add(camera);
    this.#take(camera, Date.now() - (JSON.parse(json) as { ts_unix_ms: number }).ts_unix_ms);
  }
}
