/** `bun run replay`: the server of a recording, as a front end meets it. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReplayView } from '../../runtime/server/replay.ts';
import { ROOT, RunningCommand, runCommand } from '../support/command.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { WireClient } from '../support/wire-client.ts';

const FIXTURE = 'fixtures/session.jsonl';
const CLIP = 'fixtures/sky.mp4';

let command: RunningCommand;
let url = '';
let session = '';
beforeAll(async () => {
  command = new RunningCommand(['replay', FIXTURE, '--video', CLIP, '--speed', '4', '--loop', '--port', '0']);
  ({ url, session } = await command.ready());
}, TEST_LIMIT_MS);
afterAll(() => command[Symbol.asyncDispose]());

const replay = async (change?: object) => {
  const init = change ? { method: 'POST', body: JSON.stringify(change) } : {};
  const answer = await fetch(`${url}/replay`, init);
  return { status: answer.status, body: (await answer.json()) as ReplayView & { error?: string } };
};

test('the API of a running server, and its messages', async () => {
  const { cameras } = (await (await fetch(`${url}/cameras`)).json()) as { cameras: object[] };
  expect(cameras).toEqual([{ camera_id: 'sky', graph: FIXTURE, session_id: session }]);
  const created = await fetch(`${url}/sessions`, { method: 'POST', body: '{"camera_id":"sky"}' });
  expect([created.status, await created.json()]).toMatchObject([200, { session_id: session, created: false }]);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  using client = await WireClient.open(url, session);
  const tick = await client.tick('a tick with tracks', ({ tracks }) => tracks.length > 0);
  expect(readFileSync(join(ROOT, FIXTURE), 'utf8')).toContain(JSON.stringify(tick));
  // What happened cannot be changed.
  expect(await client.ask({ type: 'set_target_id', target_id: 1 })).toEqual({
    type: 'error',
    error: 'unknown_command',
  });
  expect((await fetch(`${url}/sessions/${session}`, { method: 'DELETE' })).status).toBe(409);
});

test('it goes elsewhere, halts, and goes on; what it cannot do is refused', async () => {
  const there = await replay({ position_ms: 6500, playing: false });
  expect(there).toMatchObject({ status: 200, body: { position_ms: 6500, playing: false, speed: 4, loop: true } });
  const tick = await (await fetch(`${url}/sessions/${session}/tick`)).json();
  expect(tick).toMatchObject({ tracking_phase: 'searching' });
  expect((await replay()).body.position_ms).toBe(6500);
  expect((await replay({ playing: true, speed: 1 })).body).toMatchObject({ playing: true, speed: 1 });
  for (const wrong of [{ speed: 0 }, { speed: 1e9 }, { position_ms: -1 }, { playing: 'yes' }, { to: 3 }]) {
    expect(await replay(wrong)).toMatchObject({ status: 400, body: { error: expect.stringContaining('Bad body') } });
  }
});

test('the clip comes whole or in parts', async () => {
  const { video } = (await replay()).body;
  // Frame 0 of the clip is the first message's time: the session began with it.
  expect(video).toEqual({ path: '/replay/video', start_unix_ms: Date.UTC(2026, 0, 1, 12) });
  const bytes = readFileSync(join(ROOT, CLIP));
  const part = async (range?: string) => {
    const answer = await fetch(`${url}/replay/video`, range === undefined ? {} : { headers: { range } });
    return { status: answer.status, got: Buffer.from(await answer.arrayBuffer()) };
  };
  expect(await part()).toEqual({ status: 200, got: bytes });
  expect(await part('bytes=10-19')).toEqual({ status: 206, got: bytes.subarray(10, 20) });
  expect(await part('bytes=-5')).toEqual({ status: 206, got: bytes.subarray(-5) });
  expect(await part(`bytes=${bytes.length - 3}-`)).toEqual({ status: 206, got: bytes.subarray(-3) });
  expect((await part(`bytes=${bytes.length}-`)).status).toBe(416);
});

test('what cannot be replayed is said at once', async () => {
  expect(await runCommand(['replay'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('name one recording'),
  });
  expect(await runCommand(['replay', 'none.jsonl'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('cannot be read'),
  });
  expect(await runCommand(['replay', 'package.json'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining(':1: not a message'),
  });
  expect(await runCommand(['replay', FIXTURE, '--speed', '0'])).toMatchObject({ exitCode: 2 });
  expect(await runCommand(['replay', FIXTURE, '--video', 'none.mp4'])).toMatchObject({ exitCode: 2 });
});
