/** Graph files on the disk: finding them, detecting changes, writing so that no reader gets half a file. */
import {
  chmodSync,
  closeSync,
  existsSync,
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

/** Makes a file that is not there yet: whole, or not at all. Passwords may be in it. */
export function createFile(path: string, text: string): void {
  const draft = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.new`);
  writeFileSync(draft, text, { mode: 0o600 });
  sync(draft);
  renameSync(draft, path);
  sync(dirname(path));
}

/** The file becomes a backup of itself. @returns its path */
export function moveToBackup(path: string, unixMs: number): string {
  const backup = backupPath(path, unixMs);
  // Of a link the link alone: what it leads to belongs to somebody else.
  renameSync(path, backup);
  sync(dirname(path));
  prune(path);
  return backup;
}

/** Keeps a text as a backup of a file; the oldest of too many go. @returns its path */
export function writeBackup(path: string, text: string, unixMs: number): string {
  const backup = backupPath(path, unixMs);
  writeLike(path, backup, text);
  prune(path);
  return backup;
}

function backupPath(path: string, unixMs: number): string {
  const folder = join(dirname(path), BACKUP_FOLDER);
  mkdirSync(folder, { recursive: true });
  // No colons: some file systems have none.
  const at = (ms: number) => join(folder, `${basename(path)}.${new Date(ms).toISOString().replaceAll(':', '-')}`);
  let ms = unixMs;
  while (existsSync(at(ms))) ms += 1;
  return at(ms);
}

function prune(path: string): void {
  for (const old of backupsOf(path).slice(BACKUPS)) rmSync(old);
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
  chmodSync(path, statOf(model)?.mode ?? 0o600);
  sync(path);
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
