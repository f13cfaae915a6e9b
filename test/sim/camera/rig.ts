/** A virtual camera on a free port whose time is the test's, and clients for it: SOAP by hand, and the npm package. */
import { createHash, randomBytes } from 'node:crypto';
import { Cam, type CamOptions } from 'onvif';
import type { DebugState } from '../../../sim/camera/onlookers.ts';
import { CameraServer } from '../../../sim/camera/server.ts';
import { NS } from '../../../sim/camera/soap/names.ts';
import { child, readXml, type XmlElement } from '../../../sim/camera/soap/read-xml.ts';
import { VirtualCamera } from '../../../sim/camera/virtual-camera.ts';
import type { SceneFile } from '../../../sim/scene/scene-file.ts';
import { ManualClock } from '../../support/manual-clock.ts';

export const USER = 'admin';
export const PASSWORD = 'not-the-default';
export const PROFILE = 'profile_sub';

type Service = 'tds' | 'trt' | 'tptz';

/** Time that somebody waits for; `over` lets it pass, on the clock too. */
export interface Waiting {
  readonly ms: number;
  over(): void;
}

export interface Reply {
  readonly status: number;
  readonly xml: string;
  /** The first element of the SOAP body. */
  readonly body: XmlElement;
  /** Subcodes of a fault, general first. */
  readonly fault: string[];
  readonly challenges: string[];
}

export class Rig implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly failures: unknown[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #wanted: ((waiting: Waiting) => void)[] = [];
  #server: CameraServer | undefined;

  private constructor() {
    this.clock = new ManualClock();
  }

  static async start(options: { quirks?: string[]; scene?: SceneFile } = {}): Promise<Rig> {
    const rig = new Rig();
    const { clock } = rig;
    rig.#server = await CameraServer.start({
      clock,
      credentials: { user: USER, password: PASSWORD },
      version: '0.0.1',
      host: '127.0.0.1',
      port: 0,
      quirks: options.quirks ?? [],
      camera: new VirtualCamera({ clock, ...(options.scene ? { scene: options.scene } : {}) }),
      wait: (ms) => rig.#wait(ms),
      failed: (error) => rig.failures.push(error),
    });
    return rig;
  }

  get server(): CameraServer {
    if (!this.#server) throw new Error('not started');
    return this.#server;
  }

  /** Lets time pass for the motors. */
  advance(seconds: number): void {
    this.clock.advance(seconds * 1000);
  }

  /** The next wait of the server: a slow answer, a restart. */
  async waiting(): Promise<Waiting> {
    const ready = this.#waiting.shift();
    if (ready) return ready;
    return await new Promise((resolve) => this.#wanted.push(resolve));
  }

  /** One SOAP call, with a WS-Security login unless told otherwise. */
  async call(service: Service, operation: string, inside = '', login: Login = {}): Promise<Reply> {
    const headers: Record<string, string> = { 'Content-Type': 'application/soap+xml' };
    if (login.authorization !== undefined) headers.Authorization = login.authorization;
    const response = await fetch(`${this.server.origin}/onvif/device_service`, {
      method: 'POST',
      headers,
      body: soapText(service, operation, inside, login.security ?? this.security()),
      signal: login.signal ?? null,
    });
    return reply(response.status, await response.text(), response.headers.get('www-authenticate'));
  }

  async ptz(operation: string, inside = '', profile = PROFILE): Promise<Reply> {
    return await this.call('tptz', operation, `<tptz:ProfileToken>${profile}</tptz:ProfileToken>${inside}`);
  }

  async state(query = ''): Promise<DebugState> {
    const response = await fetch(`${this.server.origin}/debug/state${query}`);
    return (await response.json()) as DebugState;
  }

  /** The WS-Security header of a user who has the right password and the camera's time. */
  security({ password = PASSWORD, createdOffsetS = 0, nonce = randomBytes(16).toString('base64') } = {}): string {
    const created = new Date(this.clock.unixMs() + createdOffsetS * 1000).toISOString();
    const hash = createHash('sha1').update(Buffer.from(nonce, 'base64')).update(created).update(password);
    const type = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest';
    return `<wsse:Security s:mustUnderstand="true"><wsse:UsernameToken><wsse:Username>${USER}</wsse:Username>
      <wsse:Password Type="${type}">${hash.digest('base64')}</wsse:Password><wsse:Nonce>${nonce}</wsse:Nonce>
      <wsu:Created>${created}</wsu:Created></wsse:UsernameToken></wsse:Security>`;
  }

  /** The npm package, connected. */
  async connect(options: Partial<CamOptions> = {}): Promise<Cam> {
    const login = { username: USER, password: PASSWORD, timeout: 20_000 };
    const where = { hostname: '127.0.0.1', port: this.server.port };
    return await new Promise((resolve, reject) => {
      const cam = new Cam({ ...where, ...login, ...options }, (error) => (error ? reject(error) : resolve(cam)));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.stop();
    for (const { over } of this.#waiting) over();
  }

  async #wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const waiting = {
        ms,
        over: () => {
          this.clock.advance(ms);
          resolve();
        },
      };
      const wanted = this.#wanted.shift();
      if (wanted) wanted(waiting);
      else this.#waiting.push(waiting);
    });
  }
}

export interface Login {
  /** Instead of the right WS-Security header; '' for none. */
  readonly security?: string;
  /** The Authorization header. */
  readonly authorization?: string;
  readonly signal?: AbortSignal;
}

export const NOBODY: Login = { security: '' };

export function soapText(service: Service, operation: string, inside: string, security: string): string {
  const declared = Object.entries(NS).map(([prefix, uri]) => `xmlns:${prefix}="${uri}"`);
  const asked = `<${service}:${operation}>${inside}</${service}:${operation}>`;
  return `<s:Envelope ${declared.join(' ')}><s:Header>${security}</s:Header><s:Body>${asked}</s:Body></s:Envelope>`;
}

/** Reads a SOAP answer. */
export function reply(status: number, xml: string, challenge: string | null): Reply {
  const body = child(readXml(xml), 's:Body')?.children[0];
  if (!body) throw new Error(`no SOAP body: ${xml}`);
  const fault: string[] = [];
  let code = child(child(body, 's:Code'), 's:Subcode');
  while (code) {
    fault.push(child(code, 's:Value')?.text ?? '');
    code = child(code, 's:Subcode');
  }
  return { status, xml, body, fault, challenges: challenge === null ? [] : challenge.split(/, (?=Digest )/) };
}

/** An Authorization header for a challenge (RFC 7616). */
export function digestHeader(
  challenge: string,
  target: string,
  { password = PASSWORD, nc = '00000001', method = 'POST' } = {},
): string {
  const value = (name: string) => new RegExp(`${name}="?([^",]+)`).exec(challenge)?.[1] ?? '';
  const hash = (text: string) => createHash(value('algorithm').replace('-', '')).update(text).digest('hex');
  const a1 = hash(`${USER}:${value('realm')}:${password}`);
  const response = hash([a1, value('nonce'), nc, 'abc', 'auth', hash(`${method}:${target}`)].join(':'));
  const quoted = { username: USER, realm: value('realm'), nonce: value('nonce'), uri: target, cnonce: 'abc', response };
  const pairs = Object.entries(quoted).map(([key, text]) => `${key}="${text}"`);
  return `Digest ${pairs.join(', ')}, algorithm=${value('algorithm')}, qop=auth, nc=${nc}`;
}

/** Every descendant of that local name. */
export function all(element: XmlElement, local: string): XmlElement[] {
  const own = element.local === local ? [element] : [];
  return [...own, ...element.children.flatMap((inner) => all(inner, local))];
}

export function velocity(x: number, y = 0, zoom = 0, timeout?: string): string {
  const vector = `<tt:PanTilt x="${x}" y="${y}"/><tt:Zoom x="${zoom}"/>`;
  const limit = timeout === undefined ? '' : `<tptz:Timeout>${timeout}</tptz:Timeout>`;
  return `<tptz:Velocity>${vector}</tptz:Velocity>${limit}`;
}

export const FOV_SPACE = 'http://www.onvif.org/ver10/tptz/PanTiltSpaces/TranslationSpaceFov';

export function translation(x: number, y: number, space?: string): string {
  const named = space === undefined ? '' : ` space="${space}"`;
  return `<tptz:Translation><tt:PanTilt x="${x}" y="${y}"${named}/></tptz:Translation>`;
}
