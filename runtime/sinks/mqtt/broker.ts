/** The connection to the broker: made, lost and made again. It holds no message back: what cannot be sent is not taken. */
import { readFileSync } from 'node:fs';
import type { connect, IClientOptions, MqttClient } from 'mqtt';
import { errorMessage, WindhoverError } from '../../errors.ts';
import { retry } from '../../retry.ts';
import type { SinkHost } from '../sink.ts';
import type { MqttOptions } from './options.ts';

export interface BrokerListener {
  connected(): void;
  /** What was under way may have been lost. */
  disconnected(): void;
  message(topic: string, payload: string, isRetained: boolean): void;
}

const LIMITS = { firstMs: 250, longestMs: 10_000 };
const CONNECT_MS = 10_000;
/** A broker that does not answer for one and a half times as long is gone. */
const KEEPALIVE_S = 10;
/** Messages that the socket has not taken yet. */
const MOST_UNWRITTEN = 8;
const CLOSE_MS = 1000;

export class Broker {
  readonly #connect: typeof connect;
  readonly #options: MqttOptions;
  readonly #host: SinkHost;
  readonly #listener: BrokerListener;
  #client: MqttClient | undefined;
  #unwritten = 0;
  #connections = 0;
  /** Ends the connection at once. */
  #leave: () => void = () => undefined;

  constructor(library: typeof connect, options: MqttOptions, host: SinkHost, listener: BrokerListener) {
    this.#connect = library;
    this.#options = options;
    this.#host = host;
    this.#listener = listener;
  }

  get isConnected(): boolean {
    return this.#client !== undefined;
  }

  /** Connections made so far. */
  get connections(): number {
    return this.#connections;
  }

  /** False: it would only wait in memory. */
  get hasRoom(): boolean {
    return this.#client !== undefined && this.#unwritten < MOST_UNWRITTEN;
  }

  /** Connects, and again whenever the connection is lost, until the server stops. */
  async run(): Promise<void> {
    const { signal } = this.#host;
    await retry({
      signal,
      limits: LIMITS,
      attempt: (connected) => this.#connection(connected),
      failed: (error) => this.#lost(error),
    });
  }

  /** Hands it to the socket. @param done called when it has left; with qos 1, when the broker has confirmed it */
  send(topic: string, payload: string, how: { retain: boolean; qos: 0 | 1 }, done: () => void = () => undefined): void {
    const client = this.#client;
    if (how.qos === 0) this.#unwritten += 1;
    client?.publish(topic, payload, how, (error) => {
      // Of an earlier connection: it is forgotten.
      if (client !== this.#client) return;
      if (how.qos === 0) this.#unwritten -= 1;
      if (!error) done();
    });
  }

  subscribe(topics: readonly string[]): void {
    // A refusal is the broker's to log: what it does not let us hear, nobody can tell us.
    if (topics.length > 0) this.#client?.subscribe([...topics], { qos: 1 });
  }

  unsubscribe(topics: readonly string[]): void {
    if (topics.length > 0) this.#client?.unsubscribe([...topics]);
  }

  /** Ends in order, once all is out. */
  async close(): Promise<void> {
    if (this.#client) await Promise.race([this.#client.endAsync(false), Bun.sleep(CLOSE_MS)]);
    // A broker that takes nothing lets no connection end in order.
    this.#leave();
  }

  /** @throws why the connection could not be made, or how it was lost */
  async #connection(connected: () => void): Promise<never> {
    const client = this.#connect(this.#options.url, this.#clientOptions());
    const over = new AbortController();
    try {
      return await new Promise<never>((_, reject) => {
        client.on('connect', () => {
          connected();
          this.#begin(client);
        });
        client.on('message', (topic, payload, { retain }) =>
          this.#listener.message(topic, payload.toString('utf8'), retain),
        );
        client.on('error', reject);
        client.on('close', () => reject(new Error('the connection was closed')));
        this.#leave = () => reject(new Error('stopped'));
        const stop = () => (this.#client ? undefined : reject(new Error('stopped')));
        // Listens no longer than the connection lasts: it would keep each of them in memory.
        this.#host.signal.addEventListener('abort', stop, { signal: over.signal });
      });
    } finally {
      over.abort();
      this.#leave = () => undefined;
      client.end(true);
      const wasUp = this.#client === client;
      this.#client = undefined;
      if (wasUp) this.#listener.disconnected();
    }
  }

  #begin(client: MqttClient): void {
    this.#client = client;
    this.#unwritten = 0;
    this.#connections += 1;
    this.#host.report(null);
    this.#host.log.info('connected to the broker', { url: this.#options.url });
    this.#listener.connected();
  }

  #lost(error: unknown): undefined {
    const message = `the broker cannot be reached: ${errorMessage(error) || 'no answer'}`;
    this.#host.report({ code: 'mqtt_unreachable', message });
  }

  /** @throws WindhoverError `mqtt_file` */
  #clientOptions(): IClientOptions {
    const { version, username, password, client_id, prefix, ca, cert, key } = this.#options;
    const files = Object.entries({ ca, cert, key }).flatMap(([name, path]) => (path ? [[name, readPem(path)]] : []));
    return {
      protocolVersion: version === 5 ? 5 : 4,
      clientId: client_id ?? `windhover-${crypto.randomUUID().slice(0, 8)}`,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...Object.fromEntries(files),
      clean: true,
      // Connections are made by `retry`: the client must keep nothing from one to the next.
      reconnectPeriod: 0,
      queueQoSZero: false,
      resubscribe: false,
      connectTimeout: CONNECT_MS,
      keepalive: KEEPALIVE_S,
      reschedulePings: false,
      will: { topic: `${prefix}/available`, payload: Buffer.from('offline'), qos: 1, retain: true },
    };
  }
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new WindhoverError('mqtt_file', `${path} cannot be read: ${errorMessage(cause)}`, { cause });
  }
}
