import { afterAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore, MemoryStore } from '../../runtime/engine/store.ts';
import { errorCode } from '../../runtime/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'windhover-state-'));
afterAll(() => rmSync(folder, { recursive: true }));

function open(camera: string, node: string, at = folder) {
  const told: string[] = [];
  return { store: new FileStore(at, camera, node, ({ code }) => told.push(code)), told };
}

describe('a store on disk', () => {
  test('gives what was saved last, to a later one of the same camera and node alone', () => {
    const { store, told } = open('cam01', 'autotrack');
    expect(store.load()).toBe(null);
    store.save({ speed: 1 });
    store.save({ speed: 2 });
    expect(open('cam01', 'autotrack').store.load()).toEqual({ speed: 2 });
    expect(open('cam01', 'other').store.load()).toBe(null);
    expect(open('cam02', 'autotrack').store.load()).toBe(null);
    expect(told).toEqual([]);
    expect(readdirSync(join(folder, 'cam01')).toSorted()).toEqual(['.lock', 'autotrack.json']);
  });

  test.each(['../../evil', '..', '.', 'a/b', 'a\\b', 'c:d', 'ü 1', '*'])('%s is a name like any other', (id) => {
    const { store, told } = open(id, id);
    store.save({ id });
    expect(open(id, id).store.load()).toEqual({ id });
    expect(told).toEqual([]);
    expect(existsSync(join(folder, '../evil.json'))).toBe(false);
    for (const name of readdirSync(folder)) expect(name).toMatch(/^[\w%~!'()-]+$/);
  });

  test('a damaged file is told, and does not stop the node', () => {
    const { store, told } = open('cam03', 'autotrack');
    store.save({ speed: 1 });
    writeFileSync(join(folder, 'cam03/autotrack.json'), '{ "speed": ');
    expect(store.load()).toBe(null);
    expect(told).toEqual(['state_unreadable']);
    store.save({ speed: 3 });
    expect(store.load()).toEqual({ speed: 3 });
  });

  test('a folder that can’t be written is told', () => {
    writeFileSync(join(folder, 'a-file'), '');
    const { store, told } = open('cam01', 'autotrack', join(folder, 'a-file'));
    store.save({});
    expect(told).toEqual(['state_unwritable']);
  });

  test('only its owner can read it', () => {
    const { store } = open('cam04', 'autotrack');
    store.save({});
    expect(readFileSync(join(folder, 'cam04/autotrack.json'), 'utf8')).toBe('{}\n');
    const { mode } = statSync(join(folder, 'cam04/autotrack.json'));
    expect(mode & 0o077).toBe(0);
  });

  test('what is far too large is refused', () => {
    try {
      open('cam01', 'autotrack').store.save('x'.repeat(2 * 1024 * 1024));
    } catch (error) {
      expect(errorCode(error)).toBe('state_too_large');
      return;
    }
    throw new Error('not refused');
  });
});

test('a store in memory keeps a copy', () => {
  const store = new MemoryStore();
  const value = { speed: 1 };
  store.save(value);
  value.speed = 9;
  expect(store.load()).toEqual({ speed: 1 });
});
