/** The catalog follows the disk: edits as editors make them, broken ones, files that come and go. */
import { describe, expect, test } from 'bun:test';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { FolderWatch } from '../../runtime/catalog/watch.ts';
import { GOOD } from '../graph/nodes.ts';
import { Folder } from '../support/graphs.ts';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';
import { Rig, type RigOptions } from './rig.ts';

const A = GOOD.replace('cam01', 'a').replace('from: decode }', 'from: decode, with: { confidence: 0.3 } }');
const B = GOOD.replace('cam01', 'b');

async function follow(options: Partial<RigOptions> & { pollMs?: number } = {}): Promise<Rig> {
  const rig = await Rig.start({ files: { 'a.yaml': A, 'b.yaml': B }, realTime: true, ...options });
  rig.host.running.add('a');
  rig.catalog.watch(options.pollMs === undefined ? {} : { pollMs: options.pollMs });
  return rig;
}

const confidenceIs = (rig: Rig, value: number) =>
  until(`confidence ${value}`, () => rig.params('a', 'detect')?.confidence === value);

/** Ways to put a text into a file. */
const EDITORS: Record<string, (path: string, text: string) => void> = {
  'writes over the file': (path, text) => writeFileSync(path, text),
  'writes another file and renames it': (path, text) => {
    writeFileSync(`${path}.tmp`, text);
    renameSync(`${path}.tmp`, path);
  },
  'moves the old file away first': (path, text) => {
    renameSync(path, `${path}~`);
    writeFileSync(path, text);
  },
  'empties the file first': (path, text) => {
    writeFileSync(path, '');
    setTimeout(() => writeFileSync(path, text), 60);
  },
  'takes the file away for a moment': (path, text) => {
    rmSync(path);
    setTimeout(() => writeFileSync(path, text), 200);
  },
};

describe('an editor that', () => {
  test.each(Object.keys(EDITORS))(
    '%s',
    async (name) => {
      await using rig = await follow();
      for (const value of [0.4, 0.5]) {
        EDITORS[name]?.(rig.folder.file('a.yaml'), A.replace('0.3', String(value)));
        await confidenceIs(rig, value);
      }
      expect(rig.log.filter(({ level }) => level !== 'info')).toEqual([]);
      expect(rig.host.done).toEqual(['change a', 'change a']);
    },
    TEST_LIMIT_MS,
  );
});

describe('a broken edit', () => {
  test(
    'is logged once with its place, also after another edit; the graph from before runs until it is fixed',
    async () => {
      await using rig = await follow();
      const broken = A.replace('0.3', '3');
      rig.folder.write('a.yaml', broken);
      await until('a warning', () => rig.catalog.warnings().length > 0);
      const message = 'a.yaml:6:66 nodes.detect.with.confidence: must be between 0 and 1, got 3';
      expect(rig.catalog.warnings()).toEqual([
        { file: 'a.yaml', code: 'range', message, since_unix_ms: expect.any(Number) },
      ]);
      expect(rig.said('error')).toEqual([message]);
      // Something else, above it: the place is another one, the fault is not.
      rig.folder.write('a.yaml', `# A comment.\n${broken}`);
      await until('its new place', () => rig.catalog.warnings()[0]?.message.includes('a.yaml:7:66') === true);
      rig.folder.write('a.yaml', `${broken}  worse: {}\n`);
      await until('a second fault', () => rig.catalog.warnings().length === 2);
      expect(rig.said('error')).toEqual([message, expect.stringContaining('a.yaml:10:3 nodes.worse.use: is required')]);
      expect(rig.params('a', 'detect')).toMatchObject({ confidence: 0.3 });
      rig.folder.write('a.yaml', A.replace('0.3', '0.4'));
      await confidenceIs(rig, 0.4);
      await until('no warning', () => rig.catalog.warnings().length === 0);
      expect(rig.said('info')).toEqual(['changed detect.confidence (live)', 'the graph file is valid again']);
    },
    TEST_LIMIT_MS,
  );

  test(
    'that a session refuses is told in the same way',
    async () => {
      await using rig = await follow();
      rig.host.refuses = 'a';
      rig.folder.write('a.yaml', A.replace('0.3', '0.4'));
      await until('a warning', () => rig.catalog.warnings().length > 0);
      const [warning] = rig.catalog.warnings();
      expect(warning).toMatchObject({ file: 'a.yaml', code: 'model_broken' });
      expect(warning?.message).toBe('a.yaml: the model cannot be opened');
      rig.host.refuses = undefined;
      rig.folder.write('a.yaml', A.replace('0.3', '0.5'));
      await confidenceIs(rig, 0.5);
      await until('no warning', () => rig.catalog.warnings().length === 0);
    },
    TEST_LIMIT_MS,
  );

  test(
    'of two cameras to the same name is refused',
    async () => {
      await using rig = await follow();
      rig.folder.write('b.yaml', B.replace('camera: b', 'camera: a'));
      await until('a warning', () => rig.catalog.warnings().length > 0);
      expect(rig.catalog.warnings()[0]?.message).toBe(
        "b.yaml:2:9 camera: 'a' is also the camera of a.yaml; each graph needs its own",
      );
      expect(rig.host.done).toEqual([]);
    },
    TEST_LIMIT_MS,
  );
});

describe('files of a folder', () => {
  test(
    'a new one is a new camera, also one that was broken at first',
    async () => {
      await using rig = await follow({ startNew: true });
      rig.folder.write('c.yaml', GOOD.replace('cam01', 'c').replace('version: 1', 'version: 3'));
      await until('a warning', () => rig.catalog.warnings().length > 0);
      expect(rig.said('error')).toEqual(['c.yaml:1:10 version: must be 1, got 3']);
      expect(rig.host.done).toEqual([]);
      rig.folder.write('c.yaml', GOOD.replace('cam01', 'c'));
      await until('the camera', () => rig.host.done.length === 2);
      expect(rig.host.done).toEqual(['add c', 'create c']);
      expect(rig.catalog.graphs.map(({ camera }) => camera)).toEqual(['a', 'b', 'c']);
    },
    TEST_LIMIT_MS,
  );

  test(
    'one that goes takes its camera with it; that it is there again is a new one',
    async () => {
      await using rig = await follow();
      rmSync(rig.folder.file('a.yaml'));
      await until('it is gone', () => rig.host.done.includes('drop a'));
      expect(rig.host.done).toEqual(['remove s-a', 'drop a']);
      expect(rig.said('warn')).toEqual(['the graph file was deleted: its camera is removed']);
      rig.folder.write('a.yaml', A);
      await until('it is back', () => rig.host.done.includes('add a'));
    },
    TEST_LIMIT_MS,
  );

  test(
    'a file that was named on its own is missed, not removed',
    async () => {
      await using rig = await follow({ paths: ['a.yaml'] });
      rmSync(rig.folder.file('a.yaml'));
      await until('a warning', () => rig.catalog.warnings().length > 0);
      expect(rig.catalog.warnings()[0]?.message).toBe('a.yaml:1:1: there is no such file');
      expect(rig.host.done).toEqual([]);
      rig.folder.write('a.yaml', A);
      await until('no warning', () => rig.catalog.warnings().length === 0);
    },
    TEST_LIMIT_MS,
  );

  test(
    'a folder that goes takes nothing with it, and is followed again when it is back',
    async () => {
      await using rig = await follow({ pollMs: 50 });
      renameSync(rig.folder.path, `${rig.folder.path}-away`);
      await until('warnings', () => rig.catalog.warnings().length === 2);
      renameSync(`${rig.folder.path}-away`, rig.folder.path);
      await until('no warning', () => rig.catalog.warnings().length === 0);
      rig.folder.write('a.yaml', A.replace('0.3', '0.6'));
      await confidenceIs(rig, 0.6);
      expect(rig.host.done.filter((what) => what !== 'change a' && what !== 'change b')).toEqual([]);
    },
    TEST_LIMIT_MS,
  );
});

test(
  'a link that is pointed to another file',
  async () => {
    await using rig = await follow({
      files: { 'one.txt': A, 'two.txt': A.replace('0.3', '0.4') },
      paths: [],
      pollMs: 30,
    });
    const link = rig.folder.file('cam.yaml');
    symlinkSync('one.txt', link);
    await using linked = await follow({ files: {}, paths: [link], pollMs: 30 });
    symlinkSync('two.txt', `${link}.new`);
    renameSync(`${link}.new`, link);
    await confidenceIs(linked, 0.4);
  },
  TEST_LIMIT_MS,
);

describe('the watch', () => {
  test(
    'polls without events',
    async () => {
      using folder = new Folder();
      const events: boolean[] = [];
      // No folder, so no events.
      const watch = new FolderWatch({
        folders: () => [],
        wants: () => true,
        scan: (event) => events.push(event),
        pollMs: 20,
      });
      folder.write('a.yaml', 'x');
      await until('three scans', () => events.length >= 3);
      watch.close();
      expect(events.every((event) => !event)).toBe(true);
    },
    TEST_LIMIT_MS,
  );

  test(
    'an edit without an event is found by the poll',
    async () => {
      // The folder that is watched is not there at first, and made anew between two polls.
      await using rig = await follow({ pollMs: 30 });
      const away = `${rig.folder.path}-away`;
      renameSync(rig.folder.path, away);
      mkdirSync(rig.folder.path);
      rig.folder.write('a.yaml', A.replace('0.3', '0.7'));
      rig.folder.write('b.yaml', B);
      await confidenceIs(rig, 0.7);
      rmSync(away, { recursive: true });
    },
    TEST_LIMIT_MS,
  );

  test(
    'scans at once, and for wanted files only',
    async () => {
      using folder = new Folder();
      const events: boolean[] = [];
      const wants = (name: string) => name === 'a.yaml';
      const options = {
        folders: () => [folder.path],
        wants,
        scan: (event: boolean) => events.push(event),
        pollMs: 1e9,
      };
      const watch = new FolderWatch(options);
      folder.write('b.jsonl', 'x');
      folder.write('a.yaml', 'x');
      await until('a scan', () => events.length === 1);
      watch.close();
      expect(events).toEqual([true]);
    },
    TEST_LIMIT_MS,
  );
});
