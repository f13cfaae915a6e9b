/** What a browser loads: a module of web/ with all that it imports, as one minified ES module. */
import { join } from 'node:path';
import { WindhoverError } from '../errors.ts';

const WEB = join(import.meta.dir, '../../web');

/**
 * Built in a process of its own: the bundler of a process that has just installed the dependencies does not find them.
 * @param entry a file in web/
 * @throws WindhoverError `browser_module`, with what the bundler says
 */
export async function browserModule(entry: string): Promise<string> {
  const command = [process.execPath, 'build', join(WEB, entry), '--target=browser', '--format=esm', '--minify'];
  const builder = Bun.spawn(command, { cwd: WEB, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [text, said, exitCode] = await Promise.all([builder.stdout.text(), builder.stderr.text(), builder.exited]);
  if (exitCode === 0) return text;
  throw new WindhoverError('browser_module', `web/${entry} cannot be built`, { got: said.trim().slice(0, 1000) });
}
