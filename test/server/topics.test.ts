/** What a client may ask for with `?topics=`. */

import { describe, expect, test } from 'bun:test';
import { topics } from '../../schemas/topics.ts';
import { until } from '../support/patience.ts';
import { startRig, TestClient } from './clients.ts';
import { event, number, state, tick } from './numbered.ts';

describe('topics', () => {
  test('who asks for nothing gets ticks and events only, as ever', async () => {
    await using rig = startRig();
    rig.sessions.emit(rig.id, 'ptz', state(1));
    const client = await TestClient.open(rig);
    rig.sessions.emit(rig.id, 'ptz', state(2));
    rig.sessions.emit(rig.id, 'tracks', event(3));
    rig.sessions.emit(rig.id, 'tick', tick(4));
    await until('both', () => client.received.length >= 2);
    expect(client.received).toEqual([event(3), tick(4)]);
  });

  test('states that are retained come at once; of those of one turn only the last of each name', async () => {
    await using rig = startRig();
    rig.sessions.emit(rig.id, 'tick', tick(0));
    rig.sessions.emit(rig.id, 'ptz', state(1));
    rig.sessions.emit(rig.id, 'autotrack', state(2));
    const client = await TestClient.open(rig, rig.id, '?topics=autotrack,ptz,tracks');
    await until('retained', () => client.received.length >= 2);
    for (let n = 10; n < 20; n += 1) {
      rig.sessions.emit(rig.id, n % 2 === 0 ? 'ptz' : 'autotrack', state(n));
      rig.sessions.emit(rig.id, 'tick', tick(n));
      rig.sessions.emit(rig.id, 'tracks', event(n));
    }
    await until('all', () => client.received.length >= 14);
    expect(client.received.slice(0, 2)).toEqual([state(2), state(1)]);
    const events = client.received.filter((json) => json.includes('track_event'));
    expect(events.map(number)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(client.received.slice(2).filter((json) => !events.includes(json))).toEqual([state(18), state(19)]);
  });

  test('in one turn with the handshake, a state comes once', async () => {
    await using rig = startRig();
    rig.sessions.emit(rig.id, 'ptz', state(1));
    const first = await TestClient.open(rig, rig.id, '?topics=ptz');
    await until('retained', () => first.received.length === 1);
    // Whichever comes first, the message on its way or the handshake: the newest, and none twice in a row.
    const second = TestClient.open(rig, rig.id, '?topics=ptz');
    for (let n = 2; n < 200; n += 1) {
      rig.sessions.emit(rig.id, 'ptz', state(n));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { received } = await second;
    await until('the last', () => received.at(-1) === state(199));
    expect(received.map(number)).toEqual([...new Set(received.map(number))].sort((a, b) => a - b));
  });

  test('a node of the graph may add topics, of either kind; they are there for those who ask', async () => {
    await using rig = startRig();
    const { tick: latest, tracks: every } = topics;
    rig.sessions.known = { ...topics, counts: { ...latest, wanted: false }, alarms: { ...every, wanted: false } };
    rig.sessions.emit(rig.id, 'counts', state(1));
    rig.sessions.emit(rig.id, 'alarms', event(2));
    const [asks, other] = [await TestClient.open(rig, rig.id, '?topics=counts,alarms'), await TestClient.open(rig)];
    await until('retained', () => asks.received.length === 1);
    rig.sessions.emit(rig.id, 'counts', state(3));
    rig.sessions.emit(rig.id, 'alarms', event(4));
    rig.sessions.emit(rig.id, 'tick', tick(5));
    await until('all', () => asks.received.length === 3 && other.received.length === 1);
    expect(asks.received).toEqual([state(1), state(3), event(4)]);
    expect(other.received).toEqual([tick(5)]);
    const get = async (path: string) => (await fetch(`${rig.server.url}/sessions/${rig.id}/${path}`)).json();
    expect(await get('counts')).toEqual(JSON.parse(state(3)));
    expect(await get('tick')).toEqual(JSON.parse(tick(5)));
    expect(await get('alarms')).toEqual({ error: `Not found: /sessions/${rig.id}/alarms` });
    expect(await get('toString')).toEqual({ error: `Not found: /sessions/${rig.id}/toString` });
  });

  test.each([
    ['tick,foo', '"foo"'],
    ['', '""'],
    ['TICK', '"TICK"'],
    ['ptz&topics=toString', '"toString"'],
  ])('400 for an unknown one: %s', async (query, got) => {
    await using rig = startRig();
    const response = await fetch(`${rig.server.url}/ws/sessions/${rig.id}?topics=${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      error: `Unknown topic; expected some of tick, tracks, ptz, autotrack, clock, stats, got ${got}`,
    });
    expect((await fetch(`${rig.server.url}/ws/sessions/nope?topics=${query}`)).status).toBe(404);
  });

  test.each([
    '?topics=ptz,tick',
    '?x=1&topics=ptz,tick&topics=ptz',
    '?topics=ptz&topics=tick',
    '?topics=ptz,%20tick,tick',
  ])('ways to ask: %s', async (query) => {
    await using rig = startRig();
    rig.sessions.emit(rig.id, 'tick', tick(1));
    rig.sessions.emit(rig.id, 'ptz', state(2));
    const client = await TestClient.open(rig, rig.id, query);
    rig.sessions.emit(rig.id, 'tracks', event(3));
    await until('both', () => client.received.length >= 2);
    expect(client.received).toEqual([state(2), tick(1)]);
  });
});
