/** The source at work: open, play, reconnect. First connect and reconnect are the same path. */
import { existsSync, statSync } from 'node:fs';
import { LoginPolicy } from '../../ptz/index.ts';
import { errorCode, errorMessage, sleep, WindhoverError } from '../../runtime/node.ts';
import { type Address, addressOf } from './address.ts';
import { CameraStream } from './camera-stream.ts';
import type { SourceContext } from './clock-report.ts';
import { Film } from './film.ts';
import { Live } from './live.ts';
import { MediaInput, type OpenOptions } from './media-input.ts';

/** From one request for a snapshot to the next. */
const SNAPSHOT_EVERY_MS = 500;

export class Playback {
  readonly #context: SourceContext;
  readonly #address: Address;
  /** Undefined: the address is the stream's own. */
  readonly #camera: CameraStream | undefined;
  readonly #film: Film;
  readonly #live: Live;
  readonly #logins = new LoginPolicy();
  #generation = 0;

  constructor(context: SourceContext) {
    this.#context = context;
    this.#address = addressOf(context.params);
    this.#camera = CameraStream.of(context, this.#logins);
    this.#film = new Film(context, this.#address);
    this.#live = new Live(context);
  }

  /** Plays until the media ends or the run is aborted. @throws WindhoverError (permanent) when a file can't be played */
  async run(signal: AbortSignal): Promise<void> {
    const { kind, name } = this.#address;
    if (kind === 'file') return this.#playFile(signal);
    await this.#context.retry(name, signal, async (connected) => {
      await this.#awaitLogin(signal);
      if (signal.aborted || (await this.#play(signal, connected))) return;
      throw new WindhoverError('source_lost', 'the stream ended');
    });
  }

  /** What is wrong with a file stays wrong. */
  async #playFile(signal: AbortSignal): Promise<void> {
    const { url, name } = this.#address;
    refuseMissingFile(url);
    try {
      await this.#play(signal, () => undefined);
    } catch (cause) {
      if (signal.aborted) return;
      const code = errorCode(cause) ?? 'source_failed';
      throw new WindhoverError(code, `${name}: ${errorMessage(cause)}`, { permanent: true, cause });
    }
  }

  /** Returns true when there is nothing more to play. */
  async #play(signal: AbortSignal, connected: () => void): Promise<boolean> {
    while (true) {
      const askedMs = this.#context.clock.monoMs();
      const result = await this.#connect(signal, connected);
      if (result !== 'snapshot' || signal.aborted) return result !== 'broken';
      await sleep(askedMs + SNAPSHOT_EVERY_MS - this.#context.clock.monoMs(), signal);
    }
  }

  /** One connection. `snapshot`: the camera gives another picture when it is asked again. */
  async #connect(signal: AbortSignal, connected: () => void): Promise<'over' | 'broken' | 'snapshot'> {
    const open = () => this.#open((address, options) => MediaInput.open(address, options), signal);
    const input = this.#address.kind === 'whep' ? await this.#openWhep(signal) : await open();
    try {
      const generation = () => ++this.#generation;
      if (input.isFinite) await this.#film.play(input, { open, generation, signal, connected });
      else await this.#live.play(input, generation(), signal, connected);
      if (input.isSnapshot) return 'snapshot';
      return input.isFinite || signal.aborted ? 'over' : 'broken';
    } finally {
      await input.close();
    }
  }

  /** WebRTC is loaded only where it is used. */
  async #openWhep(signal: AbortSignal) {
    const { WhepInput } = await import('./whep/whep-input.ts');
    const { params, count } = this.#context;
    return this.#open(({ url }, options) => WhepInput.open(url, { ...params, ...options, count }), signal);
  }

  async #open<Input>(
    open: (address: Address, options: OpenOptions) => Promise<Input>,
    signal: AbortSignal,
  ): Promise<Input> {
    const { stream, open_timeout_s: timeoutS } = this.#context.params;
    const address = (await this.#camera?.address(signal)) ?? this.#address;
    try {
      const input = await open(address, { stream, timeoutS, signal });
      this.#logins.accepted();
      this.#context.gauge('url', address.name);
      return input;
    } catch (error) {
      const known = errorCode(error) === 'source_login' ? this.#refused(error) : error;
      this.#camera?.failed();
      throw known;
    }
  }

  #refused(cause: unknown): unknown {
    this.#logins.refused(this.#context.clock.monoMs());
    const waitMs = this.#loginWaitMs();
    if (waitMs === 0) return cause;
    const next = `the next attempt is in ${Math.round(waitMs / 1000)} s, so that the account is not locked`;
    return new WindhoverError('source_login', `${errorMessage(cause)}; ${next}`, { cause });
  }

  /** Cameras lock an account after a few wrong logins. */
  async #awaitLogin(signal: AbortSignal): Promise<void> {
    await sleep(this.#loginWaitMs(), signal);
  }

  #loginWaitMs(): number {
    const nowMs = this.#context.clock.monoMs();
    return (this.#logins.nextTryMs(nowMs) ?? nowMs) - nowMs;
  }
}

function refuseMissingFile(path: string): void {
  if (!existsSync(path)) {
    throw new WindhoverError('source_not_found', `${path}: no such file`, {
      hint: 'paths in a graph are relative to the graph file, those in --set to the working folder',
      permanent: true,
    });
  }
  if (statSync(path).isDirectory()) {
    throw new WindhoverError('source_unreadable', path, {
      expected: 'a video file',
      got: 'a folder',
      permanent: true,
    });
  }
}
