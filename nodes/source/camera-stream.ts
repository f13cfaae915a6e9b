/** The stream of an ONVIF camera: it is asked where that is, and asked again when nothing plays there any more. */
import { type Account, realTime } from '../../ptz/accounts.ts';
import { errorCode, errorMessage, WindhoverError } from '../../runtime/node.ts';
import { type Address, addressOf, deviceOf } from './address.ts';
import type { SourceContext } from './clock-report.ts';

const REQUEST_MS = 5000;
/** The same faults by other names. */
const CODES: Readonly<Record<string, string>> = {
  ptz_login: 'source_login',
  ptz_unreachable: 'source_timeout',
  ptz_profile: 'source_not_found',
  ptz_unsupported: 'source_no_video',
};

export class CameraStream {
  readonly #context: SourceContext;
  readonly #device: NonNullable<ReturnType<typeof deviceOf>>;
  readonly #account: Account;
  /** Where the stream may be, best first. */
  #urls: string[] = [];

  private constructor(context: SourceContext, device: NonNullable<ReturnType<typeof deviceOf>>, account: Account) {
    [this.#context, this.#device, this.#account] = [context, device, account];
  }

  /** @param account for ONVIF and the stream. @returns undefined when the URL is the stream's own */
  static of(context: SourceContext, account: Account): CameraStream | undefined {
    const device = deviceOf(context.params);
    return device && new CameraStream(context, device, account);
  }

  /** Where to open it next. @throws WindhoverError of the faults of this node */
  async address(signal: AbortSignal): Promise<Address> {
    if (this.#urls.length === 0) this.#urls = await this.#ask(signal);
    const [url = ''] = this.#urls;
    const { username, password } = this.#device;
    const login = username === '' ? {} : { username, password };
    // Whatever it is, it is live.
    return { ...addressOf({ ...this.#context.params, ...login, url }), kind: 'live' };
  }

  /** It could not be opened there. */
  failed(): void {
    // Where a login is refused is the right place, and to ask the camera again would be one more login.
    if (this.#account.policy.refusals === 0) this.#urls.shift();
  }

  async #ask(signal: AbortSignal): Promise<string[]> {
    const { params, clock, log } = this.#context;
    // Loaded where a camera is asked: it takes a worker 2 MB.
    const { CameraMedia } = await import('../../ptz/index.ts');
    try {
      const options = { time: realTime(clock), account: this.#account, signal };
      const media = await CameraMedia.ask({ ...this.#device, request_ms: REQUEST_MS }, options);
      const profile = media.profile(params.profile);
      const urls = await media.streamUrls(profile, params.stream_port, signal);
      const { token, encoding, widthPx, heightPx } = profile;
      log.info('the camera tells where its stream is', {
        profile: token,
        encoding,
        widthPx,
        heightPx,
        notes: media.notes,
      });
      return urls;
    } catch (cause) {
      throw named(cause);
    }
  }
}

/** A fault of the camera as a fault of the source. */
export function named(cause: unknown): WindhoverError {
  const code = isRefused(cause) ? 'source_refused' : (CODES[errorCode(cause) ?? ''] ?? 'source_unreadable');
  return new WindhoverError(code, errorMessage(cause), { cause });
}

/** Nothing listens there: as `fetch` says it, in old and new versions. */
function isRefused(error: unknown): boolean {
  return error instanceof Error && /^(ECONNREFUSED|ConnectionRefused)$/.test(errorCode(error.cause) ?? '');
}
