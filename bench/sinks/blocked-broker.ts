/** A broker that accepts a client, and then never reads again: `bun blocked-broker.ts` prints its port. */
import { createServer, type Server } from 'node:net';

/** CONNACK of MQTT 5: welcome, without properties. */
const WELCOME = Uint8Array.of(0x20, 3, 0, 0, 0);

export class BlockedBroker implements Disposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param closes it ends each connection in place of that */
  static async start({ closes = false } = {}): Promise<BlockedBroker> {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => {
        socket.write(WELCOME);
        if (closes) socket.end();
        else socket.pause();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new BlockedBroker(server);
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  [Symbol.dispose](): void {
    this.#server.close();
  }
}

/** One in a process of its own, so that what it takes is not measured. */
export async function blockedBrokerProcess(): Promise<AsyncDisposable & { readonly port: number }> {
  const broker = Bun.spawn([process.execPath, import.meta.path], { stdout: 'pipe' });
  const { value } = await broker.stdout.getReader().read();
  const port = Number(new TextDecoder().decode(value));
  return { port, [Symbol.asyncDispose]: async () => broker.kill() };
}

if (import.meta.main) console.log((await BlockedBroker.start()).port);
