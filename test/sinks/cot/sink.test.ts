/** What receivers get: over TCP, TLS and multicast, read by the project's own XML reader and by takproto. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { Folder } from '../../support/graphs.ts';
import { TEST_LIMIT_MS, until } from '../../support/patience.ts';
import { AT, CAMERA, find, ofType, Receiver, Rig, SITE } from './rig.ts';

describe('a TAK server', () => {
  test(
    'gets the camera, a line for each track, and its end; once more after the connection was lost',
    async () => {
      const receiver = new Receiver();
      const port = await receiver.listen();
      await using rig = new Rig({ url: `tcp://127.0.0.1:${port}` });
      await rig.open();
      rig.see(7, 8);
      rig.emit('tick', { ts_unix_ms: AT, frame_size: { w: 16, h: 9 }, tracks: [] }, 'elsewhere');
      await until('two lines', () => ofType(receiver.events, 'u-rb-a').length === 2);
      const [line] = ofType(receiver.events, 'u-rb-a');
      expect(Object.fromEntries(line?.attributes ?? [])).toEqual({
        version: '2.0',
        uid: `windhover.s-${CAMERA}.7`,
        type: 'u-rb-a',
        how: 'm-i',
        time: new Date(AT).toISOString(),
        start: new Date(AT).toISOString(),
        stale: new Date(AT + 10_000).toISOString(),
      });
      expect(find(line, 'point')?.attributes.get('lat')).toBe('47.5');
      expect(find(line, 'bearing')?.attributes.get('value')).toBe('120.000');
      expect(find(line, 'inclination')?.attributes.get('value')).toBe('5.000');
      expect(find(line, 'contact')?.attributes.get('callsign')).toBe(`${CAMERA} drone 7`);
      const [camera, ...more] = ofType(receiver.events, 'b-m-p-s-p-loc');
      expect(more).toEqual([]);
      expect(find(camera, 'sensor')?.attributes.get('azimuth')).toBe('120.000');
      expect(find(camera, 'sensor')?.attributes.get('fov')).toBe('60.000');
      rig.end(7);
      rig.end(99);
      await until('its end', () => ofType(receiver.events, 'u-rb-a').length === 3);
      const end = ofType(receiver.events, 'u-rb-a').at(-1);
      expect(end?.attributes.get('uid')).toBe(`windhover.s-${CAMERA}.7`);
      expect(end?.attributes.get('stale')).toBe(end?.attributes.get('time'));
      receiver.cut();
      await until('a second connection', () => receiver.connections === 2 && rig.sinks.warnings().length === 0);
      receiver.text = '';
      rig.see(8);
      await until('the line again', () => ofType(receiver.events, 'u-rb-a').length === 1);
      receiver.close();
    },
    TEST_LIMIT_MS,
  );

  test(
    'a track that ended is not told again by the tick before',
    async () => {
      const receiver = new Receiver();
      await using rig = new Rig({ url: `tcp://127.0.0.1:${await receiver.listen()}` });
      await rig.open();
      rig.see(7);
      // In one turn the newer tick would take the place of this one.
      rig.sessions.hub.flush();
      rig.end(7);
      rig.see(8);
      await until('the next', () => receiver.text.includes(`.8"`));
      const uids = ofType(receiver.events, 'u-rb-a').map((event) => event.attributes.get('uid')?.at(-1));
      expect(uids).toEqual(['7', '7', '8']);
      receiver.close();
    },
    TEST_LIMIT_MS,
  );

  test(
    'without a camera that says where it stands there is nothing to tell, which is a warning',
    async () => {
      const receiver = new Receiver();
      await using rig = new Rig({ url: `tcp://127.0.0.1:${await receiver.listen()}` });
      rig.sessions.sites.clear();
      await until('a warning', () => rig.sinks.warnings()[0]?.code === 'cot_no_site');
      rig.sessions.sites.set(CAMERA, SITE);
      await until('no warning', () => rig.sinks.warnings().length === 0);
      receiver.close();
    },
    TEST_LIMIT_MS,
  );

  test(
    'that is not there is a warning with its address',
    async () => {
      await using rig = new Rig({ url: 'tcp://127.0.0.1:9' });
      await until('a warning', () => rig.sinks.warnings().length === 1);
      expect(rig.sinks.warnings()[0]).toMatchObject({ code: 'cot_unreachable' });
      expect(rig.sinks.warnings()[0]?.message).toContain('tcp://127.0.0.1:9');
    },
    TEST_LIMIT_MS,
  );

  test(
    'that does not read costs no memory: events are dropped and counted',
    async () => {
      const receiver = new Receiver();
      const port = await receiver.listen();
      await using rig = new Rig({ url: `tcp://127.0.0.1:${port}`, hz: 1000 });
      await rig.open();
      await until('a connection', () => receiver.connections === 1);
      receiver.pause();
      await until('drops', () => {
        rig.see(...Array.from({ length: 200 }, (_, id) => id));
        return Number(rig.sinks.figures().cot?.events_dropped) > 0;
      });
      receiver.close();
    },
    TEST_LIMIT_MS,
  );
});

describe.skipIf(Bun.which('openssl') === null)('over TLS', () => {
  const folder = new Folder();
  beforeAll(() => {
    const names = ['-subj', '/CN=tak', '-addext', 'subjectAltName=IP:127.0.0.1'];
    Bun.spawnSync(
      [
        'openssl',
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        'key.pem',
        '-out',
        'cert.pem',
        ...names,
      ],
      { cwd: folder.path },
    );
  });
  afterAll(() => folder[Symbol.dispose]());

  test(
    'a server whose authority is named is told; another is refused',
    async () => {
      const cert = folder.file('cert.pem');
      const receiver = new Receiver({ key: readFileSync(folder.file('key.pem')), cert: readFileSync(cert) });
      const url = `tls://127.0.0.1:${await receiver.listen()}`;
      {
        await using rig = new Rig({ url, ca: cert });
        await rig.open();
        rig.see(7);
        await until('a line', () => ofType(receiver.events, 'u-rb-a').length === 1);
      }
      await using stranger = new Rig({ url });
      await until('a warning', () => stranger.sinks.warnings().length === 1);
      expect(stranger.sinks.warnings()[0]).toMatchObject({ code: 'cot_unreachable' });
      receiver.close();
    },
    TEST_LIMIT_MS,
  );
});

test(
  'a multicast group gets one event a datagram',
  async () => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    const datagrams: string[] = [];
    socket.on('message', (data) => datagrams.push(data.toString()));
    await new Promise<void>((resolve) => socket.bind(0, resolve));
    socket.addMembership('239.2.3.1', '127.0.0.1');
    await using rig = new Rig({ url: `udp://239.2.3.1:${socket.address().port}` });
    await rig.open();
    rig.see(7);
    await until('two datagrams', () => datagrams.length >= 2);
    expect(datagrams.slice(0, 2).map((text) => /type="([^"]+)"/.exec(text)?.[1])).toEqual(['b-m-p-s-p-loc', 'u-rb-a']);
    socket.close();
  },
  TEST_LIMIT_MS,
);

const hasTakproto = Bun.spawnSync(['python3', '-c', 'import takproto']).exitCode === 0;
if (!hasTakproto) console.warn('takproto reads the events: skipped, the Python package takproto is not there');

test.skipIf(!hasTakproto)(
  'takproto reads the events',
  async () => {
    const receiver = new Receiver();
    await using rig = new Rig({ url: `tcp://127.0.0.1:${await receiver.listen()}` });
    await rig.open();
    rig.see(7);
    rig.end(7);
    await until('three events', () => receiver.events.length === 3);
    receiver.close();
    const script = `
import json, sys, takproto
for xml in sys.stdin.read().split('<?xml version="1.0" encoding="UTF-8"?>')[1:]:
    event = takproto.parse_proto(takproto.xml2proto(xml)).cotEvent
    print(json.dumps([event.type, event.uid, event.lat, event.hae, event.staleTime - event.startTime, event.detail.contact.callsign]))`;
    const { stdout, stderr } = Bun.spawnSync(['python3', '-c', script], { stdin: Buffer.from(receiver.text) });
    const lines = stdout.toString().trim().split('\n');
    expect({ stderr: stderr.toString(), lines: lines.map((line) => JSON.parse(line)) }).toEqual({
      stderr: '',
      lines: [
        ['b-m-p-s-p-loc', `windhover.${CAMERA}`, 47.5, 430, 10_000, CAMERA],
        ['u-rb-a', `windhover.s-${CAMERA}.7`, 47.5, 430, 10_000, `${CAMERA} drone 7`],
        ['u-rb-a', `windhover.s-${CAMERA}.7`, 47.5, 430, 0, ''],
      ],
    });
  },
  TEST_LIMIT_MS,
);
