/**
 * Hands out the turns of {@link TurnTable} to the workers of all sessions, over a socket that is their own: a session that dies
 * gives its turn back with its connection. A line each: `camera NAME`, then again and again `ask THREADS`, `go` (the answer), `done`.
 */
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Socket, UnixSocketListener } from 'bun';
import type { Clock } from '../clock.ts';
import { processName, userFolder } from '../process-lock.ts';
import { type Turn, type TurnLimits, TurnTable } from './turn-table.ts';

interface Client {
  camera: string;
  rest: string;
  turn: Turn | undefined;
}

const LOOK_MS = 10;
let servers = 0;

export class TurnServer implements Disposable {
  readonly path: string;
  readonly #table: TurnTable;
  readonly #server: UnixSocketListener<Client>;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @throws when there is no folder for the socket */
  constructor(limits: TurnLimits, clock: Clock) {
    this.#table = new TurnTable(limits, clock);
    servers += 1;
    mkdirSync(userFolder(), { recursive: true, mode: 0o700 });
    this.path = join(userFolder(), `turns-${process.pid}-${servers}`);
    removeLeftOver();
    this.#server = Bun.listen<Client>({
      unix: this.path,
      data: { camera: '', rest: '', turn: undefined },
      socket: {
        open: (socket) => {
          socket.data = { camera: '', rest: '', turn: undefined };
        },
        data: (socket, bytes) => this.#take(socket, bytes),
        close: ({ data }) => data.turn?.end(),
        error: ({ data }) => data.turn?.end(),
      },
    });
    chmodSync(this.path, 0o600);
    // It keeps no server alive that has nothing else to do.
    this.#server.unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#server.stop(true);
    rmSync(this.path, { force: true });
  }

  #look(): void {
    if (this.#timer !== undefined || !this.#table.isFull) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#table.look();
      this.#look();
    }, LOOK_MS);
  }

  #take(socket: Socket<Client>, bytes: Buffer): void {
    const client = socket.data;
    const lines = (client.rest + bytes.toString()).split('\n');
    client.rest = lines.pop() ?? '';
    for (const line of lines) {
      const [word, ...rest] = line.split(' ');
      if (word === 'camera') client.camera = rest.join(' ');
      else client.turn?.end();
      if (word === 'ask') client.turn = this.#table.ask(client.camera, Number(rest[0]), () => socket.write('go\n'));
    }
    this.#look();
  }
}

/** Sockets of servers that were killed, or had this one's number. */
function removeLeftOver(): void {
  for (const name of readdirSync(userFolder())) {
    const [, pid] = /^turns-(\d+)-/.exec(name) ?? [];
    const isOver = pid !== undefined && processName(Number(pid)) === '';
    if (isOver || name === `turns-${process.pid}-${servers}`) rmSync(join(userFolder(), name), { force: true });
  }
}
