/** WebSockets of a server that checks tokens: who may send commands, and what closes them. */
import { afterEach, describe, expect, test } from 'bun:test';
import { getEventListeners } from 'node:events';
import { revokeToken } from '../../runtime/access/tokens.ts';
import { until } from '../support/patience.ts';
import { MINE, OTHER, Rigs } from './guarded.ts';

const rigs = new Rigs();
afterEach(() => rigs.end());

const SELECT = { type: 'set_target_id', target_id: 7 };
const FORBIDDEN = { type: 'error', error: 'forbidden' };
const ACK = { type: 'ack', command: 'set_target_id', target_id: 7 };

describe('WebSockets', () => {
  test.each([
    ['viewer', FORBIDDEN],
    ['controller', ACK],
    ['admin', ACK],
  ] as const)('%s: a command on its own camera', async (role, reply) => {
    const { rig, socket } = await rigs.serving();
    const token = rig.token('t', role, { cameras: [MINE] });
    const own = socket(`/ws/sessions/s-${MINE}`, token);
    expect(await own.opened()).toBe(true);
    expect(await own.ask(SELECT)).toEqual(reply);
    expect(await own.ask({ type: 'clear_target' })).toMatchObject({ type: reply.type });
    expect(await own.ask({ type: 'nonsense' })).toEqual({ type: 'error', error: 'unknown_command' });
    expect(rig.sessions.requests.length).toBe(role === 'viewer' ? 0 : 2);
    expect(await socket(`/ws/sessions/s-${OTHER}`, token).opened()).toBe(false);
    for (const path of [`/ws/sessions/s-${MINE}`, `/ws/sessions/s-${MINE}?token=${token}`]) {
      const nobody = socket(path, '');
      expect(await nobody.opened()).toBe(true);
      nobody.send(SELECT);
      expect(await nobody.ended()).toEqual({ code: 1008, reason: 'a token is needed' });
      expect(nobody.received).toEqual([]);
    }
    expect(rig.sessions.requests.length).toBe(role === 'viewer' ? 0 : 2);
  });

  test('/ws: topics and commands of foreign cameras are refused, one by one', async () => {
    const { rig, socket } = await rigs.serving();
    const all = socket('/ws', rig.token('t', 'controller', { cameras: [MINE] }));
    expect(await all.opened()).toBe(true);
    expect(await all.ask({ type: 'subscribe', topics: ['#'] })).toMatchObject({ type: 'subscribed' });
    for (const camera of [OTHER, MINE]) {
      const message = { sessionId: `s-${camera}`, cameraId: camera, topic: 'ptz', json: `{"of":"${camera}"}` };
      rig.sessions.hub.publish({ ...message, keep: 'latest', live: true, isNews: true });
    }
    await until('a message', () => all.received.some((text) => text.includes(`"of":"${MINE}"`)));
    expect(all.received.join('\n')).not.toContain(OTHER);
    expect(await all.ask({ ...SELECT, session_id: `s-${OTHER}` })).toMatchObject(FORBIDDEN);
    expect(await all.ask({ ...SELECT, session_id: 'nowhere' })).toMatchObject(FORBIDDEN);
    expect(await all.ask({ ...SELECT, session_id: `s-${MINE}` })).toMatchObject(ACK);
  });

  test('event streams have no foreign cameras, and end with their token', async () => {
    const { rig } = await rigs.serving();
    const headers = { authorization: `Bearer ${rig.token('t', 'viewer', { cameras: [MINE] })}` };
    for (const camera of [MINE, OTHER]) rig.sessions.create(camera);
    const answer = await rig.app.handle(new Request('http://localhost/events/stream?topics=ptz', { headers }));
    let [text, isOver] = ['', false];
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of answer.body ?? []) text += decoder.decode(chunk, { stream: true });
      isOver = true;
    })();
    for (const camera of [OTHER, MINE]) {
      const message = { sessionId: `s-${camera}`, cameraId: camera, topic: 'ptz', json: `{"of":"${camera}"}` };
      rig.sessions.hub.publish({ ...message, keep: 'latest', live: true, isNews: true });
    }
    await until('a message', () => text.includes(`"of":"${MINE}"`));
    expect([text.includes(OTHER), isOver]).toEqual([false, false]);
    revokeToken(rig.folder, 't');
    await until('the end', () => isOver);
    await reading;
  });

  test('an event stream that is over leaves nothing at its token', async () => {
    const { rig } = await rigs.serving();
    const token = rig.token('t', 'viewer');
    const signal = (await rig.access.callerOf({ by: 'bearer', token }))?.ended;
    const headers = { authorization: `Bearer ${token}` };
    const answer = await rig.app.handle(new Request('http://localhost/events/stream', { headers }));
    const listeners = () => (signal ? getEventListeners(signal, 'abort').length : undefined);
    expect(listeners()).toBe(1);
    await answer.body?.cancel();
    expect(listeners()).toBe(0);
  });

  test('the picture ends with its token, as MP4 and by WebRTC', async () => {
    const { rig } = await rigs.serving();
    rig.sessions.create(MINE);
    const answers: Record<string, unknown> = {
      preview_watch: { id: 'mp4' },
      preview_read: { type: 'video/mp4', data: 'AAAA' },
      preview_offer: { id: 'whep', sdp: 'v=0' },
    };
    rig.sessions.answer = async (name) => ({ result: answers[name] });
    const headers = { authorization: `Bearer ${rig.token('t', 'viewer')}` };
    const url = `http://localhost/sessions/s-${MINE}`;
    const offer = new Request(`${url}/whep`, { method: 'POST', headers, body: 'v=0' });
    expect((await rig.app.handle(offer)).status).toBe(201);
    const picture = (await rig.app.handle(new Request(`${url}/preview.mp4`, { headers }))).body?.getReader();
    expect((await picture?.read())?.done).toBe(false);
    revokeToken(rig.folder, 't');
    await until('the end', async () => (await picture?.read())?.done === true);
    const ended = rig.sessions.requests.filter(({ name }) => name === 'preview_end').map(({ params }) => params);
    expect(ended).toContainEqual({ id: 'mp4' });
    expect(ended).toContainEqual({ id: 'whep' });
  });

  test('are closed when the token is revoked, and when it expires', async () => {
    const { rig, socket } = await rigs.serving();
    const revoked = rig.token('revoked', 'admin');
    const expires = rig.token('expires', 'viewer', { expiresUnixMs: rig.clock.unixMs() + 60_000 });
    const sockets = [revoked, expires].map((token) => socket(`/ws/sessions/s-${MINE}`, token));
    for (const each of sockets) expect(await each.opened()).toBe(true);
    const before = performance.now();
    revokeToken(rig.folder, 'revoked');
    await until('closed', () => sockets[0]?.closed !== undefined);
    expect(performance.now() - before).toBeLessThan(5000);
    expect(sockets[0]?.closed).toEqual({ code: 1008, reason: 'token revoked' });
    expect(sockets[1]?.closed).toBeUndefined();
    rig.clock.advance(60_000);
    await until('closed', () => sockets[1]?.closed !== undefined);
    expect(sockets[1]?.closed).toEqual({ code: 1008, reason: 'token expired' });
  });

  test('of an open server are closed when the first token is made', async () => {
    const { rig, socket } = await rigs.serving({ mayBeOpen: true });
    const free = socket(`/ws/sessions/s-${MINE}`, '');
    expect(await free.opened()).toBe(true);
    expect(await free.ask(SELECT)).toEqual(ACK);
    rig.token('first', 'viewer');
    await until('closed', () => free.closed !== undefined);
    expect(free.closed).toEqual({ code: 1008, reason: 'a token is needed' });
    revokeToken(rig.folder, 'first');
    rig.access.look();
    // Without a token it does not become open again.
    expect((await rig.ask('GET', '/cameras')).status).toBe(401);
  });
});
