/** Which lock file the installed dependencies belong to: a stamp beside them. Imports nothing that has to be installed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Are the dependencies of the folder those of its lock file? */
export function isInstalled(root: string): boolean {
  const stamp = stampOf(root);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash(root);
}

/** Notes that they are. @throws the error of the file system */
export function markInstalled(root: string): void {
  writeFileSync(stampOf(root), lockHash(root));
}

function stampOf(root: string): string {
  return join(root, 'node_modules', '.windhover-lock');
}

function lockHash(root: string): string {
  return Bun.hash(readFileSync(join(root, 'bun.lock'))).toString(16);
}
