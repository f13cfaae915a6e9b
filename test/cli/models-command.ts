/** Runs `bun run models …` in this process, in a project folder of its own. */
import { runCli } from '../../runtime/cli.ts';
import { type Finished, ROOT } from '../support/command.ts';

export interface Where {
  /** Folder of the project; default the real one. */
  readonly root?: string;
  readonly cwd?: string;
  /** Whether it writes to a terminal of 120 columns. */
  readonly terminal?: boolean;
}

export async function models(args: readonly string[], where: Where = {}): Promise<Finished> {
  const { root = ROOT, cwd = ROOT, terminal = false } = where;
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
  const surroundings = { env: {}, cwd, root, stdout: writer('stdout'), stderr: writer('stderr') };
  const exitCode = await runCli(['models', ...args], surroundings);
  return { exitCode, ...written };
}
