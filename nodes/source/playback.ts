/** The source at work: open, play, reconnect. First connect and reconnect are the same path. */
import { existsSync, statSync } from 'node:fs';
import { Account, realTime } from '../../ptz/accounts.ts';
import { errorCode, errorMessage, sleep, WindhoverError } from '../../runtime/node.ts';
import { type Address, accountOf, addressOf } from './address.ts';
import { CameraStream, named } from './camera-stream.ts';
import type { SourceContext } from './clock-report.ts';
import { Film } from './film.ts';
import { Live } from './live.ts';
import { STANDARD_INPUT } from './local.ts';
import { MediaInput, type OpenOptions } from './media-input.ts';
import { noMetadata } from './metadata-track.ts';

/** From one request for a snapshot to the next. */
const SNAPSHOT_EVERY_MS = 500;
/** Faults that pass when the other side goes on. */
const PAUSES: readonly string[] = ['source_stalled', 'source_timeout'];

export class Playback {
  readonly #context: SourceContext;
  readonly #address: Address;
  /** Undefined: the address is the stream's own. */
  readonly #camera: CameraStream | undefined;
  readonly #film: Film;
  readonly #live: Live;
  readonly #account: Account;
  /** The last login was accepted, or none was asked for. */
  #isLoggedIn = false;
  #generation = 0;

  constructor(context: SourceContext) {
    this.#context = context;
    this.#address = addressOf(context.params);
    this.#account = new Account(accountOf(context.params), realTime(context.clock));
    this.#camera = CameraStream.of(context, this.#account);
    this.#film = new Film(context, this.#address);
    this.#live = new Live(context, this.#address.kind === 'web');
  }

  /** Loads WebRTC where it is used, while other nodes open. */
  async load(): Promise<void> {
    if (this.#address.kind === 'whep') await import('./whep/whep-input.ts');
  }

  /** Plays until the media ends or the run is aborted. @throws WindhoverError (permanent) when a file can't be played */
  async run(signal: AbortSignal): Promise<void> {
    const { kind, name } = this.#address;
    if (kind === 'file') return this.#playFile(signal);
    await this.#context.retry(name, signal, async (connected) => {
      await this.#awaitLogin(signal);
      if (kind === 'pipe') return this.#playPipe(signal, connected);
      if (signal.aborted || (await this.#play(signal, connected))) return;
      throw new WindhoverError('source_lost', 'the stream ended');
    });
  }

  async #playFile(signal: AbortSignal): Promise<void> {
    const { url, format } = this.#address;
    if (url !== STANDARD_INPUT && format !== 'image2') refuseMissingFile(url);
    try {
      await this.#play(signal, () => undefined);
    } catch (cause) {
      if (signal.aborted) return;
      const hasNoPictures = format === 'image2' && errorCode(cause) === 'source_no_video';
      throw this.#final(hasNoPictures ? new WindhoverError('source_not_found', 'no file has such a name') : cause);
    }
  }

  /** It cannot be opened again: only a pause may end. */
  async #playPipe(signal: AbortSignal, connected: () => void): Promise<void> {
    try {
      await this.#play(signal, connected);
    } catch (cause) {
      throw PAUSES.includes(errorCode(cause) ?? '') ? cause : this.#final(cause);
    }
  }

  /** What is wrong with a file stays wrong. */
  #final(cause: unknown): WindhoverError {
    const code = errorCode(cause) ?? 'source_failed';
    return new WindhoverError(code, `${this.#address.name}: ${errorMessage(cause)}`, { permanent: true, cause });
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
      if (input.isFinite) await this.#context.emit.metadata(noMetadata(this.#context));
      if (input.isFinite) await this.#film.play(input, { open, generation, signal, connected });
      const isOver = input.isFinite || (await this.#live.play(input, generation(), signal, connected));
      if (input.isSnapshot) return 'snapshot';
      return isOver || signal.aborted ? 'over' : 'broken';
    } catch (error) {
      if (PAUSES.includes(errorCode(error) ?? '')) this.#context.count('stalls');
      throw error;
    } finally {
      await input.close();
    }
  }

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
    const attempt = () => this.#attempt(() => open(address, { stream, timeoutS, signal }), address.name);
    if (this.#isLoggedIn || !this.#account.hasLogin) return await attempt();
    return await this.#account.turn(async () => {
      this.#refuseEarly();
      return await attempt();
    }, signal);
  }

  async #attempt<Input>(open: () => Promise<Input>, name: string): Promise<Input> {
    try {
      const input = await open();
      this.#account.policy.accepted();
      this.#isLoggedIn = true;
      this.#context.gauge('url', name);
      return input;
    } catch (error) {
      const isRefused = errorCode(error) === 'source_login';
      this.#isLoggedIn &&= !isRefused;
      const known = isRefused ? this.#refused(error) : error;
      this.#camera?.failed();
      throw known;
    }
  }

  /** Another node may have been refused meanwhile. */
  #refuseEarly(): void {
    try {
      this.#account.policy.check(this.#context.clock.monoMs());
    } catch (error) {
      throw named(error);
    }
  }

  #refused(cause: unknown): unknown {
    this.#account.policy.refused(this.#context.clock.monoMs());
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
    return (this.#account.policy.nextTryMs(nowMs) ?? nowMs) - nowMs;
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
