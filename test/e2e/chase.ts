/**
 * The whole program on a target: `bun run graph` with its session and workers, a virtual camera behind a network that can
 * fail, a client. What the camera really does is looked up at the camera.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SceneFile } from '../../runtime/camera/scene/scene-file.ts';
import { CameraServer } from '../../runtime/camera/server.ts';
import { VirtualCamera } from '../../runtime/camera/virtual-camera.ts';
import { SystemClock } from '../../runtime/clock.ts';
import type { MetadataTick } from '../../schemas/index.ts';
import { DarkProxy } from '../nodes/autotrack/drivers/dark-proxy.ts';
import { until } from '../server/clients.ts';
import { PATIENCE_MS, RunningCommand } from '../support/command.ts';
import { Folder, graphText, testNode } from '../support/graphs.ts';
import { isAlive } from '../support/processes.ts';
import { Client, told } from './client.ts';
import { descendants } from './process-tree.ts';
import { strollScene } from './scenes.ts';

/** Of the pictures: small ones are drawn fast, and nobody looks at them. */
export const SIZE = { width: 160, height: 90 };
const USER = 'admin';
const PASSWORD = 'not-the-default';
/** From a command to the first picture that shows it: the motors' own delay, and what two busy processes add. */
const DELAY_MS = 90;

/** What a calibration would find out about the camera of the test scenes, steered by that rung. */
export function plantOf(rung: string, latencyMs = 0) {
  // What full speed is: the motors', or what the driver makes of it on a rung of short moves (0.1 of the axis a second;
  // half a picture a second).
  const [pan, tilt] = rung === 'velocity' ? [90, 60] : rung === 'relative-fov' ? [30, 16.9] : [36, 11];
  const delayMs = DELAY_MS + latencyMs;
  return {
    pan: { gainPerS: pan, rampS: pan / 300, delayMs },
    tilt: { gainPerS: tilt, rampS: tilt / 240, delayMs },
    zoom: { gainPerS: 1.5, rampS: 0, delayMs },
  };
}

export interface ChaseOptions {
  readonly quirks?: readonly string[];
  readonly driver?: 'onvif' | 'octagon';
  readonly position?: 'octagon';
  /** Options of the driver, beside address and login. */
  readonly driverOptions?: Readonly<Record<string, unknown>>;
  /** Options of autotrack itself. */
  readonly autotrack?: Readonly<Record<string, unknown>>;
  /** What is known of the motors before, and for which rung. Null: nothing. */
  readonly known?: { readonly rung: string; readonly plant: ReturnType<typeof plantOf> } | null;
  /** Of the quirks, for a plant to be made by. */
  readonly delayMs?: number;
  readonly scene?: SceneFile;
  readonly fps?: number;
  /** The password that the graph has. */
  readonly password?: string;
  /** Pictures come from a camera of their own, which sees the same: it has no quirks and no network that fails. */
  readonly hasOwnEyes?: boolean;
}

export class Chase implements AsyncDisposable {
  readonly server: CameraServer;
  /** Between the program and what moves the camera. */
  readonly control: DarkProxy;
  /** Between the program and the pictures. */
  readonly video: DarkProxy;
  readonly command: RunningCommand;
  readonly #stack: AsyncDisposableStack;
  readonly #folder: Folder;
  #client: Client | undefined;
  #url = '';
  #session = '';

  private constructor(parts: Pick<Chase, 'server' | 'control' | 'video' | 'command'>, folder: Folder) {
    ({ server: this.server, control: this.control, video: this.video, command: this.command } = parts);
    this.#folder = folder;
    this.#stack = new AsyncDisposableStack();
  }

  /** Everything is running and pictures flow; the camera may still be tried out. */
  static async start(options: ChaseOptions = {}): Promise<Chase> {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(new Folder());
    const clock = new SystemClock();
    const camera = new VirtualCamera({ clock, scene: options.scene ?? strollScene });
    const open = (quirks: readonly string[]) =>
      CameraServer.start({
        ...{ clock, camera, quirks, credentials: { user: USER, password: PASSWORD } },
        ...{ version: '0.0.1', host: '127.0.0.1', port: 0 },
      });
    const server = stack.use(await open(options.quirks ?? []));
    const eyes = options.hasOwnEyes ? stack.use(await open([])) : server;
    const control = stack.use(await DarkProxy.start(server.port));
    const video = stack.use(await DarkProxy.start(eyes.port));
    const file = folder.write(
      'chase.yaml',
      graphOf(options, { eyes, control, video, blindFile: folder.file('blind') }),
    );
    keep(folder.file('state'), options.known);
    const command = stack.use(new RunningCommand(['graph', file, '--port', '0', '--state', folder.file('state')]));
    const chase = new Chase({ server, control, video, command }, folder);
    await chase.#connect();
    chase.#stack.use(stack.move());
    return chase;
  }

  get camera(): VirtualCamera {
    return this.server.camera;
  }

  get client(): Client {
    if (!this.#client) throw new Error('not connected');
    return this.#client;
  }

  get url(): string {
    return this.#url;
  }

  get session(): string {
    return this.#session;
  }

  /** Every process of the program: the server, the session's, guardians. */
  processes(): number[] {
    return [this.command.pid, ...descendants(this.command.pid)];
  }

  /** The camera has been tried out, and is told of in `autotrack_state`. */
  async judged(deadlineMs = PATIENCE_MS): Promise<void> {
    await this.client.state('the camera is ready', ({ rung, state }) => rung !== null && state !== 'fault', deadlineMs);
    await until('it stands', () => !this.isMoving, PATIENCE_MS);
  }

  /** Selects the only thing in sight. @returns its id */
  async select(): Promise<number> {
    const found = () => this.client.tick?.tracks[0]?.id;
    await until('a track', () => found() !== undefined, PATIENCE_MS);
    const id = found() ?? 0;
    await this.client.ask({ type: 'set_target_id', target_id: id });
    return id;
  }

  async untilTick(what: string, holds: (tick: MetadataTick) => boolean, deadlineMs = PATIENCE_MS): Promise<void> {
    const from = this.client.ticks.length;
    await until(what, () => this.client.ticks.slice(from).some(holds), deadlineMs);
  }

  /** Whether nothing is detected any more from now on. */
  blind(isBlind: boolean): void {
    if (isBlind) this.#folder.write('blind', '');
    else rmSync(this.#folder.file('blind'), { force: true });
  }

  /**
   * Waits until it follows a target that moves, with the camera turning along; selects one unless one is followed.
   * @param degPerS how fast the target is at least
   */
  async pursues(degPerS: number): Promise<void> {
    const isSteady = () => {
      const { panDegPerS = 0 } = this.camera.truth(this.camera.nowS(), SIZE)[0] ?? {};
      const turns = this.camera.state().pan.rate * Math.sign(panDegPerS);
      return Math.abs(panDegPerS) > degPerS && turns > degPerS && this.offCentre() < 0.1;
    };
    const follows = () =>
      this.client.autotrack?.state === 'following' && this.client.tick?.tracking_phase === 'tracking';
    const endMs = performance.now() + PATIENCE_MS;
    while (!(follows() && isSteady())) {
      if (performance.now() > endMs)
        throw new Error(`it does not follow: ${this.snapshot()}; ${told(this.client.autotrack)}`);
      const { target_id = null } = this.client.autotrack ?? {};
      const found = this.client.tick?.tracks[0];
      if (found && (target_id === null || this.client.tick?.tracking_phase === 'lost')) await this.select();
      await Bun.sleep(20);
    }
  }

  get isMoving(): boolean {
    return (['pan', 'tilt', 'zoom'] as const).some((axis) => this.camera.isMoving(axis));
  }

  /** Distance of the target from the centre of the picture, share of the picture's width; out of sight: 1. */
  offCentre(timeS = this.camera.nowS()): number {
    const [target] = this.camera.truth(timeS, SIZE);
    if (!target?.box) return 1;
    const { x, y, w, h } = target.box;
    return Math.hypot(x + w / 2 - SIZE.width / 2, y + h / 2 - SIZE.height / 2) / SIZE.width;
  }

  /** How things stand, in a line. */
  snapshot(): string {
    const { pan, tilt } = this.camera.state();
    const { autotrack, ptz, tick } = this.client;
    const { panDeg, tiltDeg } = this.camera.truth(this.camera.nowS(), SIZE)[0] ?? {};
    const places = [panDeg, pan.position, pan.rate, tiltDeg, tilt.position, tilt.rate].map((deg) => deg?.toFixed(1));
    const ids = tick?.tracks.map(({ id }) => id).join() ?? '';
    const command = [ptz?.cmd.pan, ptz?.cmd.tilt].map((value) => value?.toFixed(3)).join();
    return (
      `${(100 * this.offCentre()).toFixed(1)} % off, pan ${places.slice(0, 3).join(' ')}, tilt ${places.slice(3).join(' ')}, ` +
      `${autotrack?.state} ${tick?.tracking_phase} ${tick?.selected_target_id} of [${ids}], cmd ${command}`
    );
  }

  async #connect(): Promise<void> {
    const { url, session } = await this.command.ready();
    this.#url = url;
    this.#session = session;
    this.#client = this.#stack.use(await Client.open(url, session));
    await until('a tick', () => this.client.tick !== undefined, PATIENCE_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

interface Parts {
  readonly eyes: CameraServer;
  readonly control: DarkProxy;
  readonly video: DarkProxy;
  readonly blindFile: string;
}

function graphOf(options: ChaseOptions, { eyes, control, video, blindFile }: Parts): string {
  const { driver = 'onvif', position, driverOptions, autotrack, fps = 8, password = PASSWORD } = options;
  const login = { url: `127.0.0.1:${control.port}`, username: USER, password };
  const url = `virtual-ptz:http://127.0.0.1:${video.port}?size=${SIZE.width}x${SIZE.height}&fps=${fps}`;
  const sections = {
    driver,
    [driver]: { ...login, ...driverOptions },
    ...(position ? { position, [position]: login } : {}),
  };
  const node = (use: string, from?: string | string[], params = {}) => JSON.stringify({ use, from, with: params });
  return graphText({
    source: node('source', undefined, { url, open_timeout_s: 2 }),
    decode: node('decode', 'source'),
    detect: node(testNode('truth-detect'), 'decode', { camera: eyes.origin, blind_while: blindFile }),
    track: node('track', 'detect'),
    autotrack: node('autotrack', 'track', { ...sections, calibrate: false, search_s: 0, ...autotrack }),
    publish: node('publish', ['track', 'autotrack']),
  });
}

/** As an earlier run would have left it. */
function keep(
  stateFolder: string,
  known: ChaseOptions['known'] = { rung: 'velocity', plant: plantOf('velocity') },
): void {
  if (known === null) return;
  const file = `${stateFolder}/cam/autotrack.json`;
  mkdirSync(dirname(file), { recursive: true });
  const { rung, plant } = known;
  writeFileSync(file, JSON.stringify({ version: 1, rung, plant, repeatability: 1, atUnixMs: 1_730_000_000_000 }));
}

/** Those that are still running. */
export function running(pids: readonly number[]): number[] {
  return pids.filter(isAlive);
}
