/**
 * Entry of every command (`bun run graph …`, `bun run test`, …). Installs the locked dependencies when they are missing,
 * so that a fresh clone needs no other step, then hands over to cli.ts. Imports nothing that has to be installed first.
 */
import { join } from 'node:path';
import { isInstalled, markInstalled } from './dependencies.ts';
import { errorCode } from './errors.ts';
import { nativeEnv } from './native-env.ts';

const root = join(import.meta.dir, '..');

function install(): void {
  if (isInstalled(root)) return;
  process.stderr.write('installing the locked dependencies (once) …\n');
  const { exitCode } = Bun.spawnSync([process.execPath, 'install', '--frozen-lockfile'], {
    cwd: root,
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
  });
  if (exitCode !== 0) {
    process.stderr.write('windhover: the dependencies could not be installed; is the package registry reachable?\n');
    process.exit(1);
  }
  try {
    markInstalled(root);
  } catch (error) {
    // In a read-only checkout the next command looks at the dependencies again.
    if (!['EACCES', 'EROFS'].includes(errorCode(error) ?? '')) throw error;
  }
}

install();
// For processes that are started from here on.
Object.assign(process.env, nativeEnv());
const { runCli } = await import('./cli.ts');
/** Streams that take nothing any more, and why. */
const lost = new Map<NodeJS.WriteStream, Error>();
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    // A command that goes on until it is told to stop is told so. It goes on when nobody reads its log.
    if (stream === process.stdout && !lost.has(stream)) process.emit('SIGTERM', 'SIGTERM');
    lost.set(stream, error);
  });
}
// The one place that reads the process's surroundings.
let exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  root,
  stdout: process.stdout,
  stderr: process.stderr,
});
await written(process.stdout);
const error = lost.get(process.stdout);
// A reader that has what it wants (`| head -1`) is no error.
if (error && errorCode(error) !== 'EPIPE') {
  process.stderr.write(`windhover: the output could not be written: ${error.message}\n`);
  exitCode = 1;
}
await written(process.stderr);
process.exit(exitCode);

/** Waits until its reader, which may be slow, has taken all: leaving drops the rest. */
async function written(stream: NodeJS.WriteStream): Promise<void> {
  if (lost.has(stream)) return;
  await new Promise<void>((resolve) => {
    stream.on('error', () => resolve());
    stream.end(() => resolve());
  });
}
