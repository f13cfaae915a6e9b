/** A server with its sessions, its log and its signals: what `graph` and `serve` have in common. */
import packageJson from '../../package.json';
import type { Access } from '../access/access.ts';
import type { AuditLog } from '../access/audit.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { SystemClock } from '../clock.ts';
import type { TraceRate } from '../engine/messages.ts';
import { WindhoverError } from '../errors.ts';
import type { Subscriber } from '../hub/message.ts';
import { createLog, type Log } from '../log.ts';
import { ModelStore } from '../models/model-store.ts';
import { createApp, type Listening, listen } from '../server/app.ts';
import type { Session } from '../session/session.ts';
import { SessionSet } from '../session/session-set.ts';
import type { ServerConfig } from '../sinks/config.ts';
import { historySink } from '../sinks/history/index.ts';
import type { HistoryReader } from '../sinks/history/rows.ts';
import { OpenSinks } from '../sinks/open-sinks.ts';
import { modelFolders, STOP_SIGNALS, type Surroundings, stateFolder } from './command.ts';
import { modelInspector } from './models/inspector.ts';
import { openAccess, type ServerOptions } from './server-options.ts';
import { StatusLine } from './status-line.ts';

export interface RunningServerOptions {
  readonly catalog: Catalog;
  /** Where nodes keep what they learn, as --state says. */
  readonly state: string | undefined;
  /** Start a session for a graph file that comes to a served folder. */
  readonly startNew?: boolean;
  /** Which sinks are on. */
  readonly config?: ServerConfig;
  /** Takes every message. */
  readonly recorder?: Subscriber;
  readonly changed?: (session: Session) => void;
}

const SAME_KEY_PRESS_MS = 500;

export class RunningServer {
  readonly sessions: SessionSet;
  readonly catalog: Catalog;
  readonly status: StatusLine;
  readonly log: Log;
  /** Resolves at Ctrl-C, SIGTERM or SIGHUP. A second one, while sessions are being stopped, leaves at once. */
  readonly interrupted: Promise<void>;
  readonly #surroundings: Surroundings;
  readonly #models: ModelStore;
  readonly #clock = new SystemClock();
  readonly #config: ServerConfig | undefined;
  readonly #stateFolder: string;
  #sinks: OpenSinks | undefined;
  #server: Listening | undefined;
  #access: Access | undefined;
  #onSignal: () => void = () => undefined;

  constructor(surroundings: Surroundings, options: RunningServerOptions) {
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
    this.#config = options.config;
    this.#stateFolder = stateFolder(options.state, surroundings);
    for (const secret of [...this.catalog.secrets, ...(options.config?.secrets ?? [])]) this.log.hide(secret);
    const folders = modelFolders(surroundings, options.state);
    this.#models = new ModelStore(folders, modelInspector(surroundings));
    this.sessions = new SessionSet({
      graphs: this.catalog.sessionGraphs,
      clock: this.#clock,
      log: this.log,
      modelFolders: this.#models.folders,
      stateFolder: this.#stateFolder,
      recording: options.recorder !== undefined,
      ...tracesOf(options.config),
      inference: options.config?.inference,
      replan: (camera) => this.catalog.replan(camera),
      changed: (_view, session) => options.changed?.(session),
    });
    if (options.recorder) this.sessions.hub.subscribe(options.recorder);
    const { startNew = false } = options;
    this.catalog.attach({ host: this.sessions, log: this.log, clock: this.#clock, startNew });
  }

  /** Opens the port and prints it on stdout. Signals are handled from before that on. @returns the server's URL */
  listen(options: ServerOptions): string {
    const { access, audit } = openAccess(options, this.#stateFolder, { clock: this.#clock, log: this.log });
    this.#access = access;
    const app = createApp({
      sessions: this.sessions,
      catalog: this.catalog,
      models: this.#models,
      sinkFigures: () => this.#sinks?.figures() ?? {},
      warnings: () => [...this.catalog.warnings(), ...this.sessions.warnings(), ...(this.#sinks?.warnings() ?? [])],
      ...(this.#hasHistory ? { history: () => this.#history() } : {}),
      version: packageJson.version,
      clock: this.#clock,
      log: this.log,
      ...{ ...options.app, access, audit },
    });
    for (const signal of STOP_SIGNALS) process.on(signal, this.#onSignal);
    this.#server = listen(app, options.at);
    // Not before: a second server must not touch what the sinks of the first one write.
    this.#sinks = this.#openSinks(audit);
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
    await this.#sinks?.close();
    await this.#server?.stop();
    this.#access?.close();
    for (const signal of STOP_SIGNALS) process.off(signal, this.#onSignal);
    this.status.end();
    return inOrder;
  }

  get #hasHistory(): boolean {
    return this.#config?.sinks.some(({ sink }) => sink === historySink) ?? false;
  }

  #history(): HistoryReader {
    const history = this.#sinks?.offered('history');
    if (history) return history;
    throw new WindhoverError('history_unavailable', "The history can't be read now: it is not open");
  }

  #openSinks(audit: AuditLog): OpenSinks | undefined {
    if (!this.#config) return undefined;
    const { file, sinks } = this.#config;
    return new OpenSinks({
      ...{ file, sinks, sessions: this.sessions, clock: this.#clock, log: this.log },
      stateFolder: this.#stateFolder,
      onAudit: (listener) => audit.onAudit(listener),
    });
  }
}

/** Frames that sessions trace, if a sink wants some. */
function tracesOf(config: ServerConfig | undefined): { traces?: TraceRate } {
  const [traces] = config?.sinks.flatMap(({ sink, options }) => sink.traces?.(options) ?? []) ?? [];
  return traces ? { traces } : {};
}
