/** One process at a time: locks with real processes that die, and what they keep from two processes at once. */
import { afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore } from '../runtime/engine/store.ts';
import { ProcessLock } from '../runtime/process-lock.ts';
import { TEST_LIMIT_MS } from './support/patience.ts';
import { firstLine } from './support/processes.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const folder = mkdtempSync(join(tmpdir(), 'windhover-lock-'));
const holders = new Set<Bun.Subprocess<'ignore', 'pipe', 'inherit'>>();
afterEach(() => {
  for (const holder of holders) holder.kill('SIGKILL');
  holders.clear();
  rmSync(folder, { recursive: true, force: true });
});

/** Another process that wants the lock. @returns it, and who has the lock by its account */
async function other(path: string) {
  const process_ = Bun.spawn(['bun', join(import.meta.dir, 'support', 'lock-holder.ts'), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  holders.add(process_);
  const says = await firstLine(process_);
  const die = async () => {
    process_.kill('SIGKILL');
    await process_.exited;
  };
  return { pid: process_.pid, says, die };
}

describe('a lock', () => {
  const path = join(folder, 'a', 'lock');

  test('is one process’s until it gives it back or dies', async () => {
    const lock = new ProcessLock(path);
    expect(lock.take()).toBeNull();
    // The threads of a process share it.
    expect(new ProcessLock(path).take()).toBeNull();
    expect((await other(path)).says).toBe(String(process.pid));
    lock.give();
    const { pid, says, die } = await other(path);
    expect(says).toBe('mine');
    expect(lock.take()).toBe(pid);
    lock.give();
    expect(lock.take()).toBe(pid);
    await die();
    expect(lock.take()).toBeNull();
    lock.give();
    expect(existsSync(path)).toBe(false);
  });

  test.each(['1 1', `${process.pid} 1`, '999999999 5', '-1 1', '0 0', 'nonsense', ' '])(
    'of a process that is gone (%p) is taken over',
    async (owner) => {
      const lock = new ProcessLock(path);
      lock.take();
      rmSync(path);
      symlinkSync(owner, path);
      expect(lock.take()).toBeNull();
      expect(readlinkSync(path)).toStartWith(`${process.pid} `);
      expect(readdirSync(join(folder, 'a'))).toEqual(['lock']);
    },
  );

  test('of many that want what a dead one had, one gets it', async () => {
    const lock = new ProcessLock(path);
    lock.take();
    rmSync(path);
    symlinkSync('999999999 5', path);
    const all = await Promise.all(Array.from({ length: 6 }, () => other(path)));
    const [winner, ...more] = all.filter(({ says }) => says === 'mine');
    expect(more).toEqual([]);
    for (const { says } of all.filter((one) => one !== winner)) expect(says).toBe(String(winner?.pid));
  });

  test('that cannot be made keeps nobody out', () => {
    expect(new ProcessLock('/proc/nowhere/lock').take()).toBeNull();
  });
});

test('of two processes with one state folder, the first writes; the other says so once, and may when it is gone', async () => {
  const told: string[] = [];
  const first = await other(join(folder, 'cam', '.lock'));
  const store = new FileStore(folder, 'cam', 'autotrack', ({ message }) => told.push(message));
  store.save({ speed: 1 });
  store.save({ speed: 2 });
  expect(store.load()).toBeNull();
  expect(told).toEqual([expect.stringContaining(`process ${first.pid} runs the same camera`)]);
  await first.die();
  store.save({ speed: 3 });
  expect(JSON.parse(readFileSync(join(folder, 'cam', 'autotrack.json'), 'utf8'))).toEqual({ speed: 3 });
  expect(readdirSync(join(folder, 'cam')).toSorted()).toEqual(['.lock', 'autotrack.json']);
});
