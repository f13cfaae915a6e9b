/** Whole graphs by HTTP, over a real catalog and real files: added, replaced, removed; all or nothing; nothing is lost. */
import { afterEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { publicText } from '../../runtime/catalog/public-text.ts';
import { createApp } from '../../runtime/server/app.ts';
import { Rig, type RigOptions } from '../catalog/rig.ts';
import { GOOD } from '../graph/nodes.ts';
import { expectWithout, HARD_PASSWORDS } from '../support/passwords.ts';
import { Documented } from './documented.ts';
import { FakeLog, FakeSessions } from './fake-sessions.ts';

const TEXT = `# The camera of this file.\n${GOOD}# The end.\n`;
const of = (camera: string) => TEXT.replace('cam01', camera);
const FILES = { 'a.yaml': of('a'), 'b.yaml': of('b') };

const rigs: Rig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig[Symbol.asyncDispose]();
});

async function serve(options: Partial<RigOptions> = {}) {
  const rig = await Rig.start({ files: FILES, ...options });
  rigs.push(rig);
  const sessions = new FakeSessions(['a', 'b']);
  const app = createApp({ sessions, catalog: rig.catalog, version: '1', clock: rig.clock, log: new FakeLog() });
  const documented = new Documented(app);
  const call = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
    const init = { method, headers, ...(body === undefined ? {} : { body }) };
    const answer = await documented.ask(new Request(`http://localhost${path}`, init));
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') === true;
    return { status: answer.status, etag: answer.headers.get('etag') ?? '', body: isJson ? JSON.parse(text) : text };
  };
  const onDisk = (name: string) => readFileSync(rig.folder.file(name), 'utf8');
  const backups = () =>
    existsSync(rig.folder.file('.backups')) ? readdirSync(rig.folder.file('.backups')).toSorted() : [];
  return { rig, call, onDisk, backups };
}

test('the list and the texts, with what is not persisted', async () => {
  const { call } = await serve();
  const list = async () => (await call('GET', '/graphs')).body.graphs;
  expect(await list()).toMatchObject([{ camera_id: 'a', file: 'a.yaml', persisted: true }, { camera_id: 'b' }]);
  await call('PATCH', '/settings/a', '{"detect":{"confidence":0.7}}');
  expect(await list()).toMatchObject([{ camera_id: 'a', persisted: false }, { persisted: true }]);
  const { body, etag } = await call('GET', '/graphs/a');
  expect([parse(body).nodes.detect.with.confidence, etag]).toEqual([0.7, (await list())[0].etag]);
  expect(await call('GET', '/graphs/c')).toMatchObject({ status: 404, body: { error: 'Unknown camera_id: c' } });
});

test('a camera is added with its file, and removed with it; the file is kept as a backup', async () => {
  const { rig, call, onDisk, backups } = await serve({ startNew: true });
  expect(await call('PUT', '/graphs/c', of('c'))).toMatchObject({
    status: 201,
    body: { camera_id: 'c', created: true },
  });
  expect(onDisk('c.yaml')).toBe(of('c'));
  expect(statSync(rig.folder.file('c.yaml')).mode & 0o077).toBe(0);
  expect(rig.host.done).toEqual(['add c', 'create c']);
  const asJson = JSON.stringify(parse(of('d')));
  expect((await call('PUT', '/graphs/d', asJson, { 'content-type': 'application/json' })).status).toBe(201);
  expect(parse(onDisk('d.yaml'))).toEqual(parse(of('d')));
  rig.host.done.length = 0;
  const { body } = await call('DELETE', '/graphs/c');
  expect(body).toEqual({ deleted: true, camera_id: 'c', backup: backups()[0] });
  expect([existsSync(rig.folder.file('c.yaml')), onDisk(`.backups/${body.backup}`)]).toEqual([false, of('c')]);
  expect(rig.host.done).toEqual(['remove s-c', 'drop c']);
  expect((await call('DELETE', '/graphs/c')).status).toBe(404);
});

test('a graph is replaced, after a backup; based on an older one it is not', async () => {
  const { rig, call, onDisk, backups } = await serve();
  const { etag } = await call('GET', '/graphs/a');
  const next = of('a').replace('# The end.', '# Another end.');
  const first = await call('PUT', '/graphs/a', next, { 'if-match': etag });
  expect([first.status, onDisk('a.yaml'), onDisk(`.backups/${backups()[0]}`)]).toEqual([200, next, of('a')]);
  expect((await call('PUT', '/graphs/a', of('a'), { 'if-match': etag })).status).toBe(409);
  expect((await call('DELETE', '/graphs/a', undefined, { 'if-match': etag })).status).toBe(409);
  expect((await call('PUT', '/graphs/a', of('a'), { 'if-none-match': '*' })).status).toBe(409);
  expect((await call('GET', '/graphs/a')).etag).toBe(first.etag);
  // Edited on the disk, and not read yet.
  writeFileSync(rig.folder.file('a.yaml'), 'nodes: [');
  expect((await call('PUT', '/graphs/a', of('a'))).status).toBe(409);
  expect(onDisk('a.yaml')).toBe('nodes: [');
  // Neither what was on the disk nor what ran is lost.
  await call('DELETE', '/graphs/a');
  expect(
    backups()
      .map((name) => onDisk(`.backups/${name}`))
      .toSorted(),
  ).toEqual([of('a'), next, 'nodes: ['].toSorted());
});

test('what fails leaves all as it was', async () => {
  const { rig, call, onDisk, backups } = await serve();
  rig.host.refuses = 'a';
  const next = of('a').replace('# The end.', 'x-note: 1');
  expect((await call('PUT', '/graphs/a', next)).status).toBe(400);
  expect(await call('PUT', '/graphs/a', of('a').replace('decode,    from', 'decode, worker: w, from'))).toMatchObject({
    status: 422,
    body: { error: 'the model cannot be opened' },
  });
  rig.host.refuses = undefined;
  // A file where the folder of backups should be: the file can't be written.
  writeFileSync(rig.folder.file('.backups'), '');
  const graphs = structuredClone(rig.host.graphs.map(({ camera }) => camera));
  expect((await call('PUT', '/graphs/a', of('a').replace('# The end.', '# Another.'))).status).toBe(422);
  expect(rig.host.graphs.map(({ camera }) => camera)).toEqual(graphs);
  expect([onDisk('a.yaml'), rig.catalog.text('a'), backupsAreNone()]).toEqual([of('a'), of('a'), true]);
  expect((await call('DELETE', '/graphs/a')).status).toBe(422);
  expect(rig.catalog.text('a')).toBe(of('a'));

  function backupsAreNone(): boolean {
    return statSync(rig.folder.file('.backups')).isFile() || backups().length === 0;
  }
});

describe('refused', () => {
  test.each([
    ['YAML that is none', 'c', 'nodes: [', 400],
    ['nothing', 'c', '', 400],
    ['another camera', 'c', of('x'), 400],
    ['an unknown option', 'a', of('a').replace('decode,    from', 'decode, wrong: 1, from'), 400],
    ['a hidden password', 'a', of('a').replace('# The end.', 'note: "***"'), 400],
    ['a name that leads elsewhere', '..%2Fx', of('../x'), 400],
    ['a name that no file should have', '.hidden', of('.hidden'), 400],
    ['a name of 200 characters', 'x'.repeat(200), of('x'.repeat(200)), 400],
    // The time that the parser takes grows with the square of the depth.
    ['brackets without end', 'c', '['.repeat(300_000), 400],
    ['mappings in mappings', 'c', '{"a":'.repeat(100_000), 400],
    ['more than a graph can be', 'c', `${of('c')}#${'x'.repeat(1_000_001)}`, 413],
  ])('%s', async (_, camera, text, status) => {
    const { rig, call, onDisk } = await serve();
    const { status: got, body } = await call('PUT', `/graphs/${camera}`, text);
    expect([got, typeof body.error]).toEqual([status, 'string']);
    for (const { line, column } of body.faults ?? []) expect(Math.min(line, column)).toBeGreaterThanOrEqual(1);
    expect(rig.catalog.graphs.map((graph) => graph.camera)).toEqual(['a', 'b']);
    expect([onDisk('a.yaml'), readdirSync(rig.folder.path).toSorted()]).toEqual([of('a'), ['a.yaml', 'b.yaml']]);
  });

  test('JSON that is none, and a file that is there already', async () => {
    const { rig, call } = await serve();
    expect((await call('PUT', '/graphs/c', '{', { 'content-type': 'application/json' })).status).toBe(400);
    const deep = `${'['.repeat(100)}${']'.repeat(100)}`;
    expect((await call('PUT', '/graphs/c', deep, { 'content-type': 'application/json' })).status).toBe(400);
    writeFileSync(rig.folder.file('c.yaml'), 'mine');
    expect((await call('PUT', '/graphs/c', of('c'))).status).toBe(409);
    expect((await (await serve({ paths: ['a.yaml'] })).call('PUT', '/graphs/c', of('c'))).status).toBe(409);
  });

  test('modules of the user, unless they are in the folder of the graph, or run already; none is loaded to find out', async () => {
    const { rig, call } = await serve();
    const outside = rig.folder.file('outside');
    mkdirSync(outside);
    const ran = join(outside, 'ran');
    const source = `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(ran)}, ''); export default 1;`;
    writeFileSync(join(outside, 'node.ts'), source);
    mkdirSync(rig.folder.file('served'));
    symlinkSync(join(outside, 'node.ts'), rig.folder.file('served/link.ts'));
    rig.folder.write('served/a.yaml', of('a'));
    const inner = await serve({ files: {}, paths: [rig.folder.file('served')] });
    for (const module of [
      join(outside, 'node.ts'),
      '../outside/node.ts',
      './link.ts',
      './none.ts',
      './a.yaml',
      '/etc/passwd',
    ]) {
      const text = of('c').replace('use: detect', `use: ${module}`);
      const { status, body } = await inner.call('PUT', '/graphs/c', text);
      expect([status, body.faults.map(({ code }: { code: string }) => code)]).toEqual([400, ['module_refused']]);
    }
    expect(existsSync(ran)).toBe(false);
    // Its own module is loaded, and is found to be no node.
    writeFileSync(rig.folder.file('served/own.ts'), source);
    const own = await inner.call('PUT', '/graphs/c', of('c').replace('use: detect', 'use: ./own.ts'));
    expect(own.body.faults).toMatchObject([{ code: 'module', message: expect.stringContaining('is not a node') }]);
    expect([existsSync(ran), (await call('GET', '/graphs')).status]).toEqual([true, 200]);
  });
});

test.each(HARD_PASSWORDS)('passwords in a text are hidden, variables stay: %s', (password) => {
  const quoted = JSON.stringify(password);
  const url = JSON.stringify(`rtsp://me:${password}@host/x`);
  const labels = `[ '\${SECRET}', 'rtsp://me:\${SECRET}@cam', ${url}, '${password.replaceAll("'", "''")}' ]`;
  const text = `${of('a').replace('detect,    from: decode', `detect,    from: decode, with: { labels: ${labels} }`)}\nx-password: ${quoted}\n`;
  const shown = publicText(text, { SECRET: password });
  expectWithout(password, shown);
  expect(parse(shown).nodes.detect.with.labels).toEqual([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: how a graph names a variable
    '${SECRET}',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the same
    'rtsp://me:${SECRET}@cam',
    expect.any(String),
    '***',
  ]);
  expect(shown).toStartWith('# The camera of this file.');
  expect(publicText(of('a'), {})).toBe(of('a'));
});
