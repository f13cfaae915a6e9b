/** `bun run graph FILE`: a server with one session. */
import type { WindhoverError } from '../errors.ts';
import type { Session } from '../session/session.ts';
import {
  loadOptions,
  numberOption,
  parseCommandLine,
  printFaults,
  type Surroundings,
  serverConfig,
} from './command.ts';
import { Recorder } from './recorder.ts';
import type { RunningServer } from './running-server.ts';
import { SERVER_OPTIONS, SERVER_USAGE, serverOptions } from './server-options.ts';
import { progressText, statusText } from './status-line.ts';

const USAGE = `bun run graph FILE [--set node.key=value]… [--jsonl FILE] [--exit-at-end] [--for SECONDS]
       ${SERVER_USAGE}`;
const OPTIONS = {
  ...SERVER_OPTIONS,
  set: { type: 'string', multiple: true },
  jsonl: { type: 'string' },
  'exit-at-end': { type: 'boolean' },
  for: { type: 'string' },
} as const;

const STATUS_EVERY_MS = 250;

export async function graphCommand(args: string[], surroundings: Surroundings): Promise<number> {
  const { values, positionals } = parseCommandLine(args, OPTIONS, USAGE);
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    surroundings.stderr.write(`windhover graph: name one graph file\nusage: ${USAGE}\n`);
    return 2;
  }
  const server = serverOptions(values, surroundings);
  const forS = values.for === undefined ? undefined : numberOption('for', values.for, { min: 0.001, max: 1e9 });
  const [{ Catalog }, { RunningServer }] = await Promise.all([
    import('../catalog/catalog.ts'),
    import('./running-server.ts'),
  ]);
  const catalog = await Catalog.load([file], loadOptions(surroundings, values.set, values.state));
  const config = serverConfig(values.config, surroundings);
  if (printFaults([...catalog.faults, ...config.faults], surroundings)) return 1;
  let run: GraphRun | undefined;
  const recorder =
    values.jsonl === undefined ? undefined : new Recorder(values.jsonl, (error) => run?.recordFailed(error));
  const running = new RunningServer(surroundings, {
    catalog,
    state: values.state,
    config,
    ...(recorder ? { recorder } : {}),
    changed: (session) => run?.changed(session),
  });
  let exitCode = 1;
  try {
    const url = running.listen(server);
    // Not before: if the port is in use, the record of the last run must stay.
    recorder?.start();
    // The results of a batch are those of one graph.
    if (!values['no-watch'] && !values['exit-at-end']) catalog.watch();
    run = new GraphRun(running, url, surroundings, { exitAtEnd: values['exit-at-end'] ?? false });
    exitCode = await run.until(forS);
  } finally {
    if (!(await running.stop()) || run?.isEmpty()) exitCode = 1;
    recorder?.close();
  }
  return exitCode;
}

/** With `--exit-at-end`, a session that does not work for that long will not come to an end. */
const GIVE_UP_AFTER_MS = 15_000;

/** From the start of the one session to the reason to leave. */
class GraphRun {
  readonly #running: RunningServer;
  readonly #url: string;
  readonly #surroundings: Surroundings;
  readonly #exitAtEnd: boolean;
  readonly #startedMs = performance.now();
  readonly #over: Promise<number>;
  #leave: (exitCode: number) => void = () => undefined;
  #ready = false;
  /** It is being stopped: whoever waits for `ready` must not take it for running. */
  #left = false;
  #finished: { readonly fault: string | undefined } | undefined;
  /** On the clock of this process. */
  #faultSinceMs: number | undefined;
  /** A node threw in this run: even if the session went on, the run was not clean. */
  #nodeFailed = false;

  constructor(running: RunningServer, url: string, surroundings: Surroundings, options: { exitAtEnd: boolean }) {
    this.#running = running;
    this.#url = url;
    this.#surroundings = surroundings;
    this.#exitAtEnd = options.exitAtEnd;
    this.#over = new Promise((resolve) => {
      this.#leave = (exitCode) => {
        this.#left = true;
        resolve(exitCode);
      };
    });
  }

  async until(forS: number | undefined): Promise<number> {
    this.#running.sessions.create();
    const timer = forS === undefined ? undefined : setTimeout(() => this.#finish(), forS * 1000);
    const status = setInterval(() => this.#look(), STATUS_EVERY_MS);
    void this.#running.interrupted.then(() => this.#leave(this.#nodeFailed ? 1 : 0));
    const exitCode = await this.#over;
    clearTimeout(timer);
    clearInterval(status);
    this.#showStatus();
    this.#running.status.end();
    return exitCode;
  }

  recordFailed({ code, message }: WindhoverError): void {
    this.#running.log.error(message, { code });
    this.#leave(1);
  }

  changed(session: Session): void {
    const { state, error } = session;
    if (state === 'running' && !this.#ready && !this.#left) {
      this.#ready = true;
      const line = `ready ${this.#url} session=${session.id} camera=${session.graph.camera}\n`;
      this.#running.status.aside(() => this.#surroundings.stdout.write(line));
    }
    // Without an error the process died by itself, and what follows is as good as a first run.
    if (state === 'restarting' && error) this.#nodeFailed = true;
    // A restarted batch would write its results twice, so the command ends with the error instead.
    const batch = this.#exitAtEnd && (this.#nodeFailed || session.graph.engine.pace === 'asap');
    // The session has logged why.
    if (state === 'failed' || (state === 'restarting' && batch)) this.#leave(1);
    else if (state === 'ended' && this.#exitAtEnd) this.#finish();
  }

  /** The run came to the end that it was given. */
  #finish(): void {
    // Once the session is stopped, it has no fault.
    this.#finished = { fault: this.#running.sessions.list()[0]?.fault?.message };
    this.#leave(this.#nodeFailed ? 1 : 0);
  }

  /** To be asked when all is stopped and counted: a run that came to its end without a single frame was none. */
  isEmpty(): boolean {
    const frames = this.#running.sessions.list()[0]?.frames;
    if (!this.#finished || frames?.processed !== 0) return false;
    const why = frames.decoded > 0 ? `${frames.decoded} were decoded, none went through` : 'the source gave none';
    this.#running.log.error(`no frame was processed: ${this.#finished.fault ?? why}`, { code: 'no_frames' });
    return true;
  }

  #look(): void {
    this.#showStatus();
    const view = this.#running.sessions.list()[0];
    // A large model, or a busy machine, may take long to start: what does not come up is told by a fault of its own.
    const fault = view?.fault?.code === 'starting' ? null : (view?.fault ?? null);
    const nowMs = performance.now();
    this.#faultSinceMs = fault === null ? undefined : (this.#faultSinceMs ?? nowMs);
    if (!this.#exitAtEnd || fault === null || nowMs - (this.#faultSinceMs ?? nowMs) < GIVE_UP_AFTER_MS) return;
    this.#running.log.error(`given up after ${GIVE_UP_AFTER_MS / 1000} s: ${fault.message}`, { code: fault.code });
    this.#leave(1);
  }

  #showStatus(): void {
    const [view] = this.#running.sessions.list();
    if (!view || !this.#running.status.live) return;
    const asFile = view.progress !== null && this.#running.catalog.graphs[0]?.pace === 'asap';
    const elapsedS = (performance.now() - this.#startedMs) / 1000;
    this.#running.status.show(asFile ? progressText(view, elapsedS) : statusText(view));
  }
}
