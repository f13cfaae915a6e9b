/**
 * The whole program on a target: `bun run graph` with its session and workers, a virtual camera behind a network that can
 * fail, a client. What the camera really does is looked up at the camera.
 */

import { rmSync } from 'node:fs';
import { SystemClock } from '../../runtime/clock.ts';
import type { MetadataTick } from '../../schemas/index.ts';
import type { CameraServer } from '../../sim/camera/server.ts';
import { VirtualCamera } from '../../sim/camera/virtual-camera.ts';
import { DarkProxy } from '../ptz/dark-proxy.ts';
import { RunningCommand } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';
import { PATIENCE_MS, until } from '../support/patience.ts';
import { isAlive } from '../support/processes.ts';
import { type ChaseOptions, graphOf, keep, SIZE } from './chase-graph.ts';
import { Client, told } from './client.ts';
import { Device, PASSWORD } from './device.ts';
import { descendants } from './process-tree.ts';
import { strollScene } from './scenes.ts';
import { Slots } from './slots.ts';

/** At a time: three processes that start take all of a small machine from those that are watched. */
const launches = new Slots(2);
/** How often it is noted how things stand, for when something fails. */
const STORY_MS = 200;

export class Chase implements AsyncDisposable {
  readonly camera: VirtualCamera;
  /** Between the program and what moves the camera. */
  readonly control: DarkProxy;
  /** Between the program and the pictures. */
  readonly video: DarkProxy;
  readonly command: RunningCommand;
  readonly #device: Device;
  readonly #stack: AsyncDisposableStack;
  readonly #folder: Folder;
  #client: Client | undefined;
  #url = '';
  #session = '';

  private constructor(parts: Pick<Chase, 'camera' | 'control' | 'video' | 'command'>, folder: Folder, server: Device) {
    ({ camera: this.camera, control: this.control, video: this.video, command: this.command } = parts);
    this.#folder = folder;
    this.#device = server;
    this.#stack = new AsyncDisposableStack();
  }

  /** Everything is running and pictures flow; the camera may still be tried out. */
  static async start(options: ChaseOptions = {}): Promise<Chase> {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(new Folder());
    const clock = new SystemClock();
    const camera = new VirtualCamera({ clock, scene: options.scene ?? strollScene });
    const device = stack.use(new Device({ clock, camera, quirks: options.quirks ?? [] }));
    await device.start(options.cameraPassword ?? PASSWORD, 0);
    const eyes = stack.use(new Device({ clock, camera }));
    if (options.hasOwnEyes) await eyes.start(PASSWORD, 0);
    const pictures = options.hasOwnEyes ? eyes.server : device.server;
    if (options.isOff) await device.server.stop();
    const control = stack.use(await DarkProxy.start(device.server.port));
    const video = stack.use(await DarkProxy.start(pictures.port));
    const file = folder.write(
      'chase.yaml',
      graphOf(options, { pictures, control, video, blindFile: folder.file('blind'), stallFile: folder.file('stall') }),
    );
    keep(folder.file('state'), options.known);
    const launched = await launches.take();
    try {
      const command = stack.use(new RunningCommand(['graph', file, '--port', '0', '--state', folder.file('state')]));
      const chase = new Chase({ camera, control, video, command }, folder, device);
      await chase.#connect();
      chase.#stack.use(stack.move());
      return chase;
    } finally {
      launched();
    }
  }

  /** What the camera is to the network. */
  get server(): CameraServer {
    return this.#device.server;
  }

  /** Switches the camera's network side off; what it looks at, and video of its own eyes, go on. */
  async off(): Promise<void> {
    await this.server.stop();
  }

  /** Switches it on again, where it was. */
  async on(password = PASSWORD): Promise<void> {
    await this.#device.start(password, this.server.port);
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

  /** The worker of autotrack comes to a stop, in this way. */
  stall(how: 'spin' | 'exit'): void {
    this.#folder.write('stall', how);
  }

  /**
   * Waits until it follows a target that moves, with the camera turning along; selects one unless one is followed.
   * @param degPerS how fast the target is at least
   * @param selects false: what was selected before is to be followed
   * @param within share of the picture's width that it may be off the centre
   */
  async pursues(degPerS: number, { selects = true, within = 0.1 } = {}): Promise<void> {
    const isSteady = () => {
      const { panDegPerS = 0 } = this.camera.truth(this.camera.nowS(), SIZE)[0] ?? {};
      const turns = this.camera.state().pan.rate * Math.sign(panDegPerS);
      return Math.abs(panDegPerS) > degPerS && turns > degPerS && this.offCentre() < within;
    };
    const follows = () =>
      this.client.autotrack?.state === 'following' && this.client.tick?.tracking_phase === 'tracking';
    const beganMs = performance.now();
    const story: string[] = [];
    while (!(follows() && isSteady())) {
      const forMs = performance.now() - beganMs;
      if (forMs > PATIENCE_MS)
        throw new Error(
          `it does not follow; ${told(this.client.autotrack)}\n${story.join('\n')}\n${this.command.stderr}`,
        );
      if (forMs > story.length * STORY_MS) story.push(`${(forMs / 1000).toFixed(2)} s: ${this.snapshot()}`);
      const { target_id = null } = this.client.autotrack ?? {};
      const found = this.client.tick?.tracks[0];
      if (selects) this.#bringBack();
      if (selects && found && (target_id === null || this.client.tick?.tracking_phase === 'lost')) await this.select();
      await Bun.sleep(20);
    }
  }

  /**
   * What was out when something struck goes on to the end of its lease, and may take the camera so far that the target is
   * out of sight. Nobody looks around in these tests: somebody turns the camera back by hand.
   */
  #bringBack(): void {
    const isGivenUp = ['holding', 'idle'].includes(this.client.autotrack?.state ?? '');
    const [target] = this.camera.truth(this.camera.nowS(), SIZE);
    if (!target || !isGivenUp || this.offCentre() < 1 || this.isMoving) return;
    this.camera.command({ kind: 'to', values: { pan: target.panDeg, tilt: target.tiltDeg }, maxRates: {} });
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

/** Those that are still running. */
export function running(pids: readonly number[]): number[] {
  return pids.filter(isAlive);
}
