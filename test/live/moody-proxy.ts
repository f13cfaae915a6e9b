/** Stands before an RTSP server and is lost in all ways that cameras are: a camera's moods, without waiting for one to boot. */
import type { Socket } from 'bun';

/**
 * What becomes of clients. `refused`: nothing listens. A number: they are answered with that status; with 401 once, then all
 * is well: after a second one in a row a login is tried no sooner than in a minute.
 */
export type Mood = 'well' | 'refused' | 'stalled' | 401 | 404;

interface Pair {
  readonly client: Socket<Pair>;
  server: Socket<Pair> | undefined;
  /** Of the client, before the server was connected. */
  readonly early: Buffer[];
  /** Nothing is passed on any more, in this connection. */
  isStalled: boolean;
}

const REASONS = { 401: 'Unauthorized', 404: 'Not Found' } as const;

export class MoodyProxy implements Disposable {
  readonly port: number;
  readonly #serverPort: number;
  readonly #pairs = new Set<Pair>();
  #mood: Mood = 'well';
  #listener: { stop(closeActive?: boolean): void } | undefined;

  /** @param port where it listens, @param serverPort of the server */
  constructor(port: number, serverPort: number) {
    this.port = port;
    this.#serverPort = serverPort;
    this.#listen();
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** From now on; connections that are open are cut off, or stall. */
  become(mood: Mood): void {
    this.#mood = mood;
    if (mood === 'refused') this.#listener = void this.#listener?.stop(true);
    else if (!this.#listener) this.#listen();
    for (const pair of this.#pairs) {
      if (mood === 'stalled') pair.isStalled = true;
      else if (mood !== 'well') end(pair);
    }
  }

  /** Cuts off all connections. */
  cut(): void {
    for (const pair of this.#pairs) end(pair);
  }

  [Symbol.dispose](): void {
    this.become('refused');
  }

  #listen(): void {
    this.#listener = Bun.listen<Pair>({
      hostname: '127.0.0.1',
      port: this.port,
      socket: {
        open: (client) => this.#open(client),
        data: ({ data: pair }, bytes) => this.#fromClient(pair, Buffer.from(bytes)),
        close: ({ data: pair }) => this.#closed(pair),
        error: ({ data: pair }) => this.#closed(pair),
      },
    });
  }

  #open(client: Socket<Pair>): void {
    const pair: Pair = { client, server: undefined, early: [], isStalled: this.#mood === 'stalled' };
    client.data = pair;
    this.#pairs.add(pair);
    if (this.#mood === 'well') void this.#connect(pair);
  }

  async #connect(pair: Pair): Promise<void> {
    try {
      pair.server = await Bun.connect<Pair>({
        hostname: '127.0.0.1',
        port: this.#serverPort,
        data: pair,
        socket: {
          data: (_, bytes) => void (pair.isStalled || pair.client.write(bytes)),
          close: () => end(pair),
          error: () => end(pair),
        },
      });
      for (const bytes of pair.early) pair.server.write(bytes);
      if (!this.#pairs.has(pair)) pair.server.end();
    } catch {
      end(pair); // the server is away
    }
  }

  #fromClient(pair: Pair, bytes: Buffer): void {
    if (typeof this.#mood === 'number') {
      const sequence = /CSeq: *(\d+)/i.exec(bytes.toString())?.[1] ?? '1';
      const login = this.#mood === 401 ? 'WWW-Authenticate: Basic realm="moody"\r\n' : '';
      pair.client.write(`RTSP/1.0 ${this.#mood} ${REASONS[this.#mood]}\r\nCSeq: ${sequence}\r\n${login}\r\n`);
      if (this.#mood === 401) this.#mood = 'well';
    } else if (pair.server) pair.server.write(bytes);
    else pair.early.push(bytes);
  }

  #closed(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.server?.end();
  }
}

function end({ client, server }: Pair): void {
  client.end();
  server?.end();
}
