/** The routes of the history, over the real store: what they take, answer and refuse. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { Recording } from '../../runtime/recording/recording.ts';
import { type App, createApp } from '../../runtime/server/app.ts';
import { StoredTrackSchema } from '../../runtime/server/track-views.ts';
import { HistoryRig } from '../sinks/history/rig.ts';
import { START_MS } from '../sinks/history/rows.ts';
import { Folder } from '../support/graphs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { FakeLog } from './fake-sessions.ts';
import { bearer, guarded, MINE } from './guarded.ts';

const folder = new Folder();
let rig: HistoryRig;
let app: App;
const ID = 's-cam_01~1';

interface One {
  readonly error?: string;
  readonly retain_indefinitely: boolean;
  readonly samples: { readonly ts_unix_ms: number }[];
  readonly samples_next_after: number | null;
}

interface Page {
  readonly tracks: readonly { readonly id: number }[];
  readonly next_cursor: string | null;
}

const ask = async (path: string, init?: RequestInit) => app.handle(new Request(`http://127.0.0.1${path}`, init));
const json = async (path: string, init?: RequestInit) => {
  const answer = await ask(path, init);
  return { status: answer.status, body: (await answer.json()) as Page & One };
};

beforeAll(async () => {
  rig = new HistoryRig({ file: folder.file('history.db') });
  for (let id = 1; id <= 5; id++) rig.track(id, START_MS + id * 10_000);
  rig.event('new', 6, START_MS + 90_000);
  await rig.written();
  const clock = new ManualClock(0, START_MS + 100_000);
  const { reader } = rig.history;
  app = createApp({ sessions: rig.sessions, history: () => reader, version: '0', clock, log: new FakeLog() });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

describe('GET /tracks', () => {
  test.each([
    ['', [6, 5, 4, 3, 2, 1]],
    ['sort=oldest&limit=2', [1, 2]],
    ['in_progress=true', [6]],
    ['in_progress=false&sort=oldest', [1, 2, 3, 4, 5]],
    [`after=${START_MS + 30_100}&before=${START_MS + 40_000}`, [4, 3]],
    [`after=${new Date(START_MS + 30_100).toISOString()}&before=${new Date(START_MS + 40_000).toISOString()}`, [4, 3]],
    ['min_length=5', [6]],
    ['label=bird', []],
    ['camera_id=cam_01&min_score=0.5&session=s-cam_01&limit=1', [6]],
    ['camera_id=cam_02', []],
    ['zone=sky', []],
    ['unknown=1&limit=1', [6]],
  ])('?%s', async (query, ids) => {
    const { status, body } = await json(`/tracks?${query}`);
    expect(status).toBe(200);
    expect(body.tracks.map(({ id }) => id)).toEqual(ids);
    for (const track of body.tracks) expect([...Value.Errors(StoredTrackSchema, track)]).toEqual([]);
  });

  test('pages follow each other', async () => {
    const first = await json('/tracks?limit=4');
    const second = await json(`/tracks?limit=4&cursor=${first.body.next_cursor}`);
    expect(second.body.tracks.map(({ id }) => id)).toEqual([2, 1]);
    expect(second.body.next_cursor).toBeNull();
  });

  test.each([
    'limit=0',
    'limit=x',
    'limit=5000',
    'after=noon',
    'min_score=2',
    'in_progress=maybe',
    'sort=best',
    'cursor=x',
  ])('refuses ?%s', async (query) => {
    const { status, body } = await json(`/tracks?${query}`);
    expect(status).toBe(400);
    expect(body.error).toMatch(/^(Bad query: |cursor: )/);
  });
});

test('one track with its boxes, in pages', async () => {
  const { status, body } = await json(`/tracks/${ID}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ track_id: ID, camera_id: 'cam_01', label: 'drone', retain_indefinitely: false });
  const at = START_MS + 10_000;
  expect(body.samples.map(({ ts_unix_ms }) => ts_unix_ms)).toEqual([at, at + 200]);
  const first = await json(`/tracks/${ID}?limit=1`);
  const second = await json(`/tracks/${ID}?limit=1&after=${first.body.samples_next_after}`);
  expect([...first.body.samples, ...second.body.samples]).toEqual(body.samples);
  for (const unknown of ['s-cam_01~99', 's-x~1', 'nonsense', '~', '~1']) {
    expect(await json(`/tracks/${unknown}`)).toMatchObject({ status: 404, body: { error: 'Unknown track' } });
  }
});

test('a track is retained, and no longer', async () => {
  const retain = (body: object | undefined) =>
    json(`/tracks/${ID}/retain`, { method: 'POST', ...(body ? { body: JSON.stringify(body) } : {}) });
  expect((await retain(undefined)).body).toMatchObject({ track_id: ID, retain_indefinitely: true });
  expect((await json(`/tracks/${ID}`)).body.retain_indefinitely).toBe(true);
  expect((await retain({ retain_indefinitely: false })).body.retain_indefinitely).toBe(false);
  expect((await retain({ retain: 1 })).status).toBe(400);
  expect((await json('/tracks/s-cam_01~99/retain', { method: 'POST' })).status).toBe(404);
});

test('export: all tracks, as JSON Lines and as CSV', async () => {
  const lines = (await (await ask('/tracks/export?sort=oldest')).text()).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).id)).toEqual([1, 2, 3, 4, 5, 6]);
  const answer = await ask('/tracks/export?format=csv&sort=oldest&in_progress=false');
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  const [head, first, ...more] = (await answer.text()).trimEnd().split('\r\n');
  expect(head).toStartWith('track_id,session_id,camera_id,id,label,');
  expect(first).toStartWith(`${ID},s-cam_01,cam_01,1,drone,0.5,true,${START_MS + 10_000},${START_MS + 10_200},`);
  expect(more).toHaveLength(4);
});

describe('GET /history/replay', () => {
  test('is a recording, which a replay plays', async () => {
    const [after, before] = [START_MS + 15_000, START_MS + 35_000];
    const text = await (await ask(`/history/replay?camera_id=cam_01&after=${after}&before=${before}`)).text();
    using recording = new Recording(folder.write('past.jsonl', text));
    expect(recording.sessions.map(({ id, camera }) => [id, camera])).toEqual([['s-cam_01', 'cam_01']]);
    const messages = recording.entries.map((entry) => JSON.parse(recording.text(entry)));
    expect(messages[0]).toMatchObject({
      type: 'history_state',
      sample_ms: 500,
      from_unix_ms: after,
      to_unix_ms: before,
    });
    const events = messages.filter(({ type }) => type === 'track_event').map(({ event, after: { id } }) => [event, id]);
    expect(events).toEqual([
      ['new', 2],
      ['end', 2],
      ['new', 3],
      ['end', 3],
    ]);
    const ticks = messages.filter(({ type }) => type === 'metadata_tick').map(({ tracks }) => tracks.length);
    expect(ticks).toEqual([1, 1, 0, 1, 1, 0]);
  });

  test.each([
    ['camera_id=cam_01', 400],
    ['camera_id=cam_01&after=5&before=4', 400],
    ['camera_id=cam_01&after=0&before=86400001', 400],
    ['camera_id=cam_09&after=0&before=1000', 200],
  ])('?%s: %i', async (query, status) => {
    const answer = await ask(`/history/replay?${query}`);
    expect(answer.status).toBe(status);
    if (status === 200) expect(await answer.text()).toBe('');
  });
});

test('for who may see other cameras only, there are no tracks of this one', async () => {
  const { reader } = rig.history;
  await using server = await guarded({ history: () => reader });
  const headers = bearer(server.token('guest', 'viewer', { cameras: [MINE] }));
  const all = bearer(server.token('owner', 'viewer'));
  server.access.look();
  const asked = (path: string) => server.ask('GET', path, { headers });
  for (const path of ['/tracks', '/tracks?camera_id=cam_01']) {
    expect(((await (await asked(path)).json()) as Page).tracks).toEqual([]);
  }
  expect(await (await asked('/tracks/export')).text()).toBe('');
  for (const path of [`/tracks/${ID}`, '/history/replay?camera_id=cam_01&after=0&before=1']) {
    expect((await asked(path)).status).toBe(404);
  }
  expect((await server.ask('GET', `/tracks/${ID}`, { headers: all })).status).toBe(200);
  expect((await server.ask('POST', `/tracks/${ID}/retain`, { headers: all })).status).toBe(403);
});
