/**
 * All WebSocket clients: fans each session's messages out to them and takes their commands.
 *
 * Why not Bun's own topics: `publish` drops what exceeds a subscriber's backpressure limit and does not say for whom,
 * so "latest wins" and "no event is lost" could not be kept per client. 200 clients at 10 Hz cost the same either way
 * (21 ms of CPU a second by topic, 22 by send: the write per socket is what costs).
 *
 * Messages that come in one turn of the event loop go out together at its end: of ticks and of each state only the
 * last, all events, one write per client.
 */
import type { Server, WebSocketHandler } from 'bun';
import type { Reply } from '../../schemas/index.ts';
import type { Clock } from '../clock.ts';
import { WindhoverError } from '../errors.ts';
import type { Logger } from '../node.ts';
import type { SessionMessage, Sessions } from '../session/api.ts';
import { Client } from './client.ts';
import { ack, readCommand, refusal } from './commands.ts';
import type { ServerLimits } from './limits.ts';
import { AwakeTime } from './slow-client.ts';
import { isLatestWins, retained, type Topic, topicOf } from './topics.ts';

/** Refusals that asking again does not change. After any other, a client may. */
const NOBODY_ANSWERS = new Set(['unknown_request', 'bad_request', 'session_over']);

export interface ClientsOptions {
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: ServerLimits;
}

export class Clients {
  readonly #options: ClientsOptions;
  readonly #bySession = new Map<string, Set<Client>>();
  readonly #pending = new Map<string, SessionMessage[]>();
  readonly #unsubscribe: () => void;
  readonly #sweeper: ReturnType<typeof setInterval>;
  readonly #awake: AwakeTime;
  #flushScheduled = false;
  #server: Server<Client> | undefined;
  #closedForSlowness = 0;

  constructor(options: ClientsOptions) {
    this.#options = options;
    this.#awake = new AwakeTime(2 * options.limits.sweepEveryMs);
    this.#unsubscribe = options.sessions.subscribe({
      message: (message) => this.#queue(message),
      closed: (sessionId) => this.#sessionClosed(sessionId),
    });
    this.#sweeper = setInterval(() => this.#sweep(), options.limits.sweepEveryMs);
    this.#sweeper.unref();
  }

  /** Clients connected now, and how many were ever closed for being too slow. */
  stats(): { connected: number; closedForSlowness: number } {
    let connected = 0;
    for (const clients of this.#bySession.values()) connected += clients.size;
    return { connected, closedForSlowness: this.#closedForSlowness };
  }

  /** Names the server whose requests are upgraded. */
  attach(server: Server<Client>): void {
    this.#server = server;
  }

  /**
   * Turns a request for a known session into a WebSocket. Afterwards the request is answered: respond with nothing.
   * @throws WindhoverError `too_many_clients`, `not_a_websocket`
   */
  upgrade(request: Request, sessionId: string, topics: ReadonlySet<Topic>): void {
    const { limits } = this.#options;
    if ((this.#server?.pendingWebSockets ?? 0) >= limits.maxClients) {
      throw new WindhoverError('too_many_clients', `Too many clients: at most ${limits.maxClients} may be connected`);
    }
    const client = new Client(sessionId, topics, limits, (slow) => this.#tooSlow(slow));
    if (!this.#server?.upgrade(request, { data: client })) {
      throw new WindhoverError('not_a_websocket', 'Expected a WebSocket handshake');
    }
  }

  /** Handlers and settings for `Bun.serve`. */
  websocket(): WebSocketHandler<Client> {
    const { limits } = this.#options;
    return {
      maxPayloadLength: limits.maxMessageBytes,
      // Never reached: a client is closed at `maxUnsentBytes`. A margin for what one turn of the loop may add.
      backpressureLimit: limits.maxUnsentBytes + 16 * 1024 * 1024,
      closeOnBackpressureLimit: false,
      perMessageDeflate: false,
      // Seconds. Our pings keep every client that lives from idling; after `close`, a silent one is dropped the sooner.
      idleTimeout: 10,
      // Our own pings also measure; see slow-client.ts.
      sendPings: false,
      open: (socket) => {
        socket.data.opened(socket);
        this.#opened(socket.data);
      },
      message: (socket, message) => socket.data.reply(this.#reply(socket.data, message)),
      drain: (socket) => this.#catchUp(socket.data, this.#nowMs()),
      pong: (socket, payload) => {
        socket.data.pong(payload.toString('latin1'));
        this.#catchUp(socket.data, this.#nowMs());
      },
      close: (socket) => {
        socket.data.gone();
        this.#forget(socket.data);
      },
    };
  }

  /** Closes every client (1001) and stops listening to sessions. */
  close(): void {
    this.#unsubscribe();
    clearInterval(this.#sweeper);
    this.#flush();
    for (const client of this.#all()) client.close(1001, 'server stopping');
    this.#bySession.clear();
  }

  #opened(client: Client): void {
    const { sessions } = this.#options;
    if (!sessions.get(client.sessionId)) {
      client.close(1000, 'session ended');
      return;
    }
    const clients = this.#bySession.get(client.sessionId) ?? new Set();
    clients.add(client);
    this.#bySession.set(client.sessionId, clients);
    const pending = new Set(this.#pending.get(client.sessionId)?.map(topicOf));
    for (const topic of client.topics) {
      // One on its way out is the retained one: it would come twice.
      const json = pending.has(topic) ? undefined : retained(sessions, client.sessionId, topic);
      if (json !== undefined) client.send(json);
    }
  }

  #queue(message: SessionMessage): void {
    if (!this.#bySession.has(message.sessionId)) return;
    const queued = this.#pending.get(message.sessionId) ?? [];
    const topic = topicOf(message);
    const kept = isLatestWins(topic) ? queued.filter((older) => topicOf(older) !== topic) : queued;
    kept.push(message);
    this.#pending.set(message.sessionId, kept);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const nowMs = this.#nowMs();
    for (const [sessionId, messages] of this.#pending) {
      for (const client of [...(this.#bySession.get(sessionId) ?? [])]) client.deliver(messages, nowMs);
    }
    this.#pending.clear();
  }

  /** The reply to a message: at once when it is refused, else once a node has answered. */
  async #reply(client: Client, message: string | Uint8Array): Promise<Reply> {
    const { clock, limits, log, sessions } = this.#options;
    const nowMs = clock.monoMs();
    if (!client.messages.take(nowMs)) return refusal('rate_limited');
    const command = readCommand(message, limits.maxCommandChars);
    if (typeof command === 'string') return refusal(command);
    if (!client.commands.take(nowMs)) return refusal('rate_limited');
    const { type, ...params } = command;
    const outcome = await sessions.request(client.sessionId, type, params);
    if (!('error' in outcome)) return ack(command);
    const { code, message: why } = outcome.error;
    if (NOBODY_ANSWERS.has(code)) return refusal('unknown_command');
    log.warn(`a command was not carried out: ${why}`, { session_id: client.sessionId, code });
    return refusal('rate_limited');
  }

  #sweep(): void {
    const nowMs = this.#nowMs();
    for (const client of this.#all()) {
      client.sweep(nowMs);
      this.#catchUp(client, nowMs);
    }
  }

  #catchUp(client: Client, nowMs: number): void {
    client.catchUp(nowMs, (topic) => retained(this.#options.sessions, client.sessionId, topic));
  }

  #nowMs(): number {
    return this.#awake.at(this.#options.clock.monoMs());
  }

  #sessionClosed(sessionId: string): void {
    this.#flush();
    for (const client of [...(this.#bySession.get(sessionId) ?? [])]) client.close(1000, 'session ended');
    this.#bySession.delete(sessionId);
  }

  #tooSlow(client: Client): void {
    this.#closedForSlowness += 1;
    this.#options.log.warn('client too slow, closed', { session_id: client.sessionId });
    this.#forget(client);
  }

  #forget(client: Client): void {
    const clients = this.#bySession.get(client.sessionId);
    clients?.delete(client);
    if (clients?.size === 0) this.#bySession.delete(client.sessionId);
  }

  #all(): Client[] {
    return [...this.#bySession.values()].flatMap((clients) => [...clients]);
  }
}
