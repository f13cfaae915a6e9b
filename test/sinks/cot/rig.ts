/** A Cursor-on-Target sink that tells of a camera which the test drives, and a receiver of what it tells. */
import { createServer as createTcp, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { createLog } from '../../../runtime/log.ts';
import { cotSink } from '../../../runtime/sinks/cot/index.ts';
import { OpenSinks } from '../../../runtime/sinks/open-sinks.ts';
import { readXml, type XmlElement } from '../../../runtime/xml.ts';
import { FakeSessions } from '../../server/fake-sessions.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/patience.ts';

export const SITE = { lat: 47.5, lon: 8.25, height_m: 430, heading_deg: 90 };
export const CAMERA = 'north <&"> gate';
export const AT = 1_790_000_000_000;
const OPTIONS = { ttl: 1, hz: 10, stale_s: 10, line_m: 2000, interface: '127.0.0.1' };

/** A sink that tells of one camera. */
export class Rig implements AsyncDisposable {
  readonly sessions = new FakeSessions([CAMERA, 'elsewhere']);
  readonly sinks: OpenSinks;

  constructor(options: Record<string, unknown>) {
    this.sessions.sites.set(CAMERA, SITE);
    this.sessions.create(CAMERA);
    this.sessions.create('elsewhere');
    this.sinks = new OpenSinks({
      file: 'server.yaml',
      sinks: [{ sink: cotSink, options: { ...OPTIONS, ...options } }],
      sessions: this.sessions,
      clock: new ManualClock(),
      log: createLog({ write: () => undefined, pretty: false }),
      stateFolder: '/nonexistent',
      onAudit: () => () => undefined,
    });
  }

  async open(): Promise<void> {
    await until('open', () => this.sinks.figures().cot?.events_sent !== undefined);
  }

  emit(topic: string, message: object, camera = CAMERA): void {
    this.sessions.emit(
      `s-${camera}`,
      topic,
      JSON.stringify({ session_id: `s-${camera}`, camera_id: camera, ...message }),
    );
  }

  see(...ids: number[]): void {
    const tracks = ids.map((id) => ({ id, label: 'drone', conf: 0.87, bbox: { x: 0.45, y: 0.45, w: 0.1, h: 0.1 } }));
    this.emit('ptz', { ts_unix_ms: AT, pan_deg: 30, tilt_deg: 5, hfov_deg: 60 });
    this.emit('tick', { ts_unix_ms: AT, frame_size: { w: 1600, h: 900 }, tracks });
  }

  end(id: number): void {
    this.emit('tracks', { event: 'end', ts_unix_ms: AT + 500, after: { id } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sinks.close();
  }
}

/** Collects what comes over TCP or TLS. */
export class Receiver {
  text = '';
  connections = 0;
  readonly #server: Server;

  constructor(tls?: { key: Buffer; cert: Buffer }) {
    const server = tls ? createTls(tls) : createTcp();
    this.#server = server.on(tls ? 'secureConnection' : 'connection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (data: Buffer) => {
        this.text += data;
      });
    });
  }

  readonly #sockets = new Set<Socket>();

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Reads no more. */
  pause(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  get events(): XmlElement[] {
    return this.text
      .split(/(?=<\?xml)/)
      .filter((part) => part.endsWith('</event>'))
      .map((part) => readXml(part, { lenientRoot: null, maxDepth: 10, maxElements: 100 }));
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

export const find = (event: XmlElement | undefined, name: string): XmlElement | undefined => {
  if (event?.local === name) return event;
  for (const child of event?.children ?? []) {
    const found = find(child, name);
    if (found) return found;
  }
  return undefined;
};
export const ofType = (events: readonly XmlElement[], type: string) =>
  events.filter((event) => event.attributes.get('type') === type);
