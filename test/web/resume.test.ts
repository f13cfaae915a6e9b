/** The client library beside a server that drops it: no event is lost. No browser: nothing of this is drawn. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { startRig } from '../server/clients.ts';
import { event } from '../server/numbered.ts';
import { until } from '../support/patience.ts';

/** What is used of the library here. Its own types are those of a browser. */
interface Feed {
  readonly state: { readonly status: string };
  readonly latest: { readonly tick?: unknown };
  on(kind: 'event' | 'gap', listener: (message: { readonly missed?: number | null }) => void): void;
  select(trackId: number): Promise<unknown>;
  close(): void;
}
const LIBRARY = join(import.meta.dir, '../../web/client/connection.ts');
const { connect }: { connect(url: string, options?: object): Feed } = await import(LIBRARY);

test('after a lost connection the events that were missed come once and in order, and commands find their session', async () => {
  await using rig = startRig();
  const feed = connect(rig.server.url, { camera: 'cam_01', hz: 100 });
  const taken: string[] = [];
  const missed: unknown[] = [];
  feed.on('event', (each) => void taken.push(JSON.stringify(each)));
  feed.on('gap', (gap) => void missed.push(gap.missed));
  const told: string[] = [];
  const tell = (count: number) => {
    for (let n = 0; n < count; n++) {
      told.push(event(told.length));
      rig.sessions.emit(rig.id, 'tracks', told.at(-1) ?? '');
    }
  };
  rig.sessions.emit(rig.id, 'tick', tick(0));
  await until('live', () => feed.state.status === 'live');
  for (let drop = 0; drop < 3; drop++) {
    tell(5);
    // Some are on their way.
    rig.app.clients.close();
    await until('down', () => feed.state.status === 'down');
    tell(20);
    await until('all', () => taken.length === told.length);
    rig.sessions.emit(rig.id, 'tick', tick(drop + 1));
    await until('live', () => feed.state.status === 'live');
  }
  expect(taken).toEqual(told);
  expect(missed).toEqual([]);
  expect(await feed.select(7)).toEqual({ type: 'ack', command: 'set_target_id', target_id: 7 });
  expect(rig.sessions.requests).toEqual([{ sessionId: rig.id, name: 'set_target_id', params: { target_id: 7 } }]);
  rig.app.clients.close();
  await until('down', () => feed.state.status === 'down');
  tell(6000);
  await until('a gap and the rest', () => taken.at(-1) === told.at(-1));
  expect(missed).toEqual([told.length - taken.length]);
  feed.close();
});

test('it goes on with the next session of its camera on the same connection', async () => {
  await using rig = startRig();
  const feed = connect(rig.server.url);
  rig.sessions.emit(rig.id, 'tick', tick(1));
  await until('live', () => feed.state.status === 'live');
  await rig.sessions.remove(rig.id);
  rig.sessions.create('cam_01');
  rig.sessions.emit(rig.id, 'tick', tick(2));
  await until('the next tick', () => JSON.stringify(feed.latest.tick) === tick(2));
  expect(feed.state.status).toBe('live');
  feed.close();
});

function tick(n: number): string {
  return JSON.stringify({
    type: 'metadata_tick',
    session_id: 's-cam_01',
    ts_unix_ms: 1e12 + n,
    frame_index: n,
    tracks: [],
  });
}
