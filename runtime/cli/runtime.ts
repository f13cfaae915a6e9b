/** A server with its sessions, its log and its signals: what `graph` and `serve` have in common. */
import packageJson from '../../package.json';
import type { Catalog } from '../catalog/catalog.ts';
import { SystemClock } from '../clock.ts';
import { WindhoverError } from '../errors.ts';
import { modelFolders } from '../graph/load.ts';
import type { Subscriber } from '../hub/message.ts';
import { createLog, type Log } from '../log.ts';
import { isLoopback } from '../loopback.ts';
import { createApp, type Listening, listen } from '../server/app.ts';
import { checkOrigin } from '../server/origin.ts';
import type { Session } from '../session/session.ts';
import { SessionSet } from '../session/session-set.ts';
import { numberOption, type Surroundings, stateFolder } from './command.ts';
import { StatusLine } from './status-line.ts';

export const SERVER_OPTIONS = {
  port: { type: 'string', default: '8080' },
  host: { type: 'string', default: '127.0.0.1' },
  'allow-origin': { type: 'string', multiple: true },
  state: { type: 'string' },
  'no-watch': { type: 'boolean' },
} as const;

export interface RuntimeOptions {
  readonly catalog: Catalog;
  /** Where nodes keep what they learn, as --state says. */
  readonly state: string | undefined;
  /** Start a session for a graph file that comes to a served folder. */
  readonly startNew?: boolean;
  /** Takes every message. */
  readonly recorder?: Subscriber;
  readonly changed?: (session: Session) => void;
}

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  /** Origins beside loopback whose web pages may use the server. */
  readonly allowedOrigins: readonly string[];
}

/** Reads --host, --port and --allow-origin. Other than loopback is refused: there is no access control yet. */
export function serverOptions(values: { port: string; host: string; 'allow-origin'?: string[] }): ServerOptions {
  const port = numberOption('port', values.port, { min: 0, max: 65_535 });
  if (!Number.isInteger(port))
    throw new WindhoverError('usage', '--port', { expected: 'a whole number', got: values.port });
  const allowedOrigins = (values['allow-origin'] ?? []).map(checkOrigin);
  if (isLoopback(values.host)) return { host: values.host, port, allowedOrigins };
  throw new WindhoverError('usage', `--host ${values.host}`, {
    expected: 'a loopback address (127.0.0.1, ::1, localhost)',
    hint: 'there are no tokens and roles yet; to serve other machines, put a proxy that asks for a password in front',
  });
}

const SAME_KEY_PRESS_MS = 500;

export class Runtime {
  readonly sessions: SessionSet;
  readonly catalog: Catalog;
  readonly status: StatusLine;
  readonly log: Log;
  /** Resolves at Ctrl-C or SIGTERM. A second one, while sessions are being stopped, leaves at once. */
  readonly interrupted: Promise<void>;
  readonly #surroundings: Surroundings;
  readonly #clock = new SystemClock();
  #server: Listening | undefined;
  #onSignal: () => void = () => undefined;

  constructor(surroundings: Surroundings, options: RuntimeOptions) {
    this.#surroundings = surroundings;
    this.catalog = options.catalog;
    this.interrupted = new Promise((resolve) => {
      let askedMs = Number.POSITIVE_INFINITY;
      this.#onSignal = () => {
        // `bun run` passes on a Ctrl-C that the terminal has sent here already: one key press, two signals.
        if (this.#clock.monoMs() - askedMs > SAME_KEY_PRESS_MS) process.exit(130);
        askedMs = Math.min(askedMs, this.#clock.monoMs());
        resolve();
      };
    });
    this.status = new StatusLine(surroundings.stderr);
    this.log = createLog({ write: (line) => this.status.log(line), pretty: this.status.live });
    for (const secret of this.catalog.secrets) this.log.hide(secret);
    this.sessions = new SessionSet({
      graphs: this.catalog.sessionGraphs,
      clock: this.#clock,
      log: this.log,
      modelFolders: modelFolders(surroundings.root),
      stateFolder: stateFolder(options.state, surroundings),
      recording: options.recorder !== undefined,
      changed: (_view, session) => options.changed?.(session),
    });
    if (options.recorder) this.sessions.hub.subscribe(options.recorder);
    const { startNew = false } = options;
    this.catalog.attach({ host: this.sessions, log: this.log, clock: this.#clock, startNew });
  }

  /** Opens the port and says so on stdout. Signals are heard from before that on. @returns the server's URL */
  listen(options: ServerOptions): string {
    const app = createApp({
      sessions: this.sessions,
      warnings: () => this.catalog.warnings(),
      version: packageJson.version,
      clock: this.#clock,
      log: this.log,
      allowedOrigins: options.allowedOrigins,
    });
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
    this.#server = listen(app, options);
    this.#surroundings.stdout.write(`listening ${this.#server.url}\n`);
    return this.#server.url;
  }

  /**
   * Stops the sessions in order, then the server: clients get the last events.
   * @returns false when a session had to be killed, or a node failed on the way; the log says which
   */
  async stop(): Promise<boolean> {
    await this.catalog.close();
    const inOrder = await this.sessions.stopAll();
    await this.#server?.stop();
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
    this.status.end();
    return inOrder;
  }
}
