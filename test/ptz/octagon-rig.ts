/** A virtual camera over real HTTP and an Octagon driver for it, both on a time that the test owns. */
import { Value } from '@sinclair/typebox/value';
import type { PtzDriver, Velocity } from '../../ptz/driver.ts';
import { NetworkDriver, type NetworkDriverParts } from '../../ptz/network/network-driver.ts';
import { OctagonCamera } from '../../ptz/octagon/camera.ts';
import { OctagonOptions } from '../../ptz/octagon/options.ts';
import { CameraServer } from '../../sim/camera/server.ts';
import { VirtualCamera } from '../../sim/camera/virtual-camera.ts';
import { ManualTime, PASSWORD, USER } from './rig.ts';

export class OctagonRig implements AsyncDisposable {
  readonly time: ManualTime;
  readonly server: CameraServer;
  readonly driver: PtzDriver;
  /** Waits of the server wait for this, too. */
  gate: Promise<void> = Promise.resolve();

  private constructor(time: ManualTime, server: CameraServer, options: Partial<OctagonOptions>) {
    this.time = time;
    this.server = server;
    this.driver = octagonDriver(octagonOptions(server.port, options), { time });
  }

  static async start(quirks: string[] = [], options: Partial<OctagonOptions> = {}): Promise<OctagonRig> {
    const time = new ManualTime();
    let rig: OctagonRig | undefined;
    const server = await CameraServer.start({
      clock: time.clock,
      credentials: { user: USER, password: PASSWORD },
      ...{ version: '0.0.1', host: '127.0.0.1', port: 0, quirks },
      camera: new VirtualCamera({ clock: time.clock }),
      wait: async (ms) => {
        await rig?.gate;
        await time.wait(ms);
      },
    });
    rig = new OctagonRig(time, server, options);
    return rig;
  }

  rates(): Velocity {
    const { pan, tilt, zoom } = this.server.camera.state();
    return { pan: pan.rate, tilt: tilt.rate, zoom: zoom.rate };
  }

  calls(operation: string): number {
    return this.server.device.calls.get(`octagon ${operation}`) ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
  }
}

export function octagonDriver(options: OctagonOptions, parts: NetworkDriverParts): PtzDriver {
  return new NetworkDriver(new OctagonCamera(options, parts.time), options, parts);
}

export function octagonOptions(port: number, options: Partial<OctagonOptions> = {}): OctagonOptions {
  const login = { url: `127.0.0.1:${port}`, username: USER, password: PASSWORD };
  return Value.Decode(OctagonOptions, Value.Default(OctagonOptions, { ...login, ...options }));
}
