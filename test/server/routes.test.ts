/** The HTTP routes: a Request in, a Response out; no port. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { SystemClock } from '../../runtime/clock.ts';
import { createApp } from '../../runtime/server/app.ts';
import { addReplay, type ReplayView } from '../../runtime/server/replay.ts';
import { CreatedSessionSchema, type RouteDetail } from '../../runtime/server/views.ts';
import { SessionViewSchema } from '../../runtime/session/views.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { FakeLog, FakeSessions } from './fake-sessions.ts';

function rig(cameras?: string[]) {
  const sessions = new FakeSessions(cameras);
  const log = new FakeLog();
  const app = createApp({ sessions, version: '1.2.3', clock: new SystemClock(), log });
  const call = async (method: string, path: string, body?: Bun.BodyInit, headers: Record<string, string> = {}) => {
    const init = { method, headers, ...(body === undefined ? {} : { body }) };
    const response = await app.handle(new Request(`http://localhost${path}`, init));
    const type = response.headers.get('content-type') ?? '';
    return {
      status: response.status,
      headers: response.headers,
      body: type.includes('json') ? await response.json() : await response.text(),
    };
  };
  return { app, sessions, log, call };
}

/** The part of an OpenAPI document that is looked at here. */
interface Content {
  readonly content: Record<
    string,
    { readonly schema: { readonly properties: Record<string, { type: string }>; readonly required: string[] } }
  >;
}
interface OpenApiDocument {
  readonly info: unknown;
  readonly paths: Record<
    string,
    Record<
      string,
      {
        readonly 'x-role': string;
        readonly requestBody?: Content;
        readonly parameters?: readonly unknown[];
        readonly responses: Record<string, Content>;
      }
    >
  >;
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe('health', () => {
  test('healthz', async () => {
    expect(await rig().call('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  test.each(['nvr', 'x', '10.0.0.1:1'])('an allowed host, whatever it is called: %s', async (host) => {
    const allowedOrigins = [`http://${host}`];
    const options = { sessions: new FakeSessions(), version: '0', clock: new SystemClock(), log: new FakeLog() };
    const request = () => new Request(`http://${host}/healthz`);
    expect((await createApp({ ...options, allowedOrigins }).handle(request())).status).toBe(200);
    expect((await createApp(options).handle(request())).status).toBe(403);
  });

  test('readyz: ready, and not with the reasons', async () => {
    const { sessions, call } = rig();
    expect(await call('GET', '/readyz')).toMatchObject({ status: 200, body: { ready: true, reasons: [] } });
    const reason = {
      session_id: 's',
      camera_id: 'cam_01',
      code: 'no_frames',
      message: 'no frame for 5 s',
      since_unix_ms: 1,
    };
    sessions.reasons = [reason];
    const answer = await call('GET', '/readyz');
    expect(answer.status).toBe(503);
    expect(answer.body).toEqual({
      error: 'Not ready: cam_01: no frame for 5 s',
      ready: false,
      reasons: [reason],
      warnings: [],
    });
  });
});

describe('sessions', () => {
  test('cameras name their session', async () => {
    const { call } = rig();
    await call('POST', '/sessions', '{"camera_id":"cam_02"}', JSON_TYPE);
    expect((await call('GET', '/cameras')).body).toEqual({
      cameras: [
        { camera_id: 'cam_01', graph: 'graphs/cam_01.yaml', session_id: null },
        { camera_id: 'cam_02', graph: 'graphs/cam_02.yaml', session_id: 's-cam_02' },
      ],
    });
  });

  test('created once, then found', async () => {
    const { call } = rig();
    const first = await call('POST', '/sessions', '{"camera_id":"cam_02"}', JSON_TYPE);
    expect(first).toMatchObject({
      status: 201,
      body: { camera_id: 'cam_02', created: true, ws_path: '/ws/sessions/s-cam_02' },
    });
    expect(Value.Check(CreatedSessionSchema, first.body)).toBe(true);
    expect(await call('POST', '/sessions', '{"camera_id":"cam_02"}', JSON_TYPE)).toMatchObject({
      status: 200,
      body: { created: false },
    });
  });

  test.each([
    ['no body', undefined, {}],
    ['an empty body', '', JSON_TYPE],
    ['white space', ' \n', JSON_TYPE],
    ['{}', '{}', JSON_TYPE],
    ['{} without a type', '{}', {}],
    ['{} typed as a form', '{}', { 'content-type': 'application/x-www-form-urlencoded' }],
  ])('%s starts the first camera', async (_what, body, headers) => {
    expect(await rig().call('POST', '/sessions', body, headers)).toMatchObject({
      status: 201,
      body: { camera_id: 'cam_01' },
    });
  });

  test.each([
    ['malformed JSON', '{"camera_id":', 'Bad body: not valid JSON'],
    ['a list', '[]', 'Bad body: Expected object'],
    ['null', 'null', 'Bad body: Expected object'],
    ['an extra field', '{"camera_id":"cam_01","fps":3}', 'Bad body: fps: Unexpected property'],
    ['a number', '{"camera_id":1}', 'Bad body: camera_id: Expected string'],
    ['null as the id', '{"camera_id":null}', 'Bad body: camera_id: Expected string'],
    ['an empty id', '{"camera_id":""}', 'Bad body: camera_id: Expected string length greater or equal to 1'],
  ])('400 on %s', async (_what, body, message) => {
    expect(await rig().call('POST', '/sessions', body, JSON_TYPE)).toMatchObject({
      status: 400,
      body: { error: message },
    });
  });

  test('400 on bytes that are no UTF-8', async () => {
    const answer = await rig().call('POST', '/sessions', new Uint8Array([0x22, 0xff, 0x22]), JSON_TYPE);
    expect(answer).toMatchObject({ status: 400, body: { error: 'Bad body: not valid UTF-8' } });
  });

  test('413 on a large body, with and without its length', async () => {
    const large = `{"camera_id":"${'x'.repeat(70_000)}"}`;
    expect(await rig().call('POST', '/sessions', large, JSON_TYPE)).toMatchObject({ status: 413 });
    const chunked = new Blob([large]).stream();
    const answer = await rig().call('POST', '/sessions', chunked, JSON_TYPE);
    expect(answer).toMatchObject({ status: 413, body: { error: 'Body too large: at most 65536 bytes are taken' } });
  });

  test('404 for a camera that is not there, in the words of the contract', async () => {
    const answer = await rig().call('POST', '/sessions', '{"camera_id":"cam_99"}', JSON_TYPE);
    expect(answer).toMatchObject({ status: 404, body: { error: 'Unknown camera_id: cam_99' } });
  });

  test('404 when there is no camera at all', async () => {
    expect(await rig([]).call('POST', '/sessions')).toMatchObject({ status: 404 });
  });

  test('list, look, delete', async () => {
    const { call } = rig();
    expect((await call('GET', '/sessions')).body).toEqual({ sessions: [] });
    await call('POST', '/sessions');
    const { body } = await call('GET', '/sessions/s-cam_01');
    expect(Value.Check(SessionViewSchema, body)).toBe(true);
    expect((await call('GET', '/sessions')).body).toEqual({ sessions: [body] });
    expect(await call('DELETE', '/sessions/s-cam_01')).toMatchObject({
      status: 200,
      body: { deleted: true, session_id: 's-cam_01' },
    });
    expect(await call('DELETE', '/sessions/s-cam_01')).toMatchObject({
      status: 404,
      body: { error: 'Unknown session' },
    });
    expect(await call('GET', '/sessions/s-cam_01')).toMatchObject({ status: 404, body: { error: 'Unknown session' } });
  });
});

describe('states', () => {
  test.each(['ptz', 'autotrack'] as const)('%s: the latest message, as it was sent', async (name) => {
    const { sessions, call } = rig();
    const path = `/sessions/s-cam_01/${name}`;
    expect(await call('GET', path)).toMatchObject({ status: 404, body: { error: 'Unknown session' } });
    await call('POST', '/sessions');
    expect(await call('GET', path)).toMatchObject({ status: 404, body: { error: `No ${name} state` } });
    sessions.emit('s-cam_01', name, '{"n": 1}');
    sessions.emit('s-cam_01', name, '{"n": 2}');
    sessions.emit('s-cam_01', name === 'ptz' ? 'autotrack' : 'ptz', '{"n": 3}');
    expect(await call('GET', path)).toMatchObject({ status: 200, body: { n: 2 } });
    await call('DELETE', '/sessions/s-cam_01');
    expect(await call('GET', path)).toMatchObject({ status: 404, body: { error: 'Unknown session' } });
  });
});

describe('errors', () => {
  test('404 for an unknown route', async () => {
    expect(await rig().call('GET', '/nope')).toMatchObject({ status: 404, body: { error: 'Not found: /nope' } });
  });

  test('405 for another method, with what is allowed', async () => {
    const answer = await rig().call('PUT', '/sessions/x');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['DELETE', 'GET']);
  });

  test('a session id that is no valid URL text is just unknown', async () => {
    expect(await rig().call('GET', '/sessions/%E0%A4%A')).toMatchObject({ status: 404 });
  });

  test('a flood of errors is logged in part, and how many were not', async () => {
    const sessions = new FakeSessions();
    const [log, clock] = [new FakeLog(), new ManualClock()];
    const app = createApp({ sessions, version: '0', clock, log });
    sessions.listFails = new Error('again');
    const ask = async () => (await app.handle(new Request('http://localhost/sessions'))).status;
    for (let i = 0; i < 100; i++) expect(await ask()).toBe(500);
    expect(log.lines).toHaveLength(20);
    clock.advance(1000);
    for (let i = 0; i < 10; i++) await ask();
    expect(log.lines).toHaveLength(21);
    expect(log.lines.at(-1)).toMatchObject({ fields: { error: 'again', not_logged: 80 } });
  });

  test('500 tells nothing, and is logged', async () => {
    const { sessions, log, call } = rig();
    sessions.listFails = new Error('secret inside');
    const answer = await call('GET', '/sessions');
    expect(answer).toMatchObject({ status: 500, body: { error: 'Internal error' } });
    const stack = expect.stringContaining('routes.test.ts');
    expect(log.lines).toMatchObject([{ level: 'error', fields: { path: '/sessions', error: 'secret inside', stack } }]);
  });
});

describe('OpenAPI', () => {
  test('names the routes of the router, and none else; each with its role', async () => {
    const { app, call } = rig();
    addReplay(app.http, { view: () => ({}) as ReplayView, change: () => undefined, video: null });
    const { paths } = (await call('GET', '/openapi/json')).body as OpenApiDocument;
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { 'x-role': role }]) => `${method} ${path} ${role}`),
    );
    const routes = app.http.routes.map(({ method, path, hooks }) => {
      const { 'x-role': role } = hooks.detail as RouteDetail;
      return `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, '{$1}')} ${role}`;
    });
    expect(described.sort()).toEqual(routes.sort());
    expect(described.filter((line) => !/ (public|viewer|controller|admin)$/.test(line))).toEqual([]);
    expect(described).toContain('post /sessions admin');
    expect(described).toContain('get /sessions/{id} viewer');
    expect(described).toContain('post /replay controller');
    expect(described).toContain('get /healthz public');
  });

  test('names every route with its bodies and answers', async () => {
    const answer = await rig().call('GET', '/openapi/json');
    expect(answer.status).toBe(200);
    const body = answer.body as OpenApiDocument;
    expect(body.info).toMatchObject({ title: 'Windhover', version: '1.2.3' });
    const ptz = body.paths['/sessions/{id}/ptz']?.get;
    expect(Object.keys(ptz?.responses ?? {}).sort()).toEqual(['200', '401', '403', '404', '429']);
    expect(ptz?.responses['200']?.content['application/json']?.schema.required).toContain('hfov_deg');
    expect(body.paths['/ws/sessions/{id}']?.get?.parameters).toContainEqual(
      expect.objectContaining({ name: 'topics', in: 'query', required: false }),
    );
    expect(body.paths['/ws/sessions/{id}']?.get?.parameters).toContainEqual(
      expect.objectContaining({ name: 'id', in: 'path' }),
    );
    const post = body.paths['/sessions']?.post;
    expect(post?.requestBody?.content['application/json']?.schema.properties.camera_id?.type).toBe('string');
    const statuses = '200 201 400 401 403 404 408 413 429';
    expect(Object.keys(post?.responses ?? {}).join(' ')).toBe(statuses);
    expect(post?.responses['201']?.content['application/json']?.schema.required).toContain('created');
  });

  test('has a page that shows every route, answer and field', async () => {
    const { call } = rig();
    const { body: page, status } = await call('GET', '/openapi');
    expect(status).toBe(200);
    const { paths } = (await call('GET', '/openapi/json')).body as OpenApiDocument;
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { responses }] of Object.entries(methods)) {
        expect(page).toContain(`<h2>${method.toUpperCase()} ${path}</h2>`);
        for (const [answer, { content = {} }] of Object.entries(responses)) {
          expect(page).toContain(`>${answer} `);
          const fields = Object.keys(content['application/json']?.schema.properties ?? {});
          for (const field of fields) expect(page).toContain(`&quot;${field}&quot;: {`);
        }
      }
    }
    expect(page).toContain('&quot;const&quot;: &quot;drone-ptz-metadata/1&quot;');
  });
});
