/** A TCP proxy that can stop handing on, as a network that is cut: neither side is told. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export class CuttableProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  /** @param to port of this machine */
  constructor(to: number) {
    this.#server = createServer((client) => {
      const server = connect(to, '127.0.0.1');
      for (const [from, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (data) => other.write(data));
        from.on('error', () => undefined);
        from.on('close', () => {
          this.#sockets.delete(from);
          other.destroy();
        });
        if (this.#isCut) from.pause();
      }
    });
    this.#server.listen(0, '127.0.0.1');
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** @param areDead what was connected stays cut for ever; only new connections pass */
  mend(areDead: boolean): void {
    this.#isCut = false;
    for (const socket of this.#sockets) if (!areDead) socket.resume();
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
