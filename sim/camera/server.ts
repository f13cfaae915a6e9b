/**
 * The camera on the network: HTTP around the ONVIF device and its Octagon API, and the faults that show at that level
 * (slow answers, none, restarts). Node's server and not Bun's own: it can send a header twice, leave a request
 * unanswered, and close its port while connections are open.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../runtime/clock.ts';
import { errorCode } from '../../runtime/errors.ts';
import { authority, listenError } from '../../runtime/listening.ts';
import type { Credentials } from './auth/credentials.ts';
import { Gate } from './auth/gate.ts';
import { toJpeg } from './jpeg.ts';
import { API_PATH, OctagonDevice } from './octagon/octagon-device.ts';
import { askedFps, askedSize, debugState, isThisMachine, pictureSize, takePicture, type Watched } from './onlookers.ts';
import { OnvifDevice } from './onvif-device.ts';
import { type Traits, traitsOf } from './quirks.ts';
import { PATHS } from './services/device-service.ts';
import { SNAPSHOT_PATH, STREAM_PATH } from './services/media-service.ts';
import { PtzUnit } from './services/ptz-unit.ts';
import { SoapFault } from './soap/fault.ts';
import { STREAM_TYPE, videoStream } from './video-stream.ts';
import { VirtualCamera } from './virtual-camera.ts';

export interface CameraServerOptions {
  readonly clock: Clock;
  readonly credentials: Credentials;
  readonly version: string;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Names of {@link QUIRKS}. */
  readonly quirks?: readonly string[];
  /** Default: the camera of the default scene, on the clock. */
  readonly camera?: VirtualCamera;
  /** How a request waits; injected by tests. Default: real time. */
  readonly wait?: (ms: number) => Promise<void>;
  /** Called with internal errors. */
  readonly failed?: (error: unknown) => void;
}

const MAX_BODY_BYTES = 64 * 1024;
/** Requests at once; more are refused. Those that are never answered count. */
const MAX_OPEN = 128;
/** A connection on which nothing happens is closed: also one whose request is never answered. */
const IDLE_MS = 60_000;
/** After a restart, when the port is taken. */
const RETRY_MS = 1000;
const SOAP_TYPE = 'application/soap+xml; charset=utf-8';

export class CameraServer implements AsyncDisposable {
  readonly camera: VirtualCamera;
  readonly device: OnvifDevice;
  readonly traits: Traits;
  readonly #options: CameraServerOptions;
  readonly #http: Server;
  readonly #octagon: OctagonDevice;
  readonly #watched: Watched;
  readonly #wait: (ms: number) => Promise<void>;
  #port = 0;
  #requests = 0;
  #open = 0;
  /** Restarts so far. */
  #boots = 0;
  #isStopped = false;
  #reboot: Promise<void> | null = null;

  private constructor(options: CameraServerOptions) {
    const { clock, credentials, version, quirks = [] } = options;
    this.#options = options;
    this.traits = traitsOf(quirks);
    this.camera = options.camera ?? new VirtualCamera({ clock });
    const { camera, traits } = this;
    const gate = new Gate(credentials, traits, clock);
    const parts = { camera, unit: new PtzUnit(camera, traits), gate, traits, version };
    this.device = new OnvifDevice(parts);
    this.#octagon = new OctagonDevice(parts, (call) => this.device.record(call));
    this.#watched = { camera, device: this.device, traits, quirks, clock };
    this.#wait = options.wait ?? ((ms) => Bun.sleep(ms));
    this.#http = createServer({ requestTimeout: IDLE_MS }, (request, response) => {
      this.#take(request, response).catch((error: unknown) => options.failed?.(error));
    });
    this.#http.timeout = IDLE_MS;
  }

  /** Opens the port. @throws WindhoverError `usage` (unknown quirk), `port_in_use`, `listen_failed` */
  static async start(options: CameraServerOptions): Promise<CameraServer> {
    const server = new CameraServer(options);
    await server.#listen(options.port);
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** `http://host:port` */
  get origin(): string {
    return `http://${authority(this.#options.host, this.#port)}`;
  }

  /** Address of the device service. */
  get url(): string {
    return `${this.origin}${PATHS.tds}`;
  }

  /** Restarts as after a power cut. Resolves when the camera is back. */
  async reboot(): Promise<void> {
    this.#reboot ??= this.#restart();
    await this.#reboot;
  }

  /** Closes the port and all connections. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #restart(): Promise<void> {
    this.#boots++;
    this.camera.cutPower();
    await this.#close();
    await this.#wait(this.traits.rebootS * 1000);
    while (!this.#isStopped && !(await this.#isBack())) await this.#wait(RETRY_MS);
    this.device.restart();
    this.#reboot = null;
  }

  /** Tries to open the port again; another process may have taken it meanwhile. */
  async #isBack(): Promise<boolean> {
    try {
      await this.#listen(this.#port);
      return true;
    } catch (error) {
      this.#options.failed?.(error);
      return false;
    }
  }

  async #listen(port: number): Promise<void> {
    const { host } = this.#options;
    try {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      this.#http.once('error', reject);
      this.#http.listen({ port, host, exclusive: true }, resolve);
      await promise;
      this.#http.off('error', reject);
    } catch (cause) {
      throw listenError(host, port, cause);
    }
    this.#port = (this.#http.address() as AddressInfo).port;
  }

  async #close(): Promise<void> {
    if (!this.#http.listening) return;
    const closed = new Promise((resolve) => this.#http.close(resolve));
    this.#http.closeAllConnections();
    await closed;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#open++;
    response.once('close', () => {
      this.#open--;
    });
    const answer = await this.#answer(request).catch((error: unknown) => this.#failure(error));
    if (answer) await send(response, answer);
  }

  /** @returns null for a request that is never answered */
  async #answer(request: IncomingMessage): Promise<Answer | null> {
    if (this.#open > MAX_OPEN) return plain(503, 'too many requests at once');
    const url = new URL(request.url ?? '/', this.origin);
    if (url.pathname.startsWith('/debug/')) return this.#debug(request, url);
    const boot = this.#boots;
    this.#requests++;
    if (this.traits.rebootAfter === this.#requests) {
      this.reboot().catch((error: unknown) => this.#options.failed?.(error));
      return null;
    }
    // The connection stays open until one side closes it.
    if (this.traits.dropEvery > 0 && this.#requests % this.traits.dropEvery === 0) return null;
    const body = await readBody(request);
    if (body === null) return plain(413, `at most ${MAX_BODY_BYTES} bytes`);
    if (this.traits.latencyMs > 0) await this.#wait(this.traits.latencyMs);
    // Requests under way at the power cut are lost.
    if (boot !== this.#boots) return null;
    if (url.pathname === SNAPSHOT_PATH) return await this.#snapshot(request, url);
    if (url.pathname.startsWith(`${API_PATH}/`)) {
      const call = { method: request.method ?? '', url, authorization: request.headers.authorization, text: body };
      return { ...this.#octagon.answer(call), type: 'application/json' };
    }
    if (!url.pathname.startsWith('/onvif/')) return plain(404, 'not found');
    if (request.method !== 'POST') return plain(405, 'SOAP requests are POST');
    const call = { ...attempt(request), text: body, origin: this.#originFor(request) };
    return { ...this.device.answer(call), type: SOAP_TYPE };
  }

  async #snapshot(request: IncomingMessage, url: URL): Promise<Answer> {
    const refusal = this.device.gate.refusal({ ...attempt(request), security: undefined });
    if (refusal) return { ...plain(refusal.status, refusal.reason), challenges: refusal.challenges };
    const { picture } = takePicture(this.#watched, pictureSize(this.traits, url.searchParams.get('profile')));
    return { status: 200, type: 'image/jpeg', body: await toJpeg(picture) };
  }

  #debug(request: IncomingMessage, url: URL): Answer {
    if (!isThisMachine(request.socket.remoteAddress)) return plain(403, 'only for programs on this machine');
    const size = askedSize(this.traits, url.searchParams);
    if (url.pathname === '/debug/state') {
      const time = Number(url.searchParams.get('t') ?? Number.NaN);
      const state = debugState(this.#watched, Number.isFinite(time) ? time : null, size);
      return { status: 200, type: 'application/json', body: JSON.stringify(state) };
    }
    if (url.pathname === STREAM_PATH) {
      return { status: 200, type: STREAM_TYPE, body: videoStream(this.#watched, size, askedFps(url.searchParams)) };
    }
    if (url.pathname !== '/debug/frame') return plain(404, `there are /debug/state, /debug/frame and ${STREAM_PATH}`);
    const { picture, meta } = takePicture(this.#watched, size);
    return {
      status: 200,
      type: 'application/octet-stream',
      body: picture.bytes,
      headers: { 'X-Frame': JSON.stringify(meta) },
    };
  }

  /** As the client called us: behind a forwarded port, our own address would not be reachable. */
  #originFor({ headers }: IncomingMessage): string {
    const origin = `http://${headers.host ?? ''}`;
    return /^http:\/\/[\w.:[\]-]{1,255}$/.test(origin) && URL.canParse(origin) ? origin : this.origin;
  }

  #failure(error: unknown): Answer | null {
    if (error instanceof SoapFault) return plain(400, error.message);
    // The client, or a restart, has closed the connection while its request was read.
    if (errorCode(error) === 'ECONNRESET' || errorCode(error) === 'ERR_STREAM_PREMATURE_CLOSE') return null;
    this.#options.failed?.(error);
    return plain(500, 'internal error');
  }
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Values of `WWW-Authenticate`, one header each. */
  readonly challenges?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

function plain(status: number, text: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${text}\n` };
}

async function send(response: ServerResponse, answer: Answer): Promise<void> {
  const { status, type, body, challenges = [], headers = {} } = answer;
  if (challenges.length > 0) response.setHeader('WWW-Authenticate', [...challenges]);
  const isWhole = typeof body === 'string' || body instanceof Uint8Array;
  const length = isWhole ? { 'Content-Length': Buffer.byteLength(body) } : {};
  response.writeHead(status, { ...headers, 'Content-Type': type, ...length });
  if (isWhole) response.end(body);
  // A viewer disconnects in the middle of a stream: that is its normal end.
  else
    await pipeline(body, response).catch((error: unknown) => {
      if (errorCode(error) !== 'ERR_STREAM_PREMATURE_CLOSE' && errorCode(error) !== 'ECONNRESET') throw error;
    });
}

function attempt({ method = '', url = '', headers }: IncomingMessage) {
  return { method, target: url, authorization: headers.authorization };
}

/** @returns the text, or null when it is too long */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Buffer)) continue;
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
