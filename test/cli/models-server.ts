/** A file server for downloads that does what servers do wrong, when told to. */
import { createServer, type Server, type Socket } from 'node:net';

/** How an answer is spoilt. Byte counts are of the body of one answer. */
export interface Spoilt {
  /** Nothing more comes after so many bytes, and the connection stays open until {@link FileServer.cut}. */
  readonly stallAt?: number;
  /** The whole file, whatever range is asked for. */
  readonly ignoresRange?: boolean;
  /** The range that is asked for, whatever it is a range of. */
  readonly ignoresIfRange?: boolean;
  /** Neither length nor tag; the end of the connection is the end of the body. */
  readonly bare?: boolean;
  readonly status?: string;
}

interface Asked {
  readonly range: string | null;
  readonly ifRange: string | null;
  /** Bytes of the body that were sent. */
  readonly sent: number;
}

export class FileServer implements AsyncDisposable {
  body: Uint8Array;
  etag = '"first"';
  spoilt: Spoilt = {};
  readonly asked: Asked[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(body: Uint8Array) {
    this.body = body;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      let head = '';
      socket.on('data', (data) => {
        head += data.toString('latin1');
        if (head.endsWith('\r\n\r\n')) this.#answer(head, socket);
      });
      // A client that leaves in the middle is part of the tests.
      socket.on('error', () => socket.destroy());
    });
  }

  static async start(body: Uint8Array): Promise<FileServer> {
    const server = new FileServer(body);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the server is not there');
    return `http://127.0.0.1:${address.port}/model.onnx`;
  }

  /** Ends all connections, wherever they are. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(head: string, socket: Socket): void {
    const { stallAt, ignoresRange = false, ignoresIfRange = false, bare = false, status } = this.spoilt;
    const range = header(head, 'range');
    const ifRange = header(head, 'if-range');
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const same = ifRange === null || ifRange === this.etag || ignoresIfRange;
    const partial = from > 0 && !ignoresRange && same;
    const body = partial ? this.body.subarray(from) : this.body;
    const sent = body.subarray(0, stallAt ?? body.length);
    this.asked.push({ range, ifRange, sent: sent.length });
    const lines = [`HTTP/1.1 ${status ?? (partial ? '206 Partial Content' : '200 OK')}`, 'connection: close'];
    if (!bare) lines.push(`content-length: ${body.length}`, `etag: ${this.etag}`);
    if (partial) lines.push(`content-range: bytes ${from}-${this.body.length - 1}/${this.body.length}`);
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    socket.write(sent);
    if (stallAt === undefined) socket.end();
  }
}

function header(head: string, name: string): string | null {
  return new RegExp(`^${name}: (.*)\r$`, 'im').exec(head)?.[1] ?? null;
}
