/**
 * Stands between FFmpeg and a camera that tells by ONVIF's replay extension when its pictures were taken: FFmpeg skips RTP
 * header extensions, so the relay says the same in sender reports. It is there for one connection, on this machine alone, at
 * an address that nobody else knows; the login is known to the relay and not to FFmpeg.
 */
import { randomBytes } from 'node:crypto';
import type { Socket, TCPSocketListener } from 'bun';
import { errorMessage, sleep, WindhoverError } from '../../../runtime/node.ts';
import { type CameraAddress, cameraOf, connectCamera, type Limits } from './camera.ts';
import { Dialogue, type Passed } from './dialogue.ts';
import { RtspLogin } from './login.ts';
import { Outlet } from './outlet.ts';
import { Reports } from './reports.ts';
import { type Item, RtspParser } from './rtsp-messages.ts';
import { Urls } from './urls.ts';

const LOOPBACK = '127.0.0.1';
/** FFmpeg says good-bye when it ends; the camera gets it within that time. */
const LONGEST_END_MS = 1000;

type Client = Socket<RtspParser>;

export class RtspRelay {
  /** For FFmpeg. */
  readonly url: string;
  /** What the relay ended the connection for. */
  fault: WindhoverError | undefined;
  readonly #urls: Urls;
  readonly #dialogue: Dialogue;
  readonly #reports = new Reports();
  readonly #answers = new RtspParser();
  readonly #listener: TCPSocketListener<RtspParser>;
  readonly #ended = Promise.withResolvers<void>();
  #camera: Socket | undefined;
  /** The one that knew the address. */
  #client: Client | undefined;
  #toCamera: Outlet | undefined;
  #toClient: Outlet | undefined;

  private constructor({ base, place, login }: CameraAddress) {
    this.#listener = this.#listen();
    const relay = `rtsp://${LOOPBACK}:${this.#listener.port}/${randomBytes(16).toString('hex')}`;
    this.url = `${relay}${place}`;
    this.#urls = new Urls(base, relay);
    this.#dialogue = new Dialogue({ urls: this.#urls, login: new RtspLogin(login), reports: this.#reports });
  }

  /**
   * Connects to the camera. @param url of its stream, with the login in it
   * @throws WindhoverError `source_address`, `source_refused`, `source_timeout`, `source_unreadable`
   */
  static async open(url: string, limits: Limits): Promise<RtspRelay> {
    const address = cameraOf(url);
    const relay = new RtspRelay(address);
    const events = {
      data: (bytes: Buffer) => relay.#fromCamera(bytes),
      drain: () => relay.#toCamera?.drain(),
      close: () => relay.#cameraClosed(),
    };
    try {
      relay.#camera = await connectCamera(address, events, limits);
      return relay;
    } catch (error) {
      relay.#listener.stop(true);
      throw error;
    }
  }

  /** Ends it when FFmpeg has ended its connection: the camera gets what it said last. */
  async close(): Promise<void> {
    if (this.#client) {
      const late = new AbortController();
      await Promise.race([this.#ended.promise, sleep(LONGEST_END_MS, late.signal)]);
      late.abort();
    }
    this.#listener.stop(true);
    if (this.#client) this.#client.terminate();
    else this.#camera?.terminate();
  }

  #listen(): TCPSocketListener<RtspParser> {
    return Bun.listen<RtspParser>({
      hostname: LOOPBACK,
      port: 0,
      socket: {
        open: (client) => {
          client.data = new RtspParser();
        },
        data: (client, bytes) => this.#fromClient(client, bytes),
        drain: (client) => void (client === this.#client && this.#toClient?.drain()),
        close: (client) => this.#clientClosed(client),
        error: (client) => this.#clientClosed(client),
      },
    });
  }

  #fromClient(client: Client, bytes: Buffer): void {
    this.#guarded(client, () => {
      for (const item of client.data.push(bytes)) {
        if (!this.#client && !this.#isMeant(client, item)) return client.terminate();
        if (client !== this.#client) return client.terminate();
        if (item.kind === 'frame') this.#toCamera?.add(item.bytes);
        else this.#pass(this.#dialogue.fromClient(item));
      }
      this.#flush();
    });
  }

  /** Whoever knows the address has it for itself. Others that happen to connect are sent away, and change nothing. */
  #isMeant(client: Client, item: Item): boolean {
    if (!this.#camera || item.kind === 'frame' || !this.#urls.isOurs(item.url)) return false;
    this.#client = client;
    this.#toClient = new Outlet(client, this.#camera);
    this.#toCamera = new Outlet(this.#camera, client);
    client.setNoDelay(true);
    this.#camera.setNoDelay(true);
    this.#listener.stop();
    return true;
  }

  #fromCamera(bytes: Buffer): void {
    this.#guarded(this.#client, () => {
      for (const item of this.#answers.push(bytes)) {
        if (item.kind === 'frame') this.#reports.pass(item, (part) => this.#toClient?.add(part));
        else this.#pass(this.#dialogue.fromCamera(item));
      }
      this.#flush();
    });
  }

  #pass({ toCamera, toClient }: Passed): void {
    if (toCamera) this.#toCamera?.add(toCamera);
    if (toClient) this.#toClient?.add(toClient);
  }

  #flush(): void {
    this.#toCamera?.flush();
    this.#toClient?.flush();
  }

  /** What cannot be understood ends the connection. */
  #guarded(client: Client | undefined, work: () => void): void {
    try {
      work();
    } catch (error) {
      client?.terminate();
      if (client !== this.#client) return;
      const isKnown = error instanceof WindhoverError;
      this.fault ??= isKnown ? error : new WindhoverError('source_unreadable', errorMessage(error), { cause: error });
      this.#camera?.terminate();
    }
  }

  #clientClosed(client: Client): void {
    if (client !== this.#client) return;
    this.#toCamera?.end();
    this.#ended.resolve();
    setTimeout(() => this.#camera?.terminate(), LONGEST_END_MS).unref();
  }

  #cameraClosed(): void {
    if (this.#toClient) this.#toClient.end();
    else this.#listener.stop(true);
  }
}
