/** The settings routes over a real catalog and real files: what they show, change, write and refuse. */
import { afterEach, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { endAll, FILES, serve, TEXT } from './settings-rig.ts';

const PASSWORD = 'p@ss/w#rd ü';

afterEach(endAll);

describe('what they show', () => {
  test('all cameras and one, with the options in effect', async () => {
    const { call } = await serve();
    const { body } = await call('GET', '/settings');
    expect(Object.keys(body)).toEqual(['a', 'b']);
    expect(body.a.detect).toMatchObject({ confidence: 0.3, side: 64 });
    expect((await call('GET', '/settings/a')).body).toEqual(body.a);
    expect(await call('GET', '/settings/c')).toMatchObject({ status: 404, body: { error: 'Unknown camera_id: c' } });
    expect((await call('GET', '/settings/constructor')).status).toBe(404);
  });

  test('with detail: default, range, unit, and whether an option is live', async () => {
    const { call } = await serve();
    const { body } = await call('GET', '/settings/a?detail=true');
    expect(body.detect.confidence).toMatchObject({ value: 0.3, live: expect.any(Boolean), schema: { type: 'number' } });
  });
});

describe('a change', () => {
  test('is merged deeply, and null is the default again', async () => {
    const { call, rig } = await serve();
    const before = (await call('GET', '/settings/a')).body;
    const { status, body } = await call('PATCH', '/settings', { a: { detect: { confidence: 0.6 } } });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      changed: ['a.detect.confidence'],
      settings: { a: { detect: { confidence: 0.6, side: 64 } } },
    });
    expect(rig.params('a', 'detect')).toMatchObject({ confidence: 0.6, side: 64 });
    await call('PATCH', '/settings/a', { detect: { side: null } });
    expect([before.detect.side, (await call('GET', '/settings/a')).body.detect.side]).toEqual([64, 416]);
  });

  test('of two cameras is all or nothing, with the place of each fault', async () => {
    const { call, rig } = await serve();
    const wrong = { a: { detect: { confidence: 0.9 } }, b: { detect: { confidence: 9 } } };
    const { status, body } = await call('PATCH', '/settings', wrong);
    expect(status).toBe(400);
    expect(body.faults).toEqual([
      expect.objectContaining({
        file: 'b.yaml',
        path: 'nodes.detect.with.confidence',
        code: 'range',
        line: expect.any(Number),
      }),
    ]);
    expect(rig.params('a', 'detect')).toMatchObject({ confidence: 0.3 });
    expect(await call('POST', '/settings/validate', wrong)).toMatchObject({ status: 200, body: { valid: false } });
    expect(await call('POST', '/settings/validate', { a: wrong.a })).toMatchObject({
      body: { valid: true, faults: [] },
    });
    expect(rig.params('a', 'detect')).toMatchObject({ confidence: 0.3 });
  });

  test('that a session cannot run leaves all as it was', async () => {
    const { call, rig } = await serve();
    rig.host.refuses = 'b';
    const both = { a: { detect: { confidence: 0.9 } }, b: { detect: { confidence: 0.9 } } };
    expect(await call('PATCH', '/settings', both)).toMatchObject({
      status: 422,
      body: { error: 'the model cannot be opened' },
    });
    expect(rig.params('a', 'detect')).toMatchObject({ confidence: 0.3 });
    expect((await call('GET', '/settings/b')).body.detect.confidence).toBe(0.3);
  });

  test.each([
    ['not JSON', 'x', 400],
    ['a list', [], 400],
    ['no mapping', { a: 3 }, 400],
    ['options that are none', { a: { detect: 3 } }, 400],
    ['an unknown camera', { c: {} }, 404],
    ['a word that objects have', { constructor: {} }, 404],
    ['an unknown node', { a: { nonsense: {} } }, 404],
    ['an unknown option', { a: { detect: { nonsense: 1 } } }, 400],
    ['a node of null', { a: { detect: null } }, 400],
    ['deep nesting', `{"a":{"detect":{"labels":${'['.repeat(5000)}${']'.repeat(5000)}}}}`, 400],
  ])('%s is refused', async (_, body, status) => {
    const { call, onDisk } = await serve();
    const answer = await call('PATCH', '/settings', body);
    expect([answer.status, typeof answer.body.error]).toEqual([status, 'string']);
    expect(onDisk('a')).toBe(FILES['a.yaml']);
  });

  test('based on what is no longer so is refused', async () => {
    const { call } = await serve();
    const { etag } = await call('GET', '/settings/a');
    const mine = { 'if-match': etag };
    const first = await call('PATCH', '/settings/a', { detect: { confidence: 0.5 } }, mine);
    expect([first.status, first.etag === etag]).toEqual([200, false]);
    expect((await call('PATCH', '/settings/a', { detect: { confidence: 0.7 } }, mine)).status).toBe(409);
    expect(
      (await call('PATCH', '/settings/a', { detect: { confidence: 0.7 } }, { 'if-match': first.etag })).status,
    ).toBe(200);
    // Of two at once, one is the first.
    const { etag: now } = await call('GET', '/settings');
    const race = [0.1, 0.2].map((confidence) =>
      call('PATCH', '/settings', { a: { detect: { confidence } } }, { 'if-match': now }),
    );
    expect((await Promise.all(race)).map(({ status }) => status).toSorted()).toEqual([200, 409]);
  });
});

describe('files', () => {
  test('persist writes one line, keeps the rest, and a backup that can be restored', async () => {
    const { call, onDisk } = await serve();
    await call('PATCH', '/settings/a', { detect: { confidence: 0.6 } });
    expect(onDisk('a')).toBe(FILES['a.yaml']);
    const { body } = await call('POST', '/settings/persist', { camera_id: 'a' });
    expect(onDisk('a')).toBe(FILES['a.yaml'].replace('confidence: 0.3', 'confidence: 0.6'));
    const { backups } = (await call('GET', '/settings/a/backups')).body;
    expect(body.persisted).toEqual([{ camera_id: 'a', backup: backups[0] }]);
    const restored = await call('POST', '/settings/a/restore', { backup: backups[0] });
    expect(restored).toMatchObject({ status: 200, body: { settings: { a: { detect: { confidence: 0.3 } } } } });
    expect((await call('POST', '/settings/a/restore', { backup: '../a.yaml' })).status).toBe(404);
    expect((await call('POST', '/settings/persist')).body.persisted[0].camera_id).toBe('a');
    expect(onDisk('a')).toBe(FILES['a.yaml']);
  });

  test('reload drops what is not persisted; a file that was edited meanwhile is not overwritten', async () => {
    const { call, rig } = await serve();
    await call('PATCH', '/settings/a', { detect: { confidence: 0.6 } });
    expect(await call('POST', '/settings/reload', {})).toMatchObject({ status: 200, body: { reloaded: ['a', 'b'] } });
    expect(rig.params('a', 'detect')).toMatchObject({ confidence: 0.3 });
    writeFileSync(rig.folder.file('a.yaml'), 'nodes: [');
    await call('PATCH', '/settings/a', { detect: { confidence: 0.6 } });
    expect((await call('POST', '/settings/persist', { camera_id: 'a' })).status).toBe(409);
    expect(await call('POST', '/settings/reload', { camera_id: 'a' })).toMatchObject({
      status: 400,
      body: { faults: [{ line: 1 }] },
    });
    expect(rig.params('a', 'detect')).toMatchObject({ confidence: 0.6 });
  });
});

test('secrets are hidden, come back unchanged, and stay variables in the file', async () => {
  const secret = TEXT.replace('cam01', 'a').replace(
    "labels: ['a']",
    `labels: ['\${SECRET}', "rtsp://me:\${SECRET}@cam/x"]`,
  );
  const { call, onDisk } = await serve({ files: { 'a.yaml': secret }, env: { SECRET: PASSWORD } });
  const { body } = await call('GET', '/settings');
  expect(JSON.stringify(body)).not.toContain(PASSWORD);
  expect(JSON.stringify(body)).not.toContain(encodeURIComponent(PASSWORD));
  expect((await call('PATCH', '/settings', body)).body.changed).toEqual([]);
  await call('PATCH', '/settings', { a: { detect: { ...body.a.detect, confidence: 0.5 } } });
  await call('POST', '/settings/persist');
  expect(onDisk('a')).toBe(secret.replace('confidence: 0.3', 'confidence: 0.5'));
});
