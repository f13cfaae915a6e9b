/**
 * Every row of the wire contract's HTTP table through a real socket of a real server, in its words; every answer is held
 * against the server's own OpenAPI document.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { Documented } from '../server/documented.ts';
import { harmless } from '../server/hostile-models.ts';
import { RunningCommand } from '../support/command.ts';
import { COMPACT_MODEL, chain, Folder, graphText, ONE_TRACK } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';

const folder = new Folder();
let command: RunningCommand;
let documented: Documented;

beforeAll(async () => {
  for (const name of ['graphs', 'state', 'state/models']) mkdirSync(folder.file(name));
  copyFileSync(COMPACT_MODEL, folder.file('state/models/mine.onnx'));
  const detect = '{ use: detect, from: decode, with: { model: mine } }';
  folder.write('graphs/a.yaml', graphText(ONE_TRACK, 'cam_01'));
  folder.write('graphs/b.yaml', graphText(chain('realtime', { detect }), 'cam_02'));
  command = new RunningCommand(['serve', folder.file('graphs'), '--port', '0', '--state', folder.file('state')]);
  documented = new Documented(await command.url());
}, TEST_LIMIT_MS);
afterAll(async () => {
  await command[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function call(method: string, path: string, body?: object | string | FormData) {
  const sent = body instanceof FormData || typeof body === 'string' ? body : JSON.stringify(body);
  const request = new Request(`${documented.origin}${path}`, { method, ...(body === undefined ? {} : { body: sent }) });
  const answer = await documented.ask(request);
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') === true;
  return { status: answer.status, body: isJson ? JSON.parse(text) : text };
}

test('health and cameras', async () => {
  expect(await call('GET', '/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
  expect(await call('GET', '/readyz')).toMatchObject({ status: 200, body: { ready: true } });
  expect((await call('GET', '/cameras')).body.cameras).toMatchObject([
    { camera_id: 'cam_01' },
    { camera_id: 'cam_02' },
  ]);
});

test(
  'sessions',
  async () => {
    const first = await call('POST', '/sessions', {});
    expect(Object.keys(first.body)).toEqual(
      expect.arrayContaining([
        ...['session_id', 'camera_id', 'ws_path', 'running', 'selected_target_id', 'tracking_phase'],
        ...['last_tick_ts_unix_ms', 'created'],
      ]),
    );
    expect(first).toMatchObject({ status: 201, body: { camera_id: 'cam_01', running: true, created: true } });
    const { session_id: id, ws_path } = first.body;
    expect(await call('POST', '/sessions', { camera_id: 'cam_01' })).toMatchObject({
      status: 200,
      body: { session_id: id, created: false },
    });
    expect(await call('POST', '/sessions', { camera_id: 'cam_09' })).toEqual({
      status: 404,
      body: { error: 'Unknown camera_id: cam_09' },
    });
    expect((await call('POST', '/sessions', '{"camera_id":')).status).toBe(400);
    expect((await call('GET', '/sessions')).body.sessions).toMatchObject([{ session_id: id, fps: {}, latency_ms: {} }]);
    expect((await call('GET', `/sessions/${id}`)).body).toMatchObject({ session_id: id, frames: {} });
    expect(await call('GET', '/sessions/none')).toEqual({ status: 404, body: { error: 'Unknown session' } });
    expect((await call('GET', '/ws/sessions/none')).status).toBe(404);
    expect((await call('GET', ws_path)).status).toBe(426);
    expect((await call('GET', '/stats')).status).toBe(200);
    expect((await call('GET', `/sessions/${id}/stats`)).status).toBe(200);
    expect((await call('GET', '/sessions/none/stats')).status).toBe(404);
    expect(await call('DELETE', `/sessions/${id}`)).toEqual({ status: 200, body: { deleted: true, session_id: id } });
    expect(await call('DELETE', `/sessions/${id}`)).toEqual({ status: 404, body: { error: 'Unknown session' } });
  },
  TEST_LIMIT_MS,
);

test('settings', async () => {
  const all = await call('GET', '/settings');
  expect(all.body.cam_02.detect).toMatchObject({ model: 'mine', confidence: 0.1 });
  expect((await call('GET', '/settings/cam_02')).body).toEqual(all.body.cam_02);
  expect((await call('GET', '/settings/none')).status).toBe(404);
  const wrong = { detect: { confidence: 2 } };
  expect(await call('PATCH', '/settings/cam_02', wrong)).toMatchObject({
    status: 400,
    body: { faults: [{ line: 6 }] },
  });
  expect(await call('POST', '/settings/validate', { cam_02: wrong })).toMatchObject({ body: { valid: false } });
  expect((await call('PATCH', '/settings', { cam_02: { detect: { confidence: 0.4 } } })).status).toBe(200);
  expect((await call('POST', '/settings/reload')).status).toBe(200);
  expect((await call('GET', '/settings/cam_02')).body.detect.confidence).toBe(0.1);
  await call('PATCH', '/settings/cam_02', { detect: { confidence: 0.4 } });
  const { body } = await call('POST', '/settings/persist', { camera_id: 'cam_02' });
  expect(body.persisted).toMatchObject([{ camera_id: 'cam_02', backup: expect.stringContaining('b.yaml') }]);
  expect(readFileSync(folder.file('graphs/b.yaml'), 'utf8')).toContain('confidence: 0.4');
  expect((await call('GET', '/settings/cam_02/backups')).body.backups).toHaveLength(1);
});

test(
  'models',
  async () => {
    const { body } = await call('GET', '/models');
    const mine = body.models.find(({ name }: { name: string }) => name === 'mine');
    expect(mine).toMatchObject({ size: expect.any(Number), type: 'onnx', active: true, classes: expect.any(Array) });
    expect((await call('GET', '/models/mine')).body).toMatchObject({ name: 'mine', modified_at: expect.any(String) });
    expect((await call('GET', '/models/none')).status).toBe(404);
    const form = new FormData();
    form.set('file', new Blob([harmless()]), 'tiny.onnx');
    expect(await call('POST', '/models/upload', form)).toMatchObject({
      status: 201,
      body: { name: 'tiny', active: false },
    });
    expect((await call('DELETE', '/models/mine')).status).toBe(409);
    expect((await call('POST', '/models/tiny/activate')).status).toBe(200);
    expect((await call('DELETE', '/models/tiny')).status).toBe(409);
    expect((await call('DELETE', '/models/mine')).status).toBe(200);
    expect((await call('POST', '/models/reset', {})).status).toBe(200);
    expect(await call('DELETE', '/models/tiny')).toEqual({ status: 200, body: { deleted: true, name: 'tiny' } });
  },
  TEST_LIMIT_MS,
);

test('graphs', async () => {
  const text = graphText(ONE_TRACK, 'cam_03');
  const own = await call('PUT', '/graphs/cam_03', text);
  // Its node is a module outside of the folder.
  expect(own).toMatchObject({ status: 400, body: { faults: [{ code: 'module_refused' }] } });
  const chainText = graphText(chain('realtime'), 'cam_03');
  expect(await call('PUT', '/graphs/cam_03', chainText)).toMatchObject({ status: 201, body: { created: true } });
  expect((await call('GET', '/graphs/cam_03')).body).toBe(chainText);
  expect((await call('GET', '/graphs')).body.graphs).toHaveLength(3);
  expect((await call('DELETE', '/graphs/cam_03')).body).toMatchObject({ deleted: true, camera_id: 'cam_03' });
});

test('the rest: pages, metrics, and what is not there', async () => {
  for (const path of ['/', '/openapi', '/openapi/json', '/client.js', '/metrics']) {
    expect([path, (await call('GET', path)).status]).toEqual([path, 200]);
  }
  expect(await call('GET', '/none')).toEqual({ status: 404, body: { error: 'Not found: /none' } });
  expect((await call('PUT', '/sessions')).status).toBe(405);
});
