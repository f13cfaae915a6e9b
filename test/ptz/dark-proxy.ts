/** A network between driver and camera that can go dark: connections stay, and nothing gets through. */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class DarkProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isDark = false;

  private constructor(targetPort: number) {
    this.#server = createServer((client) => {
      const camera = connect(targetPort, '127.0.0.1');
      this.#pipe(client, camera);
      this.#pipe(camera, client);
    });
  }

  static async start(targetPort: number): Promise<DarkProxy> {
    const proxy = new DarkProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  goDark(): void {
    this.#isDark = true;
  }

  /** What was under way is lost. */
  comeBack(): void {
    this.#isDark = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pipe(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (chunk) => {
      if (!this.#isDark) to.write(chunk);
    });
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    // Its end is in `close`.
    from.on('error', () => to.destroy());
  }
}
