/** Scenes by way of a real Mosquitto, told by our own MQTT sink: the boxes come back as they were; and what fails, by name. */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { SystemClock } from '../../../runtime/clock.ts';
import type { DetectionsMessage } from '../../../runtime/data.ts';
import { type NodeRun, openNode } from '../../node-runner.ts';
import { hasMosquitto, Mosquitto, USER } from '../../sinks/mqtt/mosquitto.ts';
import { BridgeRig } from '../../sinks/mqtt/rig.ts';
import { Folder } from '../../support/graphs.ts';
import { LONG_TEST_LIMIT_MS, until } from '../../support/patience.ts';

setDefaultTimeout(LONG_TEST_LIMIT_MS);

const TOPIC = 'drone_ptz/onvif-mj/VideoAnalytics/#';
const TRACKS = [
  { id: 4, label: 'truck', conf: 0.75, bbox: { x: 0.1, y: 0.2, w: 0.305, h: 0.4 } },
  { id: 9, label: 'drone', conf: 0.5, bbox: { x: 0.654321, y: 0, w: 0.012345, h: 0.1 } },
];

/** The node, listening to a broker. */
class Listener {
  readonly run: NodeRun;

  private constructor(run: NodeRun) {
    this.run = run;
  }

  static async open(broker: { readonly port: number }, more: object = {}): Promise<Listener> {
    const params = { url: `mqtt://127.0.0.1:${broker.port}`, topic: TOPIC, ...more };
    const listener = new Listener(await openNode('onvif-metadata', { params, clock: new SystemClock() }));
    listener.run.start();
    return listener;
  }

  get told(): DetectionsMessage[] {
    return this.run.output<DetectionsMessage>('node.detections');
  }

  get faults(): (string | null)[] {
    return this.run.faults.map(({ fault }) => fault?.code ?? null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.run.stop();
    await this.run.finished;
  }
}

describe.skipIf(!hasMosquitto)('a real broker', () => {
  test('what our own sink tells comes back: places, labels and times; also once the broker was away', async () => {
    using folder = new Folder();
    await using broker = new Mosquitto(folder.path, { tls: true, password: 'geheim' });
    await broker.start();
    const url = `mqtts://127.0.0.1:${broker.port}`;
    const account = { url, ca: broker.ca, username: USER, password: 'geheim' };
    await using listener = await Listener.open(broker, account);
    await using rig = new BridgeRig({ onvif_hz: 30, ...account });
    const tell = () => rig.state('tick', { ts_unix_ms: Date.now(), tracks: TRACKS });
    const seen = () => listener.told.filter(({ detections }) => detections.length > 0);
    const told = async (count: number) => {
      await rig.connected();
      await until('scenes come', () => {
        tell();
        return seen().length >= count;
      });
    };
    await told(3);
    const [first] = seen();
    const size = { w: 1920, h: 1080 };
    expect(first?.frame).toMatchObject({ size, captureClock: 'camera' });
    for (const [i, { label, conf, bbox }] of TRACKS.entries()) {
      const { bboxPx, ...rest } = first?.detections[i] ?? {};
      expect(rest).toEqual({ label, confidence: conf });
      expect((bboxPx?.x ?? 0) / size.w).toBeCloseTo(bbox.x, 9);
      expect((bboxPx?.y ?? 0) / size.h).toBeCloseTo(bbox.y, 9);
      expect((bboxPx?.w ?? 0) / size.w).toBeCloseTo(bbox.w, 9);
      expect((bboxPx?.h ?? 0) / size.h).toBeCloseTo(bbox.h, 9);
    }
    await broker.kill('SIGTERM');
    await until('it says so', () => listener.faults.length > 1);
    const before = seen().length;
    await broker.start();
    await told(before + 3);
    expect([listener.faults[0], listener.faults.at(-1)]).toEqual([null, null]);
    expect(listener.faults.slice(1, -1).every((code) => code === 'metadata_lost' || code === 'metadata_refused')).toBe(
      true,
    );
    const times = listener.told.map(({ frame }) => frame.captureMonoMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test('what a broker has kept is not of now, and what is no scene is counted', async () => {
    using folder = new Folder();
    await using broker = new Mosquitto(folder.path);
    await broker.start();
    const topic = 'drone_ptz/onvif-mj/VideoAnalytics/cam/x';
    broker.publish(topic, '{"Frame":[{"Object":[]}]}', '-r');
    await using listener = await Listener.open(broker);
    await until('connected', () => listener.faults.length > 0);
    broker.publish(topic, 'no scene');
    await until('counted', () => listener.run.stats('node').broken_documents === 1);
    expect(listener.run.stats('node').scenes).toBeUndefined();
    // Nothing is seen while nothing is said.
    await until('silence is a picture, too', () => listener.told.length > 0);
  });

  test('an account that may not hear the topic', async () => {
    // Lets everybody in, and subscribe to nothing.
    using denying = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        data: (socket, bytes) => {
          if ((bytes[0] ?? 0) >> 4 === 1) socket.write(Buffer.of(0x20, 2, 0, 0));
          if ((bytes[0] ?? 0) >> 4 === 8) socket.write(Buffer.of(0x90, 3, bytes[2] ?? 0, bytes[3] ?? 0, 0x80));
        },
      },
    });
    await using listener = await Listener.open(denying);
    await until('it is refused', () => listener.faults.includes('metadata_denied'));
    expect(listener.faults).not.toContain(null);
  });

  test('a wrong password, and a broker that is not there', async () => {
    using folder = new Folder();
    await using broker = new Mosquitto(folder.path, { password: 'geheim' });
    await using listener = await Listener.open(broker, { username: USER, password: 'falsch' });
    await until('nobody is there', () => listener.faults.includes('metadata_refused'));
    await broker.start();
    await until('it is refused', () => listener.faults.includes('metadata_login'));
    expect(JSON.stringify([listener.run.faults, listener.run.logs])).not.toContain('falsch');
  });
});
