/** Runs the real command line: within this process, or as a process of its own. */
import { join } from 'node:path';
import { runCli } from '../../runtime/cli.ts';
import type { SessionView } from '../../runtime/session/api.ts';
import { ASK_MS, PATIENCE_MS, until } from './patience.ts';
import { isAlive, sessionProcesses } from './processes.ts';

export const ROOT = join(import.meta.dir, '..', '..');

export interface CommandOptions {
  /** Undefined: not set. */
  readonly env?: Record<string, string | undefined>;
  /** Folder of the project; default: the real one. */
  readonly root?: string;
  readonly cwd?: string;
  /** Runs it in a pseudo-terminal; what it writes to stdout and stderr then both is in `stdout`. */
  readonly terminal?: boolean;
  /** What starts it, such as another user's Bun. */
  readonly launcher?: readonly string[];
  /** Starts it as people do, by `bun run graph …`, with one process more in between. */
  readonly bunRun?: boolean;
}

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. `await using` ends it, and waits until it and its sessions are gone. */
export class RunningCommand implements AsyncDisposable {
  stdout = '';
  stderr = '';
  readonly #process: Bun.Subprocess<'pipe', 'pipe', 'pipe'>;
  readonly #read: Promise<unknown>;

  constructor(
    args: readonly string[],
    { env = {}, root = ROOT, cwd = ROOT, terminal = false, bunRun = false, ...options }: CommandOptions = {},
  ) {
    const { launcher = [process.execPath] } = options;
    const command = [...launcher, ...(bunRun ? ['run'] : [join(root, 'runtime', 'main.ts')]), ...args];
    // exec: a shell that stayed in between would take the key press too, and answer with its own exit code (dash: 130).
    const quoted = `exec ${command.map((part) => `'${part}'`).join(' ')}`;
    const line = terminal ? ['script', '-qec', quoted, '/dev/null'] : command;
    this.#process = Bun.spawn(line, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#read = Promise.all([
      this.#follow(this.#process.stdout, (text) => {
        this.stdout += text;
      }),
      this.#follow(this.#process.stderr, (text) => {
        this.stderr += text;
      }),
    ]);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Process ids of its sessions. */
  get sessions(): number[] {
    return sessionProcesses(this.pid);
  }

  signal(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGKILL'): void {
    this.#process.kill(signal);
  }

  /** Types into its terminal. */
  type(keys: string): void {
    this.#process.stdin.write(keys);
    this.#process.stdin.flush();
  }

  /** Waits for a line of stdout that begins so, and gives it. */
  async line(start: string): Promise<string> {
    const find = () => this.stdout.split('\n').find((line) => line.startsWith(start));
    await this.#until(`a line '${start}…'`, () => find() !== undefined);
    return find() ?? '';
  }

  /** URL of the server, as soon as it is up. */
  async url(): Promise<string> {
    return (await this.line('listening ')).split(' ')[1] ?? '';
  }

  /** Waits for the ready line. */
  async ready(): Promise<{ url: string; session: string; camera: string }> {
    const line = await this.line('ready ');
    const [, url = '', session = '', camera = ''] = /^ready (\S+) session=(\S+) camera=(\S+)$/.exec(line) ?? [];
    return { url, session, camera };
  }

  async sessionView(url: string, id: string): Promise<SessionView> {
    const answer = await fetch(`${url}/sessions/${id}`);
    return (await answer.json()) as SessionView;
  }

  /** Looks at the (first) session until it is so. */
  async untilView(url: string, what: string, holds: (view: SessionView) => boolean): Promise<SessionView> {
    const end = performance.now() + PATIENCE_MS;
    while (performance.now() < end) {
      const { sessions } = (await (await fetch(`${url}/sessions`)).json()) as { sessions: SessionView[] };
      const [view] = sessions;
      if (view && holds(view)) return view;
      await Bun.sleep(ASK_MS);
    }
    throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
  }

  /** Waits until it has ended by itself. */
  async finished(): Promise<Finished> {
    await this.#until('the end of the command', () => this.#process.exitCode !== null || this.#process.killed);
    await Promise.all([this.#process.exited, this.#read]);
    return { exitCode: this.#process.exitCode ?? -1, stdout: this.stdout, stderr: this.stderr };
  }

  /** The entries of the log (stderr without a terminal is JSON lines). */
  log(): Record<string, unknown>[] {
    const lines = this.stderr.split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line): Record<string, unknown> => JSON.parse(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sessions = this.sessions;
    if (this.#process.exitCode === null) this.signal('SIGTERM');
    const force = setTimeout(() => this.signal('SIGKILL'), 10_000);
    await this.#process.exited;
    clearTimeout(force);
    for (const pid of sessions) await until(`session process ${pid} gone`, () => !isAlive(pid));
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    const over = () => this.#process.exitCode !== null;
    // A command that has failed will not get there any more; its output says why.
    await until(what, () => condition() || over(), PATIENCE_MS);
    if (condition()) return;
    await this.#read;
    if (!condition()) {
      throw new Error(`${what}: exited with ${this.#process.exitCode}\n${this.stdout}${this.stderr}`);
    }
  }

  async #follow(stream: ReadableStream<Uint8Array>, take: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) take(decoder.decode(chunk, { stream: true }));
  }
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Folder of the project; default: the real one. */
  readonly root?: string;
  /** Whether it writes to a terminal, of 120 columns. */
  readonly terminal?: boolean;
}

/** Runs a command to its end within this process: all that `main.ts` adds to it is the process's own surroundings. */
export async function runCommand(
  args: readonly string[],
  { env = {}, cwd = ROOT, root = ROOT, terminal = false }: Surroundings = {},
): Promise<Finished> {
  const written = { stdout: '', stderr: '' };
  const writer = (name: 'stdout' | 'stderr'): NodeJS.WriteStream =>
    Object.assign(Object.create(process[name]), {
      isTTY: terminal,
      columns: 120,
      write: (text: string) => {
        written[name] += text;
        return true;
      },
    });
  const exitCode = await runCli([...args], { env, cwd, root, stdout: writer('stdout'), stderr: writer('stderr') });
  return { exitCode, ...written };
}
