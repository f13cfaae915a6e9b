// biome-ignore-all lint/suspicious/noTemplateCurlyInString: graphs hold variables
/** Changes of graphs through the catalog: checked, put into force, written, read again. */
import { describe, expect, test } from 'bun:test';
import { chmodSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { formatFault } from '../../runtime/graph/faults.ts';
import { GOOD } from '../graph/nodes.ts';
import { Rig } from './rig.ts';

const A = GOOD.replace('cam01', 'a').replace(
  '{ use: detect,    from: decode }',
  '{ use: detect,    from: decode, with: { confidence: 0.3 } }   # tuned',
);
const B = GOOD.replace('cam01', 'b');
const FILES = { 'a.yaml': A, 'b.yaml': B };
const confidence = (value: unknown) => ({ nodes: { detect: { with: { confidence: value } } } });

describe('apply', () => {
  test('a patch reaches the session; the file stays as it is', async () => {
    await using rig = await Rig.start({ files: FILES });
    rig.host.running.add('a');
    const { faults, applied } = await rig.catalog.apply({ a: confidence(0.4) });
    expect(faults).toEqual([]);
    expect(applied).toEqual([
      { camera: 'a', file: 'a.yaml', how: 'live', nodes: [], workers: [], settings: ['detect.confidence'] },
    ]);
    expect(rig.params('a', 'detect')).toMatchObject({ confidence: 0.4 });
    expect(rig.said('info')).toEqual(['changed detect.confidence (live)']);
    expect(readFileSync(rig.folder.file('a.yaml'), 'utf8')).toBe(A);
    expect(rig.catalog.text('a')).toBe(A.replace('0.3', '0.4'));
  });

  test('a whole text; nodes that come and go', async () => {
    await using rig = await Rig.start({ files: FILES });
    const text = `${A.replace('  autotrack: { use: autotrack, from: track }\n', '').replace('[track, autotrack]', 'track')}
  other: { use: publish, from: track }\n`;
    expect((await rig.catalog.apply({ a: text })).faults).toEqual([]);
    expect(rig.said('info')).toEqual(['changed publish.from, +other, -autotrack (when a session starts)']);
  });

  test('what is wrong has a place, and nothing is done; validate says the same', async () => {
    await using rig = await Rig.start({ files: FILES });
    const change = { a: confidence(0.4), b: confidence(4) };
    const { faults, applied } = await rig.catalog.apply(change);
    expect(faults.map(formatFault)).toEqual([
      'b.yaml:6:66 nodes.detect.with.confidence: must be between 0 and 1, got 4',
    ]);
    expect(applied).toEqual([]);
    expect(await rig.catalog.validate(change)).toEqual(faults);
    expect(await rig.catalog.validate({ a: confidence(0.5) })).toEqual([]);
    expect(rig.host.done).toEqual([]);
    expect(rig.catalog.text('a')).toBe(A);
  });

  test('when one session refuses, the others get back what they had', async () => {
    await using rig = await Rig.start({ files: FILES });
    rig.host.refuses = 'b';
    const change = { a: confidence(0.4), b: confidence(0.4) };
    await expect(rig.catalog.apply(change)).rejects.toMatchObject({ code: 'model_broken' });
    expect(rig.host.done).toEqual(['change a', 'change a']);
    expect(rig.params('a', 'detect')).toMatchObject({ confidence: 0.3 });
    expect(rig.catalog.text('a')).toBe(A);
  });

  test('two cameras of one name', async () => {
    await using rig = await Rig.start({ files: FILES });
    const { faults } = await rig.catalog.apply({ b: { camera: 'a' } });
    expect(faults.map(formatFault)).toEqual([
      "b.yaml:2:9 camera: 'a' is also the camera of a.yaml; each graph needs its own",
    ]);
    // Together with the other one it is fine.
    expect((await rig.catalog.apply({ a: { camera: 'c' }, b: { camera: 'a' } })).faults).toEqual([]);
    expect(rig.host.graphs.map(({ camera }) => camera).toSorted()).toEqual(['a', 'c']);
  });

  test('another name for a camera: its session ends, and one of the new name begins', async () => {
    await using rig = await Rig.start({ files: FILES });
    rig.host.running.add('a');
    const { applied } = await rig.catalog.apply({ a: { camera: 'c' } });
    expect(applied).toMatchObject([{ camera: 'c', how: 'process' }]);
    expect(rig.host.done).toEqual(['remove s-a', 'change a', 'create c']);
    await expect(rig.catalog.apply({ a: {} })).rejects.toMatchObject({ code: 'unknown_camera' });
  });

  test('a session that had failed starts again', async () => {
    await using rig = await Rig.start({ files: FILES });
    rig.host.running.add('a');
    rig.host.failed.add('a');
    await rig.catalog.apply({ a: confidence(0.4) });
    expect(rig.host.done).toEqual(['change a', 'create a']);
  });

  test('--set values stay, and a patch of one is refused', async () => {
    await using rig = await Rig.start({ files: FILES, sets: ['detect.confidence=0.7'] });
    expect(await rig.catalog.apply({ a: A.replace('0.3', '0.4') })).toMatchObject({ faults: [] });
    expect(rig.params('a', 'detect')).toMatchObject({ confidence: 0.7 });
    for (const patch of [confidence(0.4), { nodes: { detect: { with: null } } }, { nodes: { detect: null } }]) {
      const faults = await rig.catalog.validate({ a: patch });
      expect(faults.map(formatFault)).toContain(
        '--set detect.confidence: is set on the command line and cannot be changed',
      );
    }
    expect(await rig.catalog.validate({ a: { nodes: { detect: { with: { side: 64 } } } } })).toEqual([]);
  });
});

describe('persist', () => {
  test('writes the active text and a backup of the file; reload finds nothing new', async () => {
    await using rig = await Rig.start({ files: FILES });
    expect(await rig.catalog.persist('a')).toBeNull();
    await rig.catalog.apply({ a: confidence(0.4) });
    const backup = await rig.catalog.persist('a');
    expect(readFileSync(rig.folder.file('a.yaml'), 'utf8')).toBe(A.replace('0.3', '0.4'));
    expect(readFileSync(backup ?? '', 'utf8')).toBe(A);
    expect(rig.catalog.backups('a')).toEqual([backup ?? '']);
    expect(await rig.catalog.reload('a')).toEqual([]);
    expect(rig.said('info')).toEqual(['changed detect.confidence (when a session starts)']);
  });

  test('reload drops what was not persisted', async () => {
    await using rig = await Rig.start({ files: FILES });
    await rig.catalog.apply({ a: confidence(0.4) });
    expect(await rig.catalog.reload('a')).toEqual([]);
    expect(rig.params('a', 'detect')).toMatchObject({ confidence: 0.3 });
  });

  test('variables stay variables in the file', async () => {
    const text = B.replace('"rtsp://cam/sub"', '"rtsp://${USER}:${PASSWORD}@cam/sub"');
    await using rig = await Rig.start({ files: { 'b.yaml': text }, env: { USER: 'root', PASSWORD: 'sesame' } });
    const url = 'rtsp://root:sesame@cam/sub';
    expect(rig.params('b', 'source')).toMatchObject({ url });
    await rig.catalog.apply({ b: { nodes: { source: { with: { url, port: 554 } } } } });
    await rig.catalog.persist('b');
    const written = readFileSync(rig.folder.file('b.yaml'), 'utf8');
    expect(written).toBe(text.replace('sub" }', 'sub", port: 554 }'));
    expect(rig.params('b', 'source')).toMatchObject({ url, port: 554 });
  });

  test('an edit that is not active is not overwritten', async () => {
    await using rig = await Rig.start({ files: FILES });
    await rig.catalog.apply({ a: confidence(0.4) });
    writeFileSync(rig.folder.file('a.yaml'), `${A}# mine\n`);
    await expect(rig.catalog.persist('a')).rejects.toMatchObject({ code: 'edit_conflict' });
    expect(readFileSync(rig.folder.file('a.yaml'), 'utf8')).toBe(`${A}# mine\n`);
  });

  test('ten backups are kept; the oldest one goes', async () => {
    await using rig = await Rig.start({ files: FILES });
    const made: string[] = [];
    for (let i = 1; i <= 12; i++) {
      await rig.catalog.apply({ a: confidence(i / 100) });
      made.push((await rig.catalog.persist('a')) ?? '');
      // Their names are times.
      rig.clock.advance(1);
    }
    expect(rig.catalog.backups('a')).toEqual(made.slice(2).toReversed());
    expect(readFileSync(made[2] ?? '', 'utf8')).toBe(A.replace('0.3', '0.02'));
    expect(rig.catalog.backups('b')).toEqual([]);
  });

  test('a link stays a link, and rights stay what they were', async () => {
    await using rig = await Rig.start({ files: { 'real.txt': A }, paths: ['real.txt'] });
    chmodSync(rig.folder.file('real.txt'), 0o640);
    symlinkSync('real.txt', rig.folder.file('link.yaml'));
    await using linked = await Rig.start({ files: {}, paths: [rig.folder.file('link.yaml')] });
    await linked.catalog.apply({ a: confidence(0.4) });
    await linked.catalog.persist('a');
    expect(lstatSync(rig.folder.file('link.yaml')).isSymbolicLink()).toBe(true);
    expect(readFileSync(rig.folder.file('real.txt'), 'utf8')).toBe(A.replace('0.3', '0.4'));
    const [backup = ''] = linked.catalog.backups('a');
    for (const file of [rig.folder.file('real.txt'), backup]) expect(statSync(file).mode & 0o777).toBe(0o640);
  });
});

test('secrets of a change are hidden in the log', async () => {
  await using rig = await Rig.start({ files: FILES });
  const url = 'rtsp://root:sesame@cam/sub';
  await rig.catalog.apply({ a: { nodes: { source: { with: { url } } } } });
  expect([...rig.catalog.secrets]).toContain('sesame');
});
