/** A network between driver and camera in which answers get lost: those to logins, or all of them. */
import type { OctagonOptions } from '../../ptz/octagon/options.ts';
import { realTime } from '../../ptz/time.ts';
import { SystemClock } from '../../runtime/clock.ts';
import type { CameraServer } from '../../sim/camera/server.ts';
import { octagonDriver, octagonOptions } from './octagon-rig.ts';
import { driverFor } from './rig.ts';

export class DeafProxy implements AsyncDisposable {
  /** That went through to the camera. */
  logins = 0;
  /** No answer to a login comes back. */
  losesLogins = true;
  /** Nothing gets through. */
  isDark = false;
  readonly #camera: CameraServer;
  readonly #http: Bun.Server<undefined>;

  constructor(camera: CameraServer) {
    this.#camera = camera;
    this.#http = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => this.#pass(request) });
  }

  /** A driver that sees the camera through it, in real time. */
  driver(protocol: string, options: Partial<Pick<OctagonOptions, 'password' | 'probe'>> = {}) {
    const there = { url: `127.0.0.1:${this.#http.port}`, request_ms: 200, ...options };
    const time = realTime(new SystemClock());
    return protocol === 'onvif'
      ? driverFor(this.#camera, there, time)
      : octagonDriver(octagonOptions(this.#camera.port, there), { time });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http.stop(true);
  }

  async #pass(request: Request): Promise<Response> {
    const { method, url, headers } = request;
    const body = await request.text();
    const isLogin = headers.has('authorization') || body.includes('UsernameToken');
    if (this.isDark) return await never();
    if (isLogin) this.logins++;
    const { pathname, search } = new URL(url);
    const to = `${this.#camera.origin}${pathname}${search}`;
    const answer = await fetch(to, { method, headers, ...(method === 'POST' ? { body } : {}) });
    return isLogin && this.losesLogins ? await never() : answer;
  }
}

async function never(): Promise<Response> {
  return await new Promise<Response>(() => undefined);
}
