/**
 * Entry of every command (`bun run graph …`, `bun run test`, …). Installs the locked dependencies when they are missing,
 * so that a fresh clone needs no other step, then hands over to cli.ts. Imports nothing that has to be installed first.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from './errors.ts';

const root = join(import.meta.dir, '..');
const modules = join(root, 'node_modules');
/** Says for which lock file the dependencies were installed. */
const stamp = join(modules, '.windhover-lock');

function installed(lockHash: string): boolean {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash;
}

function install(): void {
  const lockHash = Bun.hash(readFileSync(join(root, 'bun.lock'))).toString(16);
  if (installed(lockHash)) return;
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
    writeFileSync(stamp, lockHash);
  } catch (error) {
    // In a read-only checkout the next command looks at the dependencies again.
    if (!['EACCES', 'EROFS'].includes(errorCode(error) ?? '')) throw error;
  }
}

install();
const { runCli } = await import('./cli.ts');
// The one place that reads the process's surroundings.
const exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  root,
  stdout: process.stdout,
  stderr: process.stderr,
});
process.exit(exitCode);
