/** State topics: the latest is kept, nothing secret gets out, and a process that is gone does not go on following. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import type { StateName } from '../../runtime/node.ts';
import { Retained } from '../../runtime/session/retained.ts';
import { type AutotrackState, AutotrackStateSchema, type PtzState, PtzStateSchema } from '../../schemas/index.ts';
import { until } from '../server/clients.ts';
import { PATIENCE_MS, RunningCommand } from '../support/command.ts';
import { Folder, graphText, testNode } from '../support/graphs.ts';
import { TestSession } from '../support/sessions.ts';

const MINUTE = 60_000;
const states = (params: string) => graphText({ states: `{ use: ${testNode('states')}, with: { ${params} } }` });

test(
  'a node that sends what is none of the contract harms nobody but itself',
  async () => {
    await using session = await TestSession.start(graphText({ babble: `{ use: ${testNode('babble')} }` }), {
      record: true,
    });
    const told: string[] = [];
    session.set.subscribe({ message: ({ json }) => void told.push(json) });
    await session.state('running');
    await session.until('what was said', () => session.log.length > 0);
    const { state } = await session.stop();
    expect(state).toBe('stopped');
    expect(told).toEqual([]);
    expect(session.recorded).toEqual([]);
    expect(session.log.map(({ code, so_far }) => [code, so_far])).toEqual([['bad_client_message', 1]]);
    expect(session.set.retainedTick(session.view.session_id)).toBeUndefined();
  },
  MINUTE,
);

describe('retained', () => {
  const plain = (text: string) => text;
  const message = (name: StateName, json: string) => ({ topic: 'state', name, json, live: true }) as const;

  test('the latest of each name, byte for byte', () => {
    const retained = new Retained();
    expect(retained.state('ptz')).toBeUndefined();
    for (const [name, json] of [
      ['ptz', '{"n":1}'],
      ['autotrack', '{"n":2}'],
      ['ptz', '{"n":3}'],
    ] as const) {
      expect(retained.takeState(message(name, json), plain)).toEqual({ message: message(name, json), isNews: true });
    }
    expect([retained.state('ptz'), retained.state('autotrack')]).toEqual(['{"n":3}', '{"n":2}']);
  });

  test('that time has passed is no news; what is for the record alone is not retained', () => {
    const retained = new Retained();
    const at = (ts_unix_ms: number, round_trip_ms: number, zoom: number) =>
      message('ptz', JSON.stringify({ ts_unix_ms, zoom, round_trip_ms }));
    const news = [at(1, 10, 0), at(2, 11, 0), at(3, 11, 0.5), at(4, 11, 0.5)].map(
      (each) => retained.takeState(each, plain).isNews,
    );
    expect(news).toEqual([true, false, true, false]);
    expect(retained.state('ptz')).toBe(at(4, 11, 0.5).json);
    retained.takeState({ ...at(5, 0, 1), live: false }, plain);
    expect(retained.state('ptz')).toBe(at(4, 11, 0.5).json);
  });

  test("words of others are redacted, the contract's own are left alone", () => {
    const state = {
      link: { state: 'lost', reason: 'lost: rtsp://a:lost@b' },
      reason: { code: 'lost', message: 'lost' },
      notes: ['lost', 'found'],
    };
    const taken = new Retained().takeState(message('ptz', JSON.stringify(state)), (text) =>
      text.replaceAll('lost', '***'),
    );
    expect(JSON.parse(taken.message.json)).toEqual({
      link: { state: 'lost', reason: '***: rtsp://a:***@b' },
      reason: { code: 'lost', message: '***' },
      notes: ['***', 'found'],
    });
  });
});

test(
  'a process that is killed no longer drives its camera, and says so; what was asked for stays; the next one says anew',
  async () => {
    await using session = await TestSession.start(states(''), { record: true });
    const id = session.view.session_id;
    const live: { name: StateName; json: string }[] = [];
    session.set.subscribe({ message: (message) => void (message.topic === 'state' && live.push(message)) });
    const [ptz, autotrack] = [
      () => JSON.parse(session.set.retainedState(id, 'ptz') ?? 'null') as PtzState,
      () => JSON.parse(session.set.retainedState(id, 'autotrack') ?? 'null') as AutotrackState,
    ];
    await session.state('running');
    expect(await session.set.request(id, 'set_target_id', { target_id: 7 })).toEqual({ result: undefined });
    await session.until('the target', () => autotrack()?.target_id === 7);
    const before = { ptz: ptz(), autotrack: autotrack() };
    expect(before).toMatchObject({ ptz: { session_id: id, pan_deg: 12, ts_unix_ms: 2 }, autotrack: { active: true } });

    process.kill(session.pid ?? 0, 'SIGKILL');
    await session.state('restarting');
    const reason = "the session's process is gone";
    const nothing = { moving: null, pan_deg: null, tilt_deg: null, zoom: null, hfov_deg: null, preset: null };
    const gone = { ts_unix_ms: expect.any(Number), round_trip_ms: null, cmd: { pan: 0, tilt: 0, zoom: 0 } };
    expect(ptz()).toEqual({ ...before.ptz, ...nothing, ...gone, link: { state: 'closed', reason } });
    expect(autotrack()).toEqual({
      ...before.autotrack,
      ts_unix_ms: expect.any(Number),
      active: false,
      state: 'off',
      reason: { code: 'process_gone', message: reason },
    });
    expect(Value.Check(PtzStateSchema, ptz())).toBe(true);
    expect(Value.Check(AutotrackStateSchema, autotrack())).toBe(true);
    // Clients that are connected were told the same.
    const told = (name: StateName) => live.filter((message) => message.name === name).at(-1)?.json;
    expect([told('ptz'), told('autotrack')]).toEqual([
      session.set.retainedState(id, 'ptz'),
      session.set.retainedState(id, 'autotrack'),
    ]);

    await session.until('the next one', () => ptz().link.state === 'lost' && ptz().ts_unix_ms === 2);
    expect(ptz()).toEqual(before.ptz);
    await session.until('the target again', () => autotrack()?.target_id === 7);
    // Each is recorded, but for those that say nothing new.
    const recorded = session.recorded
      .map((json) => JSON.parse(json) as PtzState)
      .filter(({ type }) => type === 'ptz_state');
    expect(recorded.map(({ link }) => link.state)).toEqual(['lost', 'closed', 'lost']);
  },
  MINUTE,
);

test(
  'a node that lets go of its camera has the last word',
  async () => {
    await using session = await TestSession.start(states('hangs_up: true'), { record: true });
    await session.state('running');
    await session.stop();
    const link = session.recorded.map((json) => JSON.parse(json)).filter(({ type }) => type === 'ptz_state');
    expect(link.map((state: PtzState) => state.link)).toEqual([
      { state: 'lost', reason: 'no answer' },
      { state: 'closed', reason: null },
    ]);
    expect(session.set.retainedState(session.view.session_id, 'autotrack')).toContain('"code":"process_gone"');
  },
  MINUTE,
);

test(
  'over HTTP and WebSocket, without the password that an error text holds',
  async () => {
    using folder = new Folder();
    const file = folder.write('states.yaml', states(`reason: "rtsp://user:\${CAM_PASSWORD}@cam: no answer"`));
    await using command = new RunningCommand(['graph', file, '--port', '0'], { env: { CAM_PASSWORD: 'hunter22' } });
    const { url, session } = await command.ready();
    const get = async (path: string) => (await fetch(`${url}/sessions/${session}${path}`)).json();
    const ptz = await get('/ptz');
    expect(Value.Check(PtzStateSchema, ptz)).toBe(true);
    expect(ptz).toMatchObject({
      session_id: session,
      link: { state: 'lost', reason: 'rtsp://user:***@cam: no answer' },
    });
    const autotrack = await get('/autotrack');
    expect(Value.Check(AutotrackStateSchema, autotrack)).toBe(true);

    const received: unknown[] = [];
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/sessions/${session}?topics=autotrack,ptz`);
    socket.onmessage = ({ data }) => received.push(JSON.parse(String(data)));
    await until('both states', () => received.length === 2, PATIENCE_MS);
    expect(received).toEqual([autotrack, ptz]);
    socket.send('{"type":"set_target_id","target_id":3}');
    await until('reply and state', () => received.length === 4, PATIENCE_MS);
    expect(received.slice(2)).toContainEqual(expect.objectContaining({ type: 'autotrack_state', target_id: 3 }));
    socket.close();
  },
  MINUTE,
);
