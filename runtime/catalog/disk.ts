/** Graph files on the disk: finding them, detecting changes, writing so that no reader gets half a file. */
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Backups that are kept of one file. */
const BACKUPS = 10;
/** In the folder of the graph file. Served folders don't look into it. */
const BACKUP_FOLDER = '.backups';

/** Undefined when it is missing or can't be reached. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

export function isFolder(path: string): boolean {
  return statOf(path)?.isDirectory() === true;
}

/** Names of the graph files in a folder, in order; null when it can't be read. */
export function graphsIn(folder: string): string[] | null {
  try {
    const names = readdirSync(folder);
    return names.filter((name) => /^[^.].*\.ya?ml$/.test(name)).toSorted();
  } catch {
    return null;
  }
}

/** Changes whenever the file changes; null: there is no file. */
export function fileMark(path: string): string | null {
  const stat = statOf(path);
  return stat ? [stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join(' ') : null;
}

/** Replaces the text of a file: a reader finds the old text or the new one, also after a crash. */
export function replaceFile(path: string, text: string): void {
  // A link stays a link.
  const target = realpathSync(path);
  const draft = join(dirname(target), `.${basename(target)}.${crypto.randomUUID()}.new`);
  writeLike(target, draft, text);
  renameSync(draft, target);
  sync(dirname(target));
}

/** Keeps a text as a backup of a file; the oldest of too many go. @returns its path */
export function writeBackup(path: string, text: string, unixMs: number): string {
  const folder = join(dirname(path), BACKUP_FOLDER);
  mkdirSync(folder, { recursive: true });
  // No colons: some file systems have none.
  const time = new Date(unixMs).toISOString().replaceAll(':', '-');
  const backup = join(folder, `${basename(path)}.${time}`);
  writeLike(path, backup, text);
  for (const old of backupsOf(path).slice(BACKUPS)) rmSync(old);
  return backup;
}

/** Paths of the backups of a file, the newest first. */
export function backupsOf(path: string): string[] {
  const folder = join(dirname(path), BACKUP_FOLDER);
  if (!isFolder(folder)) return [];
  const prefix = `${basename(path)}.`;
  const isOne = (name: string) => name.startsWith(prefix) && TIME.test(name.slice(prefix.length));
  return readdirSync(folder)
    .filter(isOne)
    .toSorted()
    .reverse()
    .map((name) => join(folder, name));
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z$/;

/** Who may not read the one file may not read the other. */
function writeLike(model: string, path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, statSync(model).mode);
  sync(path);
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
