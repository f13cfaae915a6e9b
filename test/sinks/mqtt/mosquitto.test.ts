/** The MQTT bridge against a real Mosquitto. */
import { describe, expect, test } from 'bun:test';
import { Folder } from '../../support/graphs.ts';
import { until } from '../../support/patience.ts';
import { type BrokerKind, hasMosquitto, Mosquitto, MosquittoSubscriber, USER } from './mosquitto.ts';
import { BridgeRig } from './rig.ts';

describe.skipIf(!hasMosquitto)('a real broker', () => {
  test.each<[string, 5 | '3.1.1', BrokerKind]>([
    ['5, TLS and a password', 5, { tls: true, password: 'geheim-1' }],
    ['3.1.1', '3.1.1', {}],
    ['3.1.1, TLS and a client certificate', '3.1.1', { tls: true, wantsCertificate: true }],
  ])(
    'version %s: states are retained, events sent, commands answered, and all is off at the end',
    async (_name, version, kind) => {
      using folder = new Folder();
      await using broker = new Mosquitto(folder.path, kind);
      await broker.start();
      // Of a run that was killed: one of its objects, and a command that somebody has retained.
      broker.publish('drone_ptz/cam01/bird', '4', '-r');
      broker.publish('drone_ptz/cam01/target/set', '9', '-r');
      await using subscriber = new MosquittoSubscriber(broker, 'drone_ptz/#');
      await subscriber.ready();
      const login = {
        ...(kind.password === undefined ? {} : { username: USER, password: kind.password }),
        ...(kind.wantsCertificate ? broker.client : {}),
      };
      const url = kind.tls
        ? { url: `mqtts://127.0.0.1:${broker.port}`, ca: broker.ca }
        : { url: `mqtt://127.0.0.1:${broker.port}` };
      const rig = new BridgeRig({ ...url, ...login, version, role: 'controller', tick_hz: 30 });
      await rig.connected();
      rig.event('drone', ['gate']);
      rig.state('autotrack', { enabled: true, state: 'following' });
      rig.state('tick', { frame_size: { w: 100, h: 50 }, selected_target_id: 1, tracking_phase: 'tracking' });
      const heard = (topic: string) => subscriber.payloads(`drone_ptz/${topic}`).at(-1);
      await until('all has come', () => heard('events') !== undefined && heard('cam01/tick') !== undefined);
      await until('what is left of another run is gone', () => heard('cam01/bird') === '0');
      expect(Object.fromEntries(await broker.retained('drone_ptz/#'))).toMatchObject({
        'drone_ptz/available': 'online',
        'drone_ptz/cam01/status': 'online',
        'drone_ptz/cam01/drone': '1',
        'drone_ptz/cam01/gate/drone': '1',
        'drone_ptz/cam01/autotrack/state': 'ON',
        'drone_ptz/cam01/target/state': '{"target_id":1,"phase":"tracking"}',
      });
      await until('commands are answered', () => {
        broker.publish('drone_ptz/cam01/target/set', '17');
        return heard('cam01/target/set/ack') !== undefined;
      });
      expect(heard('cam01/target/set/ack')).toBe('{"type":"ack","command":"set_target_id","target_id":17}');
      expect(rig.sessions.requests.every(({ params }) => JSON.stringify(params) === '{"target_id":17}')).toBe(true);
      await rig.close();
      expect(Object.fromEntries(await broker.retained('drone_ptz/#'))).toMatchObject({
        'drone_ptz/available': 'offline',
        'drone_ptz/cam01/status': 'offline',
        'drone_ptz/cam01/drone': '0',
        'drone_ptz/cam01/gate/drone': '0',
        'drone_ptz/cam01/autotrack/state': 'OFF',
      });
    },
  );

  test('a refused password is a fault, and no error', async () => {
    using folder = new Folder();
    await using broker = new Mosquitto(folder.path, { password: 'geheim-1' });
    await broker.start();
    await using rig = new BridgeRig({ url: `mqtt://127.0.0.1:${broker.port}`, username: USER, password: 'falsch' });
    await until('a fault', () => rig.fault !== null);
    expect(rig.fault?.code).toBe('mqtt_unreachable');
    expect(rig.fault?.message).not.toContain('falsch');
  });

  test('a broker that wants a certificate: without one it is a fault that says so', async () => {
    using folder = new Folder();
    await using broker = new Mosquitto(folder.path, { tls: true, wantsCertificate: true });
    await broker.start();
    await using rig = new BridgeRig({ url: `mqtts://127.0.0.1:${broker.port}`, ca: broker.ca });
    await until('a fault', () => rig.fault !== null);
    expect(rig.fault).toMatchObject({
      code: 'mqtt_unreachable',
      message: expect.stringMatching(/certificate.required/i),
    });
  });

  test('no broker at the start is no error: what was said meanwhile comes when it is there', async () => {
    using folder = new Folder();
    await using broker = new Mosquitto(folder.path);
    await using rig = new BridgeRig({ url: `mqtt://127.0.0.1:${broker.port}`, discovery_prefix: 'ha' });
    rig.event();
    await until('a fault', () => rig.fault !== null);
    await broker.start();
    await rig.connected();
    await until('the event is through', () => rig.bridge.figures().events_waiting === 0);
    expect(rig.fault).toBeNull();
    const retained = await broker.retained('#');
    expect(retained.get('drone_ptz/cam01/drone')).toBe('1');
    expect([...retained.keys()]).toContain('ha/device/drone_ptz_cam01/config');
  });
});
