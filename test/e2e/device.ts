/** The network side of a virtual camera, which can be taken away and put back. */
import { CameraServer, type CameraServerOptions } from '../../sim/camera/server.ts';

export const USER = 'admin';
export const PASSWORD = 'not-the-default';

export class Device implements AsyncDisposable {
  readonly #options: Pick<CameraServerOptions, 'clock' | 'camera' | 'quirks'>;
  #server: CameraServer | undefined;

  constructor(options: Pick<CameraServerOptions, 'clock' | 'camera' | 'quirks'>) {
    this.#options = options;
  }

  get server(): CameraServer {
    if (!this.#server) throw new Error('not started');
    return this.#server;
  }

  /** @param port 0: a free one */
  async start(password: string, port: number): Promise<void> {
    const where = { host: '127.0.0.1', port, version: '0.0.1' };
    this.#server = await CameraServer.start({ ...this.#options, ...where, credentials: { user: USER, password } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.stop();
  }
}
