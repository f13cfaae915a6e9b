/** The virtual camera as an ONVIF device whose stream another server has, as behind address translation. */
import { SystemClock } from '../../runtime/clock.ts';
import { CameraServer } from '../../sim/camera/server.ts';

export class OnvifFront implements AsyncDisposable {
  readonly camera: CameraServer;
  /** Operations that it was asked, in order. */
  readonly asked: string[] = [];
  readonly #server: Bun.Server<undefined>;

  private constructor(camera: CameraServer, streamUri: () => string) {
    this.camera = camera;
    this.#server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: async (request) => {
        const text = await request.text();
        this.asked.push(/Body><(\w+)/.exec(text)?.[1] ?? '');
        const { pathname } = new URL(request.url);
        const answer = await fetch(`${camera.origin}${pathname}`, {
          method: 'POST',
          headers: request.headers,
          body: text,
        });
        const body = (await answer.text()).replace(
          /(Uri>)http:[^<]*\/debug\/video[^<]*/,
          (_, tag) => tag + streamUri(),
        );
        const headers = new Headers();
        for (const name of ['content-type', 'www-authenticate']) {
          const value = answer.headers.get(name);
          if (value !== null) headers.set(name, value);
        }
        return new Response(body, { status: answer.status, headers });
      },
    });
  }

  /** @param streamUri what it answers to GetStreamUri */
  static async start(
    credentials: { readonly user: string; readonly password: string },
    streamUri: () => string,
    quirks: readonly string[] = [],
  ): Promise<OnvifFront> {
    const place = { version: '0.0.1', host: '127.0.0.1', port: 0 };
    return new OnvifFront(
      await CameraServer.start({ clock: new SystemClock(), credentials, quirks, ...place }),
      streamUri,
    );
  }

  get url(): string {
    return `onvif://127.0.0.1:${this.#server.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
    await this.camera.stop();
  }
}
