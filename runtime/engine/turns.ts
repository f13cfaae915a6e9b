/** A worker's side of the turns that sessions take to run models: see session/turn-server.ts. */
import type { Socket } from 'bun';

/** A server that does not answer for so long hangs, or is gone: the run is made all the same. */
const LONGEST_WAIT_MS = 2000;

export class Turns {
  readonly #path: string | undefined;
  readonly #camera: string;
  #socket: Promise<Socket | undefined> | undefined;
  #go: () => void = () => undefined;
  /** The run before is over; runs of one worker come one after the other. */
  #before: Promise<unknown> = Promise.resolve();

  /** @param path of the server's socket; undefined: it is always one's turn */
  constructor(path: string | undefined, camera: string) {
    this.#path = path;
    this.#camera = camera;
  }

  /** Does the work when it is this session's turn. @param threads that the work takes; 0: all */
  readonly take = <T>(threads: number, work: () => Promise<T>): Promise<T> => {
    if (this.#path === undefined) return work();
    const done = this.#before.then(() => this.#inTurn(threads, work));
    this.#before = done.catch(() => undefined);
    return done;
  };

  async #inTurn<T>(threads: number, work: () => Promise<T>): Promise<T> {
    this.#socket ??= this.#connect();
    const socket = await this.#socket;
    if (!socket) return await work();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#go = resolve;
    socket.write(`ask ${threads === 0 ? Number.MAX_SAFE_INTEGER : threads}\n`);
    const late = setTimeout(resolve, LONGEST_WAIT_MS);
    await promise;
    clearTimeout(late);
    try {
      return await work();
    } finally {
      socket.write('done\n');
    }
  }

  async #connect(): Promise<Socket | undefined> {
    const lost = () => {
      this.#socket = Promise.resolve(undefined);
      this.#go();
    };
    try {
      const socket = await Bun.connect({
        unix: this.#path ?? '',
        socket: { data: () => this.#go(), close: lost, error: lost },
      });
      socket.unref();
      socket.write(`camera ${this.#camera}\n`);
      return socket;
    } catch {
      // Without the server nobody waits for anybody.
      return undefined;
    }
  }
}
