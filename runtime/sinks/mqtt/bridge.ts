/**
 * The MQTT bridge at work: a subscriber of the hub that keeps the retained topics as they should be, sends events in
 * order, and obeys commands. Messages of the hub are taken at once and put in memory of fixed size; the broker gets
 * them as fast as it takes them, so that a slow one slows nobody.
 */
import type { connect } from 'mqtt';
import type { MetadataTick } from '../../../schemas/metadata-tick.ts';
import type { Stats } from '../../../schemas/stats.ts';
import { ANYBODY, type Caller } from '../../access/caller.ts';
import type { Subscription } from '../../hub/hub.ts';
import type { Answer, Message, Subscriber } from '../../hub/message.ts';
import { RateLimit } from '../../rate-limit.ts';
import { NOBODY_ANSWERS } from '../../session/api.ts';
import type { SinkHandle, SinkHost } from '../sink.ts';
import { Broker } from './broker.ts';
import { Camera } from './camera.ts';
import { commandTopics, readMqttCommand } from './commands.ts';
import { discoveryMessage, discoveryTopic } from './discovery.ts';
import { EventQueue } from './event-queue.ts';
import type { MqttOptions } from './options.ts';
import { States } from './states.ts';
import { TickTopics } from './tick-topics.ts';
import { isCountTopic } from './topic-names.ts';

const LOOK_MS = 1000;
/** For what the broker still has of an earlier run to come in. */
const SWEEP_MS = 500;
/** For what waits when the server stops. */
const CLOSE_MS = 2000;

export class Bridge implements Subscriber, SinkHandle {
  readonly isRecord = false;
  /** Never behind. */
  readonly maxQueuedChars = Number.POSITIVE_INFINITY;
  readonly #options: MqttOptions;
  readonly #host: SinkHost;
  readonly #broker: Broker;
  readonly #subscription: Subscription;
  readonly #cameras = new Map<string, Camera>();
  readonly #states = new States();
  readonly #events: EventQueue;
  readonly #ticks: TickTopics;
  readonly #commandRate: RateLimit;
  readonly #caller: Caller;
  readonly #look: ReturnType<typeof setInterval>;
  readonly #running: Promise<void>;
  #statsDueMs = 0;
  /** Commands that were carried out, and all others. */
  #commands = { taken: 0, refused: 0 };
  #isSwept = false;
  #isFlushDue = false;
  /** Called when nothing waits. */
  #allSent: () => void = () => undefined;

  constructor(library: typeof connect, options: MqttOptions, host: SinkHost) {
    const { role, cameras = null, commands_per_s } = options;
    this.#options = options;
    this.#host = host;
    this.#caller = { ...ANYBODY, name: 'mqtt', role, cameras };
    this.#events = new EventQueue(options.buffer);
    this.#ticks = new TickTopics(options);
    this.#commandRate = new RateLimit(commands_per_s, 2 * commands_per_s);
    this.#broker = new Broker(library, options, host, {
      connected: () => this.#connected(),
      disconnected: () => this.#events.disconnected(),
      message: (...message) => this.#received(...message),
    });
    this.#states.set(`${options.prefix}/available`, 'online');
    this.#lookAtSessions();
    this.#subscription = host.sessions.hub.subscribe(this);
    this.#look = setInterval(() => this.#lookAtSessions(), LOOK_MS);
    this.#running = this.#broker.run();
  }

  deliver(batch: readonly Message[]): Answer {
    for (const message of batch) this.#take(message);
    this.#flush();
    return 'ok';
  }

  figures(): Record<string, number> {
    return {
      connected: Number(this.#broker.isConnected),
      connections: this.#broker.connections,
      events_waiting: this.#events.length,
      events_dropped: this.#events.dropped,
      topics_waiting: this.#states.due,
      topics_left_out: this.#states.leftOut,
      commands_taken: this.#commands.taken,
      commands_refused: this.#commands.refused,
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#look);
    this.#subscription.end();
    for (const camera of this.#cameras.values()) camera.gone();
    this.#states.set(this.#topic('available'), 'offline');
    await this.#sent();
    await this.#broker.close();
    await this.#running;
  }

  #topic(...path: string[]): string {
    return [this.#options.prefix, ...path].join('/');
  }

  // ---------------------------------------------------------------------------------------------- from the sessions

  #take({ sessionId, cameraId, topic, json }: Message): void {
    if (sessionId === '' && topic === 'stats') this.#tellStats(json);
    const camera = sessionId === '' ? undefined : this.#camera(cameraId);
    if (!camera) return;
    this.#takers[topic]?.(cameraId, camera, json);
  }

  /** By topic; others are not told. */
  readonly #takers: Readonly<Record<string, (id: string, camera: Camera, json: string) => void>> = {
    tracks: (id, camera, json) => {
      this.#events.add(camera.event(JSON.parse(json), this.#options.events));
      this.#tellHome(id, camera);
    },
    tick: (id, camera, json) => {
      const tick: MetadataTick = JSON.parse(json);
      camera.tick(tick);
      this.#ticks.take(id, tick, json, this.#host.clock.monoMs());
    },
    ptz: (id, _camera, json) => this.#states.set(this.#topic(id, 'ptz/state'), json),
    autotrack: (id, camera, json) => {
      camera.autotrack(JSON.parse(json));
      this.#tellHome(id, camera);
    },
  };

  #tellStats(json: string): void {
    const nowMs = this.#host.clock.monoMs();
    if (nowMs < this.#statsDueMs) return;
    this.#statsDueMs = nowMs + this.#options.stats_s * 1000;
    const stats: Stats = JSON.parse(json);
    const shown = Object.entries(stats.cameras).filter(([id]) => this.#isTold(id));
    this.#states.set(this.#topic('stats'), JSON.stringify({ ...stats, cameras: Object.fromEntries(shown) }));
  }

  #isTold(camera: string): boolean {
    return this.#options.cameras?.includes(camera) ?? true;
  }

  #camera(id: string): Camera | undefined {
    if (!this.#isTold(id)) return undefined;
    const known = this.#cameras.get(id);
    if (known) return known;
    const camera = new Camera((path, payload) => this.#states.set(this.#topic(id, path), payload));
    this.#cameras.set(id, camera);
    this.#tellHome(id, camera);
    if (this.#isSwept) this.#listen([id]);
    return camera;
  }

  #tellHome(id: string, { counts, steers }: Camera): void {
    const { discovery, discovery_prefix, prefix, role } = this.#options;
    if (!discovery) return;
    const about = { camera: id, prefix, counts: counts.all.keys(), steers, obeys: role !== 'viewer' };
    this.#states.set(discoveryTopic(discovery_prefix, about), JSON.stringify(discoveryMessage(about)));
  }

  /** Sessions come and go, fail and recover without a message. */
  #lookAtSessions(): void {
    const { sessions } = this.#host;
    const views = sessions.list().filter(({ running }) => running);
    for (const { camera_id } of sessions.cameras()) this.#camera(camera_id);
    for (const [id, camera] of this.#cameras) {
      const view = views.find(({ camera_id }) => camera_id === id);
      if (view) camera.session(view);
      else camera.gone();
    }
    this.#flush();
  }

  // ------------------------------------------------------------------------------------------------- to the broker

  /** Sends as much as the socket takes; the rest waits, and of a state only its latest. */
  #flush(): void {
    while (this.#broker.hasRoom) {
      const state = this.#states.next();
      if (!state) break;
      this.#broker.send(state.topic, state.payload, { retain: true, qos: 0 }, () => this.#flushLater());
    }
    for (const [topic, payload] of this.#ticks.due) {
      if (!this.#broker.hasRoom) break;
      this.#ticks.due.delete(topic);
      this.#broker.send(topic, payload, { retain: false, qos: 0 });
    }
    if (this.#states.due + this.#events.length === 0) this.#allSent();
    while (this.#broker.isConnected) {
      const event = this.#events.next();
      if (!event) break;
      this.#broker.send(this.#topic('events'), event.payload, { retain: false, qos: 1 }, () => {
        this.#events.confirmed(event);
        this.#flushLater();
      });
    }
  }

  /** Resolves when the broker has all, or takes too long. */
  async #sent(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#allSent = resolve;
    const late = setTimeout(resolve, CLOSE_MS);
    if (!this.#broker.isConnected) resolve();
    this.#flush();
    await promise;
    clearTimeout(late);
  }

  /** Once for all that is confirmed in one turn. */
  #flushLater(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    setImmediate(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  #connected(): void {
    this.#states.tellAll();
    const { discovery, discovery_prefix } = this.#options;
    if (discovery) this.#broker.subscribe([`${discovery_prefix}/status`]);
    if (this.#isSwept) this.#listen(this.#cameras.keys());
    else this.#sweep();
    this.#flush();
  }

  #listen(cameras: Iterable<string>): void {
    if (this.#options.role === 'viewer') return;
    this.#broker.subscribe([...cameras].flatMap((camera) => commandTopics(this.#options.prefix, camera)));
  }

  /** The broker may remember objects of an earlier run: they are gone. */
  #sweep(): void {
    const everything = [...this.#cameras.keys()].map((camera) => this.#topic(camera, '#'));
    this.#broker.subscribe(everything);
    setTimeout(() => {
      this.#isSwept = true;
      this.#broker.unsubscribe(everything);
      this.#listen(this.#cameras.keys());
    }, SWEEP_MS);
  }

  // ----------------------------------------------------------------------------------------------- from the broker

  #received(topic: string, payload: string, isRetained: boolean): void {
    const { discovery_prefix, prefix } = this.#options;
    if (topic === `${discovery_prefix}/status`) {
      if (payload === 'online') this.#states.tellAll();
      this.#flush();
      return;
    }
    if (!topic.startsWith(`${prefix}/`)) return;
    const [camera = '', ...path] = topic.slice(prefix.length + 1).split('/');
    // A command that was retained is of another time.
    if (isRetained) this.#remembered(topic, camera, path.join('/'));
    else if (this.#isSwept) void this.#obey(topic, payload);
  }

  #remembered(topic: string, camera: string, path: string): void {
    if (!isCountTopic(path) || this.#states.get(topic) !== undefined || !this.#cameras.has(camera)) return;
    this.#states.set(topic, '0');
    this.#flush();
  }

  async #obey(topic: string, payload: string): Promise<void> {
    const reply = await this.#reply(topic, payload);
    this.#commands[reply.type === 'ack' ? 'taken' : 'refused'] += 1;
    if (this.#broker.hasRoom) this.#broker.send(`${topic}/ack`, JSON.stringify(reply), { retain: false, qos: 0 });
  }

  async #reply(topic: string, payload: string): Promise<Readonly<Record<string, unknown>> & { type: 'ack' | 'error' }> {
    const { sessions, clock, log } = this.#host;
    const refuse = (error: string) => ({ type: 'error', error }) as const;
    if (!this.#commandRate.take(clock.monoMs())) return refuse('rate_limited');
    const command = readMqttCommand(this.#options.prefix, topic, payload, this.#caller);
    if (typeof command === 'string') return refuse(command);
    const { camera, request } = command;
    const session = sessions.list().find(({ camera_id, running }) => running && camera_id === camera);
    if (!session) return refuse('unknown_command');
    const outcome = await sessions.request(session.session_id, request.name, request.params);
    if (!('error' in outcome)) return { type: 'ack', command: request.name, ...request.params };
    const { code, message } = outcome.error;
    log.warn(`a command was not carried out: ${message}`, { camera, code });
    return refuse(NOBODY_ANSWERS.has(code) ? 'unknown_command' : 'rate_limited');
  }
}
