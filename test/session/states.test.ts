/** State topics: the latest is kept, nothing secret gets out, and a process that is gone does not go on following. */
import { expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import type { Message } from '../../runtime/hub/message.ts';
import { requestScope } from '../../runtime/request-scope.ts';
import { type AutotrackState, AutotrackStateSchema, type PtzState, PtzStateSchema } from '../../schemas/index.ts';
import { RunningCommand } from '../support/command.ts';
import { Folder, graphText, testNode } from '../support/graphs.ts';
import { PATIENCE_MS, TEST_LIMIT_MS, until } from '../support/patience.ts';
import { collector, TestSession } from '../support/sessions.ts';

const states = (params: string) => graphText({ states: `{ use: ${testNode('states')}, with: { ${params} } }` });

test(
  'a node that sends what is none of the contract harms nobody but itself',
  async () => {
    await using session = await TestSession.start(graphText({ babble: `{ use: ${testNode('babble')} }` }), {
      record: true,
    });
    const told: string[] = [];
    session.set.hub.subscribe(collector(({ json }) => void told.push(json)));
    await session.state('running');
    await session.until('what was said', () => session.log.length > 0);
    const { state } = await session.stop();
    expect(state).toBe('stopped');
    expect(told).toEqual([]);
    expect(session.recorded).toEqual([]);
    expect(session.log.map(({ code, so_far }) => [code, so_far])).toEqual([['bad_client_message', 1]]);
    expect(session.set.hub.retained(session.view.session_id, 'tick')).toBeUndefined();
    expect(session.node('babble')).toMatchObject({ refused_messages: 45, processed: 1 });
  },
  TEST_LIMIT_MS,
);

test(
  'a process that is killed no longer drives its camera, and says so; what was asked for stays; the next one says anew',
  async () => {
    await using session = await TestSession.start(states(''), { record: true });
    const id = session.view.session_id;
    const live: Message[] = [];
    session.set.hub.subscribe(collector((message) => void live.push(message)));
    const retained = (topic: string) => session.set.hub.retained(id, topic)?.json;
    const [ptz, autotrack] = [
      () => JSON.parse(retained('ptz') ?? 'null') as PtzState,
      () => JSON.parse(retained('autotrack') ?? 'null') as AutotrackState,
    ];
    await session.state('running');
    const asked = requestScope.run({ request_id: 'r-1' }, () =>
      session.set.request(id, 'set_target_id', { target_id: 7 }),
    );
    expect(await asked).toEqual({ result: undefined });
    // What a node logs about a command carries the id of the command.
    const logged = () => session.log.find(({ message }) => message === 'told');
    await session.until('the line', () => logged() !== undefined);
    expect(logged()).toMatchObject({ target_id: 7, request_id: 'r-1', node: 'states', camera: 'cam' });
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
    session.set.hub.flush();
    const told = (name: string) => live.filter(({ topic }) => topic === name).at(-1)?.json;
    expect([told('ptz'), told('autotrack')]).toEqual([retained('ptz'), retained('autotrack')]);

    await session.until('the next one', () => ptz().link.state === 'lost' && ptz().ts_unix_ms === 2);
    expect(ptz()).toEqual(before.ptz);
    await session.until('the target again', () => autotrack()?.target_id === 7);
    // Each is recorded, but for those that say nothing new.
    const recorded = session.recorded
      .map((json) => JSON.parse(json) as PtzState)
      .filter(({ type }) => type === 'ptz_state');
    expect(recorded.map(({ link }) => link.state)).toEqual(['lost', 'closed', 'lost']);
  },
  TEST_LIMIT_MS,
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
    const autotrack = session.set.hub.retained(session.view.session_id, 'autotrack');
    expect(autotrack?.json).toContain('"code":"process_gone"');
  },
  TEST_LIMIT_MS,
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
  TEST_LIMIT_MS,
);
