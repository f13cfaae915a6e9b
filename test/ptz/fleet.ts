/** Virtual cameras in real time behind networks that can fail, and one process that moves them all. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { DriverOptions } from '../../ptz/index.ts';
import type { Verdict } from '../../ptz/ladder.ts';
import { SystemClock } from '../../runtime/clock.ts';
import { CameraServer } from '../../sim/camera/server.ts';
import { DarkProxy } from './dark-proxy.ts';
import type { FromMover, ToMover } from './mover.ts';
import { PASSWORD, USER } from './rig.ts';

export interface CameraCase {
  readonly name: string;
  readonly quirks: readonly string[];
  readonly driver: 'onvif' | 'octagon';
  readonly position?: 'octagon';
  /** Options of the driver. */
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface FleetCamera<C extends CameraCase> {
  readonly case: C;
  readonly server: CameraServer;
  readonly proxy: DarkProxy;
  readonly verdict: Verdict;
}

/** A stop, a second one for stragglers, each after a second with the slowest, and the way out. */
const GUARDIANS_GONE_MS = 6000;

export class Fleet<C extends CameraCase> implements AsyncDisposable {
  readonly cameras: FleetCamera<C>[] = [];
  readonly mover: Bun.Subprocess;
  readonly #disposables = new AsyncDisposableStack();
  #received: (message: FromMover) => void = () => undefined;
  #guardians: number[] = [];

  private constructor() {
    this.mover = Bun.spawn([process.execPath, join(import.meta.dir, 'mover.ts')], {
      stdio: ['ignore', 'ignore', 'inherit'],
      // With the folder for temporary files of this run, where the locks are.
      env: process.env,
      serialization: 'advanced',
      ipc: (message: FromMover) => this.#received(message),
    });
  }

  /** Every camera is connected and judged, none moves yet. */
  static async start<C extends CameraCase>(cases: readonly C[]): Promise<Fleet<C>> {
    const fleet = new Fleet<C>();
    try {
      await fleet.#next('hello');
      await fleet.#open(cases);
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
    return fleet;
  }

  send(message: ToMover): void {
    this.mover.send(message);
  }

  async closed(): Promise<void> {
    await this.#next('closed');
  }

  /** Processes that the mover has started. */
  guardians(): number[] {
    return childrenOf(this.mover.pid);
  }

  /** Ends the mover, if it is still there, and waits for its guardians to go. @returns those that have not */
  async end(withinMs = GUARDIANS_GONE_MS): Promise<number[]> {
    this.#guardians = [...new Set([...this.#guardians, ...this.guardians()])];
    this.mover.kill('SIGKILL');
    await this.mover.exited;
    const untilMs = performance.now() + withinMs;
    while (this.#guardians.some(isRunning) && performance.now() < untilMs) await Bun.sleep(20);
    return this.#guardians.filter(isRunning);
  }

  /** Before a fault that makes orphans of them. */
  rememberGuardians(): void {
    this.#guardians = this.guardians();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of await this.end()) process.kill(pid, 'SIGKILL');
    await this.#disposables.disposeAsync();
  }

  async #open(cases: readonly C[]): Promise<void> {
    const ready = await Promise.all(cases.map((one) => this.#serve(one)));
    const opened = new Map<number, Extract<FromMover, { type: 'opened' }>>();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#received = (message) => {
      if (message.type === 'failed') reject(new Error(`${cases[message.index]?.name}: ${message.error}`));
      if (message.type !== 'opened') return;
      opened.set(message.index, message);
      if (opened.size === cases.length) resolve();
    };
    this.send({ type: 'open', cameras: ready.map(({ options }) => options) });
    await promise;
    for (const [index, { server, proxy, one }] of ready.entries()) {
      const { verdict } = opened.get(index) ?? {};
      if (verdict) this.cameras.push({ case: one, server, proxy, verdict });
    }
  }

  async #serve(one: C) {
    const credentials = { user: USER, password: PASSWORD };
    const where = { host: '127.0.0.1', port: 0, version: '0.0.1' };
    const server = await CameraServer.start({ ...where, clock: new SystemClock(), credentials, quirks: one.quirks });
    this.#disposables.use(server);
    const proxy = await DarkProxy.start(server.port);
    this.#disposables.use(proxy);
    const login = { url: `127.0.0.1:${proxy.port}`, username: USER, password: PASSWORD };
    const own = { [one.driver]: { ...login, ...one.options } };
    const position = one.position ? { position: one.position, [one.position]: login } : {};
    const options = Value.Default(DriverOptions, { driver: one.driver, ...own, ...position });
    return { one, server, proxy, options: Value.Decode(DriverOptions, options) };
  }

  async #next(type: FromMover['type']): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#received = (message) => {
        if (message.type === type) resolve();
      };
    });
  }
}

/** Linux only; elsewhere none are found. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === parent)
    .map(Number);
}

function parentOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // "pid (name) state ppid …": the name may hold spaces and parentheses.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It ended between the listing and the look.
    return null;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** When the picture stood still for good, on the camera's own time; the present when it still moves. */
export function stoodAtS({ camera }: CameraServer): number {
  const nowS = camera.nowS();
  const end = camera.poseAt(nowS);
  for (let timeS = nowS; timeS > nowS - 9; timeS -= 0.004) {
    if (Math.abs(camera.poseAt(timeS).panDeg - end.panDeg) > 1e-6) return Math.min(nowS, timeS + 0.004);
  }
  return nowS - 9;
}
