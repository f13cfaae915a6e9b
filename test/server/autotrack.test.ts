import { expect, test } from 'bun:test';
import { SystemClock } from '../../runtime/clock.ts';
import { createApp } from '../../runtime/server/app.ts';
import { FakeLog, FakeSessions } from './fake-sessions.ts';

async function post(sessions: FakeSessions, id: string, body: string) {
  sessions.create();
  const app = createApp({ sessions, version: '0', clock: new SystemClock(), log: new FakeLog() });
  const answer = await app.handle(new Request(`http://localhost/sessions/${id}/autotrack`, { method: 'POST', body }));
  return { status: answer.status, body: await answer.json() };
}

test('the autotracker is switched by the node of the session', async () => {
  const sessions = new FakeSessions();
  expect(await post(sessions, 's-cam_01', '{"enabled":false}')).toEqual({ status: 200, body: { enabled: false } });
  expect(sessions.requests).toEqual([{ sessionId: 's-cam_01', name: 'set_autotrack', params: { enabled: false } }]);
});

test.each([
  ['s-cam_01', '{}', 400],
  ['s-cam_01', '{"enabled":1}', 400],
  ['s-cam_09', '{"enabled":true}', 404],
])('%s %s: %i', async (id, body, status) => {
  expect(await post(new FakeSessions(), id, body)).toMatchObject({ status });
});
