/**
 * The HTTP and WebSocket server over a set of sessions. Holds no native code and no state of its own but its clients.
 *
 *     const app = createApp({ sessions, version: '0.1.0', clock: new SystemClock(), log });
 *     const server = listen(app, { host: '127.0.0.1', port: 0 });   // server.port is the real one
 *     await server.stop();
 */
import { Elysia } from 'elysia';
import type { Catalog } from '../catalog/catalog.ts';
import type { Warning } from '../catalog/graph-file.ts';
import type { Clock } from '../clock.ts';
import { authority, listenError } from '../listening.ts';
import type { ModelStore } from '../models/model-store.ts';
import type { Logger } from '../node.ts';
import type { Sessions } from '../session/api.ts';
import type { HistoryReader } from '../sinks/history/rows.ts';
import { addCameras } from './cameras.ts';
import type { Client } from './client.ts';
import { addClientLibrary } from './client-library/files.ts';
import { Clients } from './clients.ts';
import { answerErrors, errorResponse, InternalErrors } from './errors.ts';
import { addHealth } from './health.ts';
import { DEFAULT_LIMITS, type ServerLimits } from './limits.ts';
import { addMetrics } from './metrics.ts';
import { addModels } from './models.ts';
import { addOnvif } from './onvif.ts';
import { addOpenApi } from './openapi.ts';
import { guardOrigin } from './origin.ts';
import { addPage } from './page.ts';
import { addSessions } from './sessions.ts';
import { addSettings } from './settings.ts';
import { addStats, StatsTopic } from './stats.ts';
import { addTopicSocket } from './topic-socket.ts';
import { addTopics } from './topics.ts';
import { addTracks } from './tracks.ts';
import { addWebSocket } from './websocket.ts';
import { addWhep } from './whep.ts';

export interface AppOptions {
  readonly sessions: Sessions;
  /** Whose settings are shown and changed; without it there are none. */
  readonly catalog?: Catalog;
  /** What nodes of the catalog's graphs may run. */
  readonly models?: ModelStore;
  /** What is wrong though frames flow, for `/readyz`. */
  readonly warnings?: () => readonly Warning[];
  /** What was; absent: the server has no history. */
  readonly history?: () => HistoryReader;
  /** Shown on the OpenAPI page. */
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits?: Partial<ServerLimits>;
  /** Origins beside loopback whose web pages may use the server. */
  readonly allowedOrigins?: readonly string[];
}

export interface App {
  /** All routes. More may be added before `listen`. */
  readonly http: Elysia;
  readonly clients: Clients;
  readonly internalErrors: InternalErrors;
  readonly stats: StatsTopic;
  /** Answers a request without a port; WebSockets need `listen`. */
  handle(request: Request): Promise<Response>;
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

export function createApp(options: AppOptions): App {
  const { sessions, log } = options;
  const limits: ServerLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const clients = new Clients({ sessions, clock: options.clock, log, limits });
  // By default Elysia finds no route under a host name of up to three letters, such as http://nvr/.
  // Plain HTTP only: under https:// this setting is the one that finds none.
  const http = new Elysia({ handler: { standardHostname: false } });
  const internalErrors = new InternalErrors(log, options.clock);
  answerErrors(http, internalErrors);
  guardOrigin(http, options.allowedOrigins ?? []);
  addOpenApi(http, options.version);
  addPage(http, sessions);
  addHealth(http, sessions, options.warnings ?? (() => []));
  addMetrics(http, {
    version: options.version,
    startedUnixS: options.clock.unixMs() / 1000,
    measured: () => sessions.measured?.() ?? [],
    clients: () => clients.stats(),
  });
  addCameras(http, sessions);
  addSessions(http, sessions, limits);
  const { catalog, models } = options;
  if (catalog) addSettings(http, catalog, limits);
  if (catalog && models) addModels(http, { store: models, catalog, limits });
  if (options.history) addTracks(http, { history: options.history, clock: options.clock });
  addOnvif(http, sessions);
  addTopics(http, sessions);
  const stats = new StatsTopic({
    sessions,
    clock: options.clock,
    version: options.version,
    clients: () => clients.stats().connected,
  });
  addStats(http, stats);
  addWhep(http, sessions, limits);
  addWebSocket(http, sessions, clients);
  addTopicSocket(http, sessions, clients, limits);
  addClientLibrary(http);
  return { http, clients, internalErrors, stats, handle: async (request) => http.handle(request) };
}

/**
 * Opens the port. Served by Bun directly and not by Elysia's `listen`, which shares ports (`reusePort`) and would
 * parse WebSocket messages before we see them.
 * @throws WindhoverError `port_in_use`, `listen_failed`
 */
export function listen(app: App, at: { readonly host: string; readonly port: number }): Listening {
  const server = open(app, at);
  app.clients.attach(server);
  app.stats.start();
  const port = server.port ?? at.port;
  return {
    host: at.host,
    port,
    url: `http://${authority(at.host, port)}`,
    stop: async () => {
      app.stats.stop();
      app.clients.close();
      await server.stop(true);
    },
  };
}

function open(app: App, { host, port }: { host: string; port: number }): Bun.Server<Client> {
  try {
    return Bun.serve<Client>({
      hostname: host,
      port,
      reusePort: false,
      development: false,
      // Stopping a session may take longer than Bun's 10 s for a silent connection.
      idleTimeout: 60,
      // Of an upload, with what it is wrapped in; other routes read less.
      maxRequestBodySize: DEFAULT_LIMITS.maxModelBytes + 2 ** 20,
      fetch: (request) => {
        if (URL.canParse(request.url)) return app.http.fetch(request);
        // HTTP/1.0 needs no Host: the URL is then the path alone.
        if (request.headers.has('host')) return errorResponse(400, 'Bad request: the Host header is malformed');
        return app.http.fetch(new Request(`http://${authority(host, port)}${request.url}`, request));
      },
      websocket: app.clients.websocket(),
      error: (error) => app.internalErrors.answer(error),
    });
  } catch (cause) {
    throw listenError(host, port, cause);
  }
}
