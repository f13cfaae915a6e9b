/** A broker that dies again and again, one that takes nothing, and a server that is killed. */
import { describe, expect, test } from 'bun:test';
import { connect, type MqttClient } from 'mqtt';
import { BlockedBroker } from '../../../bench/sinks/blocked-broker.ts';
import type { Message } from '../../../runtime/hub/message.ts';
import { ROOT, RunningCommand } from '../../support/command.ts';
import { Folder } from '../../support/graphs.ts';
import { LONG_TEST_LIMIT_MS, until } from '../../support/patience.ts';
import { collector } from '../../support/sessions.ts';
import { hasMosquitto, Mosquitto, MosquittoSubscriber } from './mosquitto.ts';
import { BridgeRig } from './rig.ts';

const KILLS = 10;
const EVERY_MS = 5;
/** Events that a broker killed at once may have confirmed and not yet written down: they are its loss. */
const CONFIRMED_UNSAVED = 3;
const HOUR_TICKS = 36_000;
/** What the hub's own log of events may grow by until it is full; all that is said is 200 MB. */
const MOST_GROWTH_BYTES = 6e6;

test(
  'an hour at 10 Hz with 50 tracks into a broker that takes nothing: memory is bounded, and others get all',
  async () => {
    using broker = await BlockedBroker.start();
    await using rig = new BridgeRig({ url: `mqtt://127.0.0.1:${broker.port}`, tick_hz: 30, buffer: 1000 });
    await rig.connected();
    let others = 0;
    const count = ({ topic }: Message) => {
      if (topic === 'tracks') others += 1;
    };
    rig.sessions.hub.subscribe(collector(count));
    const box = { x: 0.123456, y: 0.234567, w: 0.012345, h: 0.023456 };
    const tracks = Array.from({ length: 50 }, (_, id) => ({
      id,
      label: 'drone',
      conf: 0.9,
      bbox: box,
      zones: ['gate'],
    }));
    const memory: number[] = [];
    for (let tick = 0; tick < HOUR_TICKS; tick++) {
      rig.state('tick', {
        frame_size: { w: 100, h: 50 },
        selected_target_id: tick % 50,
        tracking_phase: 'tracking',
        tracks,
      });
      rig.event();
      rig.endOf(tick - 49);
      // As in life, time goes by: the rest of the process has its turn.
      if (tick % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (tick % (HOUR_TICKS / 10) !== 0) continue;
      Bun.gc(true);
      memory.push(process.memoryUsage().heapUsed);
    }
    await until('all is delivered', () => others === 2 * HOUR_TICKS - 50);
    const [, early = 0, ...later] = memory;
    console.log(`heap ${memory.map((bytes) => (bytes / 1e6).toFixed(2)).join(' ')} MB`);
    expect(Math.max(...later) - early).toBeLessThan(MOST_GROWTH_BYTES);
    const { events_waiting, events_dropped } = rig.bridge.figures();
    expect([events_waiting, events_dropped]).toEqual([1000, others - 1000]);
  },
  LONG_TEST_LIMIT_MS,
);

test('connections that are lost leave nothing in memory', async () => {
  using broker = await BlockedBroker.start({ closes: true });
  const clients: WeakRef<MqttClient>[] = [];
  const library = (...args: unknown[]) => {
    const client: MqttClient = Reflect.apply(connect, undefined, args);
    clients.push(new WeakRef(client));
    return client;
  };
  await using _rig = new BridgeRig({ url: `mqtt://127.0.0.1:${broker.port}` }, library);
  await until('some are lost', () => clients.length > 10);
  await until('most are gone', () => {
    Bun.gc(true);
    return clients.slice(0, 10).filter((client) => client.deref()).length <= 2;
  });
});

describe.skipIf(!hasMosquitto)('a real broker', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)(
    `ended by %s and back ${KILLS} times: all events in order, and the states as they are right after each`,
    async (signal) => {
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
      const unsaved = new Set<number>();
      const ids = () => subscriber.payloads('drone_ptz/events').map((json) => Number(JSON.parse(json).after.id));
      for (let kill = 0; kill < KILLS; kill++) {
        // In the middle of its work.
        await broker.kill(signal);
        const atKill = sent;
        await until('events wait', () => sent >= atKill + 20);
        const confirmed = sent - (rig.bridge.figures().events_waiting ?? 0);
        if (signal === 'SIGKILL') for (let i = 0; i < CONFIRMED_UNSAVED; i++) unsaved.add(confirmed - i);
        await broker.start();
        await rig.connected();
        const state = await broker.retained('drone_ptz/cam01/all');
        expect(Number(state.get('drone_ptz/cam01/all'))).toBeGreaterThanOrEqual(atKill);
        await until('all events are through', () => rig.bridge.figures().events_waiting === 0 || sent > atKill + 400);
      }
      clearInterval(events);
      await until('the last has come', () => ids().includes(sent));
      const got = new Set(ids());
      const all = Array.from({ length: sent }, (_, i) => i + 1);
      expect([...got]).toEqual(all.filter((id) => got.has(id) || !unsaved.has(id)));
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
