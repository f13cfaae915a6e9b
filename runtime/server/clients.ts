/**
 * All WebSocket clients: each is a subscriber of the hub, and its commands are taken here.
 *
 * Why not Bun's own topics: `publish` drops what exceeds a subscriber's backpressure limit and does not say for whom,
 * so "latest wins" and "no event is lost" could not be kept per client. 200 clients at 10 Hz cost the same either way
 * (21 ms of CPU a second by topic, 22 by send: the write per socket is what costs).
 */
import type { Server, WebSocketHandler } from 'bun';
import type { Command, Reply } from '../../schemas/index.ts';
import type { AuditLog } from '../access/audit.ts';
import { type Caller, hasRole, seesCamera } from '../access/caller.ts';
import type { Clock } from '../clock.ts';
import { errorMessage, WindhoverError } from '../errors.ts';
import type { Logger } from '../node.ts';
import type { KeyedRateLimit } from '../rate-limit.ts';
import { requestScope } from '../request-scope.ts';
import { NOBODY_ANSWERS, type Sessions } from '../session/api.ts';
import { Client, type ClientFeed, type ClientParts } from './client.ts';
import { ack, readCommand, refusal } from './commands.ts';
import { contextOf } from './context.ts';
import { limitKey } from './guard.ts';
import type { ServerLimits } from './limits.ts';
import { AwakeTime } from './slow-client.ts';
import { authorized, type Incoming, tokenIn, type Visit, Visitor, type VisitorParts } from './visitor.ts';

/** The one that is answered. */
const SUBPROTOCOL = 'windhover';

export interface ClientsOptions {
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: ServerLimits;
  /** Shared with the commands that come by HTTP. */
  readonly commands: KeyedRateLimit;
  readonly audit?: AuditLog;
  /** Whose token that is; null: it is not valid. */
  readonly identify: (token: string) => Promise<Caller | null>;
}

/** Makes what passes on a client's socket. @throws WindhoverError what it asked for is not there for this caller */
export type Admit = (caller: Caller) => ClientFeed;

/** At one end of a socket. */
export interface Peer {
  is: Client | Visitor;
}

export class Clients {
  readonly #options: ClientsOptions;
  readonly #clients = new Set<Client>();
  /** Those that have not shown their token yet. */
  readonly #visitors = new Set<Visitor>();
  readonly #sweeper: ReturnType<typeof setInterval>;
  readonly #awake: AwakeTime;
  #server: Server<Peer> | undefined;
  #closedForSlowness = 0;
  /** Read once for all clients that are served in one go: the clock costs more than the rest of it. */
  #now: number | undefined;

  constructor(options: ClientsOptions) {
    this.#options = options;
    this.#awake = new AwakeTime(2 * options.limits.sweepEveryMs);
    this.#sweeper = setInterval(() => {
      for (const client of [...this.#clients]) client.sweep();
    }, options.limits.sweepEveryMs);
    this.#sweeper.unref();
  }

  /** Clients connected now, and how many were ever closed for being too slow. */
  stats(): { connected: number; closedForSlowness: number } {
    return { connected: this.#clients.size, closedForSlowness: this.#closedForSlowness };
  }

  /** Names the server whose requests are upgraded. */
  attach(server: Server<Peer>): void {
    this.#server = server;
  }

  /**
   * Turns a request into a WebSocket. Afterwards the request is answered: respond with nothing.
   * @throws WindhoverError `too_many_clients`, `not_a_websocket`, or what `admit` throws
   */
  upgrade(request: Request, admit: Admit): void {
    const { maxClients, maxVisitors } = this.#options.limits;
    const { caller, id, address } = contextOf(request);
    if ((this.#server?.pendingWebSockets ?? 0) >= maxClients) throw tooManyClients(maxClients);
    if (!caller && this.#visitors.size >= maxVisitors) throw tooManyClients(maxVisitors, ' without a token');
    const enter = (known: Caller) => {
      this.#bound(known);
      return this.#client(known, { id, address }, admit(known));
    };
    const peer: Peer = {
      is: caller ? enter(caller) : this.#visitor((known, visit) => this.#admit(peer, enter(known), visit)),
    };
    // A browser that names a subprotocol (its token goes with it) takes no answer without one.
    const offered = request.headers.get('sec-websocket-protocol')?.split(/, */) ?? [];
    const headers = offered.includes(SUBPROTOCOL) ? { 'sec-websocket-protocol': SUBPROTOCOL } : {};
    if (!this.#server?.upgrade(request, { data: peer, headers })) {
      throw new WindhoverError('not_a_websocket', 'Expected a WebSocket handshake');
    }
  }

  /** Handlers and settings for `Bun.serve`. */
  websocket(): WebSocketHandler<Peer> {
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
        const { is } = socket.data;
        is.opened(socket);
        if (is instanceof Client) this.#opened(is);
        else this.#visitors.add(is);
      },
      message: (socket, message) => {
        const { is } = socket.data;
        if (is instanceof Client) this.#received(is, message);
        else is.receive(message);
      },
      drain: ({ data: { is } }) => (is instanceof Client ? is.wake() : undefined),
      pong: ({ data: { is } }, payload) => (is instanceof Client ? is.pong(payload.toString('latin1')) : undefined),
      close: ({ data: { is } }) => {
        is.gone();
        if (is instanceof Client) this.#clients.delete(is);
        else this.#visitors.delete(is);
      },
    };
  }

  /** Sends what is due and closes every client (1001). */
  close(): void {
    clearInterval(this.#sweeper);
    this.#options.sessions.hub.flush();
    for (const each of [...this.#clients, ...this.#visitors]) each.close(1001, 'server stopping');
    this.#clients.clear();
    this.#visitors.clear();
  }

  #bound({ tokenId }: Caller): void {
    const { maxClientsPerToken } = this.#options.limits;
    if (tokenId === null) return;
    const own = this.#clients.values().filter(({ caller }) => caller.tokenId === tokenId);
    if (own.reduce((sum) => sum + 1, 0) >= maxClientsPerToken)
      throw tooManyClients(maxClientsPerToken, ' with one token');
  }

  #client(caller: Caller, from: ClientParts['from'], feed: ClientFeed): Client {
    const nowMs = () => this.#nowMs();
    const onTooSlow = (slow: Client) => this.#tooSlow(slow);
    return new Client({ feed, caller, from, limits: this.#options.limits, nowMs, onTooSlow });
  }

  #visitor(admit: VisitorParts['admit']): Visitor {
    const { identify, limits, log } = this.#options;
    const failed = (error: unknown) => log.error('a token could not be checked', { error: errorMessage(error) });
    return new Visitor({ identify, admit, failed, limits });
  }

  /** A visitor is a client from now on; the socket stays. */
  #admit(peer: Peer, client: Client, { socket, waiting }: Visit): void {
    if (peer.is instanceof Visitor) this.#visitors.delete(peer.is);
    peer.is.gone();
    peer.is = client;
    client.opened(socket);
    client.reply(Promise.resolve(authorized(client.caller)));
    this.#opened(client);
    for (const message of waiting) this.#received(client, message);
  }

  #received(client: Client, message: Incoming): void {
    client.received += 1;
    const request_id = `${client.requestId}.${client.received}`;
    client.reply(requestScope.run({ request_id }, () => this.#reply(client, message, request_id)));
  }

  #opened(client: Client): void {
    const { sessions } = this.#options;
    if (client.sessionId !== undefined && !sessions.get(client.sessionId)) {
      client.close(1000, 'session ended');
      return;
    }
    this.#clients.add(client);
    client.subscribed(sessions.hub.subscribe(client));
  }

  /** The reply to a message: at once when it is refused, else once a node has answered. */
  async #reply(client: Client, message: Incoming, requestId: string): Promise<object> {
    if (!client.messages.take(this.#options.clock.monoMs())) return refusal('rate_limited');
    // Its client can't know whether one was needed.
    if (tokenIn(message) !== undefined) return authorized(client.caller);
    return client.feed.receive(message, async (sessionId, text) => {
      const command = readCommand(text, this.#options.limits.maxCommandChars);
      if (typeof command === 'string') return refusal(command);
      const reply = await this.#carryOut(client, sessionId, command);
      this.#audit(client, sessionId, command, requestId, 'error' in reply ? reply.error : 'ok');
      return reply;
    });
  }

  async #carryOut(client: Client, sessionId: string, command: Command): Promise<Reply> {
    const { clock, commands, log, sessions } = this.#options;
    const camera = sessions.get(sessionId)?.camera_id;
    // Whoever sees some cameras alone is not told which others there are.
    const isForeign = client.caller.cameras !== null && (camera === undefined || !seesCamera(client.caller, camera));
    if (isForeign || !hasRole(client.caller, 'controller')) return refusal('forbidden');
    const key = limitKey(client.caller, client.address) ?? client.id;
    if (commands.take(key, clock.monoMs()) > 0) return refusal('rate_limited');
    const { type, ...params } = command;
    const outcome = await sessions.request(sessionId, type, params);
    if (!('error' in outcome)) return ack(command);
    const { code, message: why } = outcome.error;
    if (NOBODY_ANSWERS.has(code)) return refusal('unknown_command');
    log.warn(`a command was not carried out: ${why}`, { session_id: sessionId, camera, code });
    return refusal('rate_limited');
  }

  #audit(client: Client, session: string, { type, ...details }: Command, request_id: string, outcome: string): void {
    const { caller, address } = client;
    const camera = this.#options.sessions.get(session)?.camera_id;
    this.#options.audit?.record({
      ...{ request_id, caller: caller.name, role: caller.role, address, action: type, session, details, outcome },
      ...(camera === undefined ? {} : { camera }),
    });
  }

  #nowMs(): number {
    if (this.#now === undefined) {
      this.#now = this.#awake.at(this.#options.clock.monoMs());
      queueMicrotask(() => {
        this.#now = undefined;
      });
    }
    return this.#now;
  }

  #tooSlow(client: Client): void {
    this.#closedForSlowness += 1;
    this.#options.log.warn('client too slow, closed', { session_id: client.sessionId });
    this.#clients.delete(client);
  }
}

function tooManyClients(most: number, which = ''): WindhoverError {
  return new WindhoverError('too_many_clients', `Too many clients${which}: at most ${most} may be connected`);
}
