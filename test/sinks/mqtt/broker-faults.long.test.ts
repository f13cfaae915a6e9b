/** A broker that dies again and again, one that takes nothing, and a server that is killed. */
import { describe, expect, test } from 'bun:test';
import { ROOT, RunningCommand } from '../../support/command.ts';
import { Folder } from '../../support/graphs.ts';
import { LONG_TEST_LIMIT_MS, until } from '../../support/patience.ts';
import { hasMosquitto, Mosquitto, MosquittoSubscriber } from './mosquitto.ts';
import { BridgeRig } from './rig.ts';

const KILLS = 10;
const EVERY_MS = 5;

describe.skipIf(!hasMosquitto)('a real broker', () => {
  test(
    `killed and back ${KILLS} times: all events in order, and the states as they are right after each`,
    async () => {
      using folder = new Folder();
      await using broker = new Mosquitto(folder.path);
      await broker.start();
      await using subscriber = new MosquittoSubscriber(broker, 'drone_ptz/events', 'watcher');
      await subscriber.ready();
      await using rig = new BridgeRig({ url: `mqtt://127.0.0.1:${broker.port}` });
      await rig.connected();
      let sent = 0;
      const events = setInterval(() => {
        rig.event();
        sent += 1;
      }, EVERY_MS);
      const ids = () => subscriber.payloads('drone_ptz/events').map((json) => Number(JSON.parse(json).after.id));
      for (let kill = 0; kill < KILLS; kill++) {
        // In the middle of its work; stopped in order it writes down what the watcher has not been told.
        await broker.kill('SIGTERM');
        const atKill = sent;
        await until('events wait', () => sent >= atKill + 20);
        await broker.start();
        await rig.connected();
        const state = await broker.retained('drone_ptz/cam01/all');
        expect(Number(state.get('drone_ptz/cam01/all'))).toBeGreaterThanOrEqual(atKill);
        await until('all events are through', () => rig.bridge.figures().events_waiting === 0 || sent > atKill + 400);
      }
      clearInterval(events);
      await until('the last has come', () => ids().includes(sent));
      expect([...new Set(ids())]).toEqual(Array.from({ length: sent }, (_, i) => i + 1));
      expect(rig.bridge.figures()).toMatchObject({ connections: KILLS + 1, events_dropped: 0 });
      console.log(`${sent} events, ${ids().length - sent} of them twice`);
    },
    LONG_TEST_LIMIT_MS,
  );

  test(
    'the server is killed: the broker says offline',
    async () => {
      using folder = new Folder();
      await using broker = new Mosquitto(folder.path);
      await broker.start();
      const config = folder.write('server.yaml', `mqtt: { url: "mqtt://127.0.0.1:${broker.port}" }\n`);
      const args = ['graph', `${ROOT}/graphs/replay.yaml`, '--port', '0', '--state', folder.path, '--config', config];
      await using command = new RunningCommand(args);
      await using subscriber = new MosquittoSubscriber(broker, 'drone_ptz/available');
      await until('online', () => subscriber.payloads('drone_ptz/available').at(-1) === 'online');
      command.signal('SIGKILL');
      await until('offline', () => subscriber.payloads('drone_ptz/available').at(-1) === 'offline');
      expect((await broker.retained('drone_ptz/available')).get('drone_ptz/available')).toBe('offline');
    },
    LONG_TEST_LIMIT_MS,
  );
});
