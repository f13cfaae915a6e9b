/** Stands before an RTSP server, keeps what it is asked, and may encrypt the way to it. */
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';

const PEM = join(import.meta.dir, '../ptz/self-signed.pem');

export class Tap implements Disposable {
  readonly #server: Server;
  readonly #isEncrypted: boolean;
  readonly #sockets = new Set<Socket>();
  #asked = '';

  private constructor(port: number, isEncrypted: boolean) {
    this.#isEncrypted = isEncrypted;
    const pem = isEncrypted ? readFileSync(PEM) : undefined;
    const taken = (client: Socket) => this.#join(client, connect(port, '127.0.0.1'));
    this.#server = pem ? createTlsServer({ key: pem, cert: pem }, taken) : createServer(taken);
  }

  /** @param port of the server */
  static async before(port: number, { isEncrypted = false } = {}): Promise<Tap> {
    const tap = new Tap(port, isEncrypted);
    const listening = Promise.withResolvers<void>();
    tap.#server.listen(0, '127.0.0.1', () => listening.resolve());
    await listening.promise;
    return tap;
  }

  get url(): string {
    const address = this.#server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return `rtsp${this.#isEncrypted ? 's' : ''}://127.0.0.1:${port}/live`;
  }

  /** Requests so far, in order. */
  get requests(): { readonly method: string; readonly hasLogin: boolean; readonly isForReplay: boolean }[] {
    return [...this.#asked.matchAll(/^([A-Z_]+) \S+ RTSP\/1\.0\r\n(.*?)\r\n\r\n/gms)].map(
      ([, method = '', head = '']) => ({
        method,
        hasLogin: /^Authorization: /m.test(head),
        isForReplay: /^Require: onvif-replay/m.test(head),
      }),
    );
  }

  [Symbol.dispose](): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket, server: Socket): void {
    client.on('data', (bytes: Buffer) => {
      this.#asked += bytes.toString('latin1');
    });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  }
}
