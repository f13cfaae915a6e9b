/**
 * The HTTP and WebSocket server over a set of sessions. Holds no native code and no state of its own but its clients.
 *
 *     const app = createApp({ sessions, version: '0.1.0', clock: new SystemClock(), log });
 *     const server = listen(app, { host: '127.0.0.1', port: 0 });   // server.port is the real one
 *     await server.stop();
 */
import { Elysia } from 'elysia';
import type { Access } from '../access/access.ts';
import type { AuditLog } from '../access/audit.ts';
import { ANYBODY } from '../access/caller.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Warning } from '../catalog/graph-file.ts';
import type { Clock } from '../clock.ts';
import { authority, listenError } from '../listening.ts';
import type { ModelStore } from '../models/model-store.ts';
import type { Logger } from '../node.ts';
import { KeyedRateLimit } from '../rate-limit.ts';
import { requestId, requestScope } from '../request-scope.ts';
import type { Sessions } from '../session/api.ts';
import type { HistoryReader } from '../sinks/history/rows.ts';
import type { SinkFigures } from '../sinks/metrics/metrics.ts';
import { auditRequest } from './audit.ts';
import { addAutotrack } from './autotrack.ts';
import { addCameras } from './cameras.ts';
import { addClientLibrary } from './client-library/files.ts';
import { Clients, type Peer } from './clients.ts';
import { noteContext } from './context.ts';
import { answerErrors, errorResponse, InternalErrors } from './errors.ts';
import { addEventStreams, EventStreams } from './event-streams.ts';
import { TrustedProxies } from './forwarded.ts';
import { addGraphs } from './graphs.ts';
import { guardRoutes } from './guard.ts';
import { addHealth } from './health.ts';
import { DEFAULT_LIMITS, type ServerLimits } from './limits.ts';
import { addLogin } from './login.ts';
import { addMetrics } from './metrics.ts';
import { addModels } from './models.ts';
import { addOnvif } from './onvif.ts';
import { addOpenApi } from './openapi.ts';
import { guardOrigin, type OriginOptions, OriginRules } from './origin.ts';
import { addPage } from './page.ts';
import { addPreview } from './preview.ts';
import { addSessions } from './sessions.ts';
import { addSettings } from './settings.ts';
import { addStats, StatsTopic } from './stats.ts';
import { addTopicSocket } from './topic-socket.ts';
import { addTopics } from './topics.ts';
import { addTracks } from './tracks.ts';
import { addWebSocket } from './websocket.ts';

export interface AppOptions extends OriginOptions {
  readonly sessions: Sessions;
  /** Whose settings are shown and changed; without it there are none. */
  readonly catalog?: Catalog;
  /** What nodes of the catalog's graphs may run. */
  readonly models?: ModelStore;
  /** What is wrong though frames flow, for `/readyz`. */
  readonly warnings?: () => readonly Warning[];
  /** What was; absent: the server has no history. */
  readonly history?: () => HistoryReader;
  /** What the sinks say of themselves, for `/metrics`. */
  readonly sinkFigures?: () => SinkFigures;
  /** Shown on the OpenAPI page. */
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits?: Partial<ServerLimits>;
  /** Who may use it; without it, everybody may do everything. */
  readonly access?: Access;
  readonly audit?: AuditLog;
  /** It is to be listened to by TLS. */
  readonly isTls?: boolean;
  /** Whose word on the client's address and the server's name is believed (see `TrustedProxies`). */
  readonly trustedProxies?: readonly string[];
}

export interface App {
  /** All routes. More may be added before `listen`. */
  readonly http: Elysia;
  readonly clients: Clients;
  readonly internalErrors: InternalErrors;
  readonly stats: StatsTopic;
  readonly streams: EventStreams;
  /**
   * Answers a request, also without a port; WebSockets need `listen`.
   * @param peer address of the other end of the connection
   */
  handle(request: Request, peer?: string): Promise<Response>;
}

export interface Listening {
  readonly host: string;
  /** The real port, also when 0 was asked for. */
  readonly port: number;
  /** `http://host:port` */
  readonly url: string;
  /** Closes all clients (1001) and the port. */
  stop(): Promise<void>;
}

export interface ListenAt {
  readonly host: string;
  readonly port: number;
  /** PEM texts; without them it speaks plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export function createApp(options: AppOptions): App {
  const { sessions, log, access, audit, clock } = options;
  const limits: ServerLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const changes = {
    commands: new KeyedRateLimit(limits.commandsPerS, limits.commandBurst),
    writes: new KeyedRateLimit(limits.writesPerS, limits.writeBurst),
  };
  const clients = new Clients({
    sessions,
    clock,
    log,
    limits,
    commands: changes.commands,
    identify: async (token) => (access ? access.callerOf({ by: 'bearer', token }) : ANYBODY),
    ...(audit ? { audit } : {}),
  });
  // By default Elysia finds no route under a host name of up to three letters, such as http://nvr/.
  // Plain HTTP only: under https:// this setting is the one that finds none.
  const http = new Elysia({ handler: { standardHostname: options.isTls ?? false } });
  const internalErrors = new InternalErrors(log, options.clock);
  answerErrors(http, internalErrors);
  const origins = new OriginRules(options);
  guardOrigin(http, origins);
  guardRoutes(http, { access, sessions, origins, clock, limits: changes });
  addOpenApi(http, options.version);
  addLogin(http, { access, sessions, clock, limits, commands: changes.commands });
  addPage(http, sessions);
  addHealth(http, sessions, options.warnings ?? (() => []));
  addMetrics(http, { sessions, clients, clock, version: options.version, sinks: options.sinkFigures ?? (() => ({})) });
  addCameras(http, sessions);
  addSessions(http, sessions, limits);
  if (options.catalog) addCatalog(http, options.catalog, options.models, limits);
  if (options.history) addTracks(http, { history: options.history, clock: options.clock });
  addOnvif(http, sessions);
  addTopics(http, sessions);
  const streams = addEventStreams(http, sessions, new EventStreams(limits, () => clock.monoMs()));
  const stats = new StatsTopic({
    sessions,
    clock: options.clock,
    version: options.version,
    clients: () => clients.stats().connected + streams.count,
  });
  addStats(http, stats);
  addPreview(http, sessions, limits);
  addAutotrack(http, sessions, limits);
  addWebSocket(http, sessions, clients);
  addTopicSocket(http, sessions, clients, limits);
  addClientLibrary(http);
  const proxies = new TrustedProxies(options.trustedProxies ?? []);
  const handle = async (request: Request, peer?: string) => {
    const id = requestId(request.headers.get('x-request-id'));
    const { address, host, isSecure } = proxies.read(request.headers, peer ?? null);
    const context = { id, address, forwardedHost: host, isSecure: isSecure || isTls(request), caller: null };
    // Elysia would read the whole body to count it, also one without end.
    const asked = request.method === 'HEAD' ? new Request(request, { method: 'GET' }) : request;
    noteContext(asked, context);
    return requestScope.run({ request_id: id }, async () => {
      const response = await http.fetch(asked);
      secure(response, id);
      if (audit) auditRequest(audit, asked, response);
      return asked === request ? response : withoutBody(response);
    });
  };
  return { http, clients, internalErrors, stats, streams, handle };
}

function addCatalog(http: Elysia, catalog: Catalog, models: ModelStore | undefined, limits: ServerLimits): void {
  addSettings(http, catalog, limits);
  addGraphs(http, catalog, limits);
  if (models) addModels(http, { store: models, catalog, limits });
}

function isTls({ url }: Request): boolean {
  return url.startsWith('https:');
}

function withoutBody({ status, headers, body }: Response): Response {
  void body?.cancel().catch(() => undefined);
  return new Response(null, { status, headers });
}

/** What every answer says, whatever route it is from. */
function secure({ headers }: Response, id: string): void {
  headers.set('x-request-id', id);
  headers.set('x-content-type-options', 'nosniff');
  headers.set('x-frame-options', 'DENY');
  headers.set('referrer-policy', 'no-referrer');
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
}

/**
 * Opens the port. Served by Bun directly and not by Elysia's `listen`, which shares ports (`reusePort`) and would
 * parse WebSocket messages before we see them.
 * @throws WindhoverError `port_in_use`, `listen_failed`
 */
export function listen(app: App, at: ListenAt): Listening {
  const server = open(app, at);
  app.clients.attach(server);
  app.stats.start();
  const port = server.port ?? at.port;
  return {
    host: at.host,
    port,
    url: `${at.tls ? 'https' : 'http'}://${authority(at.host, port)}`,
    stop: async () => {
      app.stats.stop();
      app.streams.close();
      app.clients.close();
      await server.stop(true);
    },
  };
}

function open(app: App, { host, port, tls }: ListenAt): Bun.Server<Peer> {
  try {
    return Bun.serve<Peer>({
      hostname: host,
      port,
      reusePort: false,
      development: false,
      // Stopping a session may take longer than Bun's 10 s for a silent connection.
      idleTimeout: 60,
      // Of an upload, with what it is wrapped in; other routes read less.
      maxRequestBodySize: DEFAULT_LIMITS.maxModelBytes + 2 ** 20,
      ...(tls ? { tls } : {}),
      fetch: (request, server) => {
        const peer = server.requestIP(request)?.address;
        if (URL.canParse(request.url)) return app.handle(request, peer);
        // HTTP/1.0 needs no Host: the URL is then the path alone.
        if (request.headers.has('host')) return errorResponse(400, 'Bad request: the Host header is malformed');
        return app.handle(new Request(`http://${authority(host, port)}${request.url}`, request), peer);
      },
      websocket: app.clients.websocket(),
      error: (error) => app.internalErrors.answer(error),
    });
  } catch (cause) {
    throw listenError(host, port, cause);
  }
}
