/** A virtual camera over real HTTP and a driver for it, both on a time that the test owns. */
import { Value } from '@sinclair/typebox/value';
import type { Capabilities, PtzDriver, PtzStatus, Velocity } from '../../ptz/driver.ts';
import { NetworkDriver, type NetworkDriverParts } from '../../ptz/network/network-driver.ts';
import { OnvifCamera } from '../../ptz/onvif/camera.ts';
import { OnvifOptions } from '../../ptz/onvif/options.ts';
import type { SimHead } from '../../ptz/sim.ts';
import type { DriverTime } from '../../ptz/time.ts';
import { CameraServer } from '../../sim/camera/server.ts';
import { VirtualCamera } from '../../sim/camera/virtual-camera.ts';
import { defaultScene, type SceneFile } from '../../sim/scene/scene-file.ts';
import { ManualClock } from '../support/manual-clock.ts';

export const USER = 'admin';
export const PASSWORD = 'not-the-default';

/** Timers run when `advance` passes them, in order. A wait of the driver lets its time pass. */
export class ManualTime implements DriverTime {
  readonly clock = new ManualClock();
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.clock.monoMs() + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  async wait(ms: number): Promise<void> {
    this.advance(ms);
  }

  /** Waits take their full time. */
  random(): number {
    return 1;
  }

  advance(ms: number): void {
    const endMs = this.clock.monoMs() + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= endMs);
      const [next] = due.toSorted((a, b) => a.atMs - b.atMs);
      if (!next) break;
      this.#timers.delete(next);
      this.clock.advance(Math.max(0, next.atMs - this.clock.monoMs()));
      next.run();
    }
    this.clock.advance(endMs - this.clock.monoMs());
  }
}

/** A wait of the server that the test ends. */
export interface Held {
  readonly ms: number;
  /** @param ms how much time that takes; the test may have let some of it pass already */
  over(ms?: number): void;
}

export class Rig implements AsyncDisposable {
  readonly time = new ManualTime();
  readonly failures: unknown[] = [];
  readonly driver: PtzDriver;
  /** What went out, as the driver tells it. */
  readonly sent: { readonly velocity: Velocity; readonly atMs: number }[] = [];
  readonly server: CameraServer;
  /** True: the server's waits are the test's; false: they pass at once, on the clock. */
  holds = false;
  readonly #held: Held[] = [];
  readonly #wanted: ((held: Held) => void)[] = [];

  private constructor(server: CameraServer, time: ManualTime, options: Partial<OnvifOptions>) {
    this.time = time;
    this.server = server;
    const listener = {
      sent: (velocity: Velocity, atMs: number) => void this.sent.push({ velocity, atMs }),
    };
    this.driver = driverFor(server, options, time, { listener });
  }

  static async start(
    quirks: string[] = [],
    options: Partial<OnvifOptions> = {},
    scene: SceneFile = defaultScene(),
  ): Promise<Rig> {
    const time = new ManualTime();
    let rig: Rig | undefined;
    const server = await CameraServer.start({
      clock: time.clock,
      credentials: { user: USER, password: PASSWORD },
      version: '0.0.1',
      host: '127.0.0.1',
      port: 0,
      quirks,
      camera: new VirtualCamera({ clock: time.clock, scene }),
      wait: async (ms) => await (rig?.holds ? rig.#hold(ms) : time.wait(ms)),
      failed: (error) => rig?.failures.push(error),
    });
    rig = new Rig(server, time, options);
    return rig;
  }

  async open(): Promise<Capabilities> {
    return await this.driver.open();
  }

  /** The next wait of the server, when `holds`. */
  async held(): Promise<Held> {
    const ready = this.#held.shift();
    if (ready) return ready;
    return await new Promise((resolve) => this.#wanted.push(resolve));
  }

  panRate(): number {
    return this.server.camera.state().pan.rate;
  }

  panDeg(): number {
    return this.server.camera.state().pan.position;
  }

  calls(operation: string): number {
    return this.server.device.calls.get(operation) ?? 0;
  }

  async status(): Promise<PtzStatus> {
    return await this.driver.status();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.holds = false;
    for (const { over } of this.#held) over();
    await this.server.stop();
  }

  async #hold(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const over = (leftMs = ms) => {
        this.time.advance(leftMs);
        resolve();
      };
      const wanted = this.#wanted.shift();
      if (wanted) wanted({ ms, over });
      else this.#held.push({ ms, over });
    });
  }
}

/** As the node virtual-ptz tells of it. */
export function headOf(camera: VirtualCamera): SimHead {
  const perAxis = <T>(of: (axis: 'pan' | 'tilt' | 'zoom') => T) => ({
    pan: of('pan'),
    tilt: of('tilt'),
    zoom: of('zoom'),
  });
  return {
    news: () => {
      const state = camera.state();
      return {
        atMs: camera.nowS() * 1000,
        axes: perAxis((axis) => ({ ...state[axis], moving: camera.isMoving(axis) })),
        spec: camera.spec,
        hfovDeg: 60,
      };
    },
    command: (command) => camera.command(command),
  };
}

export function optionsFor(server: CameraServer, options: Partial<OnvifOptions> = {}): OnvifOptions {
  const login = { url: `127.0.0.1:${server.port}`, username: USER, password: PASSWORD };
  return Value.Decode(OnvifOptions, Value.Default(OnvifOptions, { ...login, ...options }));
}

export function driverFor(
  server: CameraServer,
  options: Partial<OnvifOptions>,
  time: DriverTime,
  parts: Partial<NetworkDriverParts> = {},
): PtzDriver {
  const checked = optionsFor(server, options);
  return new NetworkDriver(new OnvifCamera(checked, time), checked, { ...parts, time });
}

/** What comes after the watchdog's stop in the queue has seen it: here, a question that moves nothing. */
export async function asked(driver: PtzDriver): Promise<void> {
  await driver.goTo('no such preset').catch((error: { code: string }) => {
    if (error.code !== 'ptz_preset') throw error;
  });
}
