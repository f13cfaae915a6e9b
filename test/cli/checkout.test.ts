/** The commands work wherever the project lies, and whatever the surroundings lack. */
import { expect, test } from 'bun:test';
import { chmodSync, cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, RunningCommand } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { ROOMS } from '../support/rooms.ts';

const PARTS = [...ROOMS, 'models', 'graphs', 'fixtures', 'package.json', 'bun.lock'];

test(
  'a read-only checkout in a folder with spaces and other letters, without HOME',
  async () => {
    using folder = new Folder();
    const root = folder.file('my höver #1 100%');
    for (const part of PARTS) cpSync(join(ROOT, part), join(root, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    chmodSync(root, 0o555);
    await using command = new RunningCommand(['graph', 'graphs/clip.yaml', '--port', '0'], {
      cwd: root,
      root,
      env: { HOME: undefined },
    });
    await command.ready();
    command.signal('SIGTERM');
    expect((await command.finished()).exitCode).toBe(0);
    expect(command.log().filter(({ level }) => level !== 'info')).toEqual([]);
    chmodSync(root, 0o755);
  },
  TEST_LIMIT_MS,
);
