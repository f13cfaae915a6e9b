/**
 * `connect`: the feed of one camera, or of one session. It keeps a WebSocket open, tries again with growing, random pauses,
 * and says at any time how things stand. Of a server's URL it finds the camera itself, and goes on with each session that
 * the camera has. After a lost connection the server sends the events that were missed.
 */
import type { ConnectOptions, Feed, FeedMessages, FeedState } from './api.ts';
import { Backoff } from './backoff.ts';
import { CommandQueue } from './commands.ts';
import { ServerClock } from './frame-clock.ts';
import { TickHistory } from './history.ts';
import type { Moment, Point } from './shapes.ts';
import type { Ack, Command, MetadataTick } from './wire.ts';

const TOPICS = ['tick', 'tracks', 'ptz', 'autotrack', 'clock'];
/** Which listeners a message is for, by its `type`. */
const KINDS: Readonly<Record<string, keyof FeedMessages>> = {
  metadata_tick: 'tick',
  track_event: 'event',
  ptz_state: 'ptz',
  autotrack_state: 'autotrack',
  clock_state: 'clock',
  gap: 'gap',
};
/** Topics whose names end with `/state` on `/ws`. */
const STATES = ['ptz', 'autotrack', 'clock'];
const CONNECT_WITHIN_MS = 10_000;
/** In a tab that nobody sees, ticks are read no more often. */
const HIDDEN_EVERY_MS = 1000;
/** A network that has lost a connection may tell neither side. */
const DEAD_AFTER_MS = 15_000;

export function connect(url: string, options: ConnectOptions = {}): Feed {
  return new LiveFeed(new URL(url, globalThis.document?.baseURI), options);
}

type Listeners = { [K in keyof FeedMessages]?: Set<(message: FeedMessages[K]) => void> };

class LiveFeed implements Feed {
  state: FeedState = { status: 'down', why: 'connecting', sinceUnixMs: Date.now() };
  sessionId: string | null = null;
  latest: Partial<FeedMessages> = {};
  readonly #url: URL;
  readonly #options: ConnectOptions;
  readonly #listeners: Listeners = {};
  readonly #history = new TickHistory();
  readonly #backoff = new Backoff();
  readonly #commands = new CommandQueue((text) => this.#send(text));
  #clock = new ServerClock();
  #socket: WebSocket | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #staleTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #hiddenTickMs = 0;
  /** Sent first on `/ws`; undefined: a socket of one session. */
  #subscribe: { readonly session: string; readonly topics: readonly string[] } | undefined;
  /** Up to where all events are here. */
  #since: { readonly epoch: string; readonly seq: number } | undefined;

  constructor(url: URL, options: ConnectOptions) {
    this.#url = url;
    this.#options = options;
    globalThis.addEventListener?.('online', this.#now);
    void this.#open();
  }

  serverUnixMs(): number | null {
    const { aheadMs } = this.#clock;
    return aheadMs === null ? null : Date.now() - aheadMs;
  }

  at(unixMs: number): Moment {
    return this.#history.at(unixMs);
  }

  tail(trackId: number, fromUnixMs: number, toUnixMs: number): Point[] {
    return this.#history.tail(trackId, fromUnixMs, toUnixMs);
  }

  on<K extends keyof FeedMessages>(kind: K, listener: (message: FeedMessages[K]) => void): () => void {
    // One set for each kind, of listeners of that kind.
    const listeners: Set<(message: FeedMessages[K]) => void> = this.#listeners[kind] ?? new Set();
    Object.assign(this.#listeners, { [kind]: listeners });
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  select(trackId: number): Promise<Ack> {
    return this.#command({ type: 'set_target_id', target_id: trackId });
  }

  clear(): Promise<Ack> {
    return this.#command({ type: 'clear_target' });
  }

  close(): void {
    this.#isClosed = true;
    globalThis.removeEventListener?.('online', this.#now);
    clearTimeout(this.#retry);
    this.#drop('closed by this page');
  }

  #command(command: Command): Promise<Ack> {
    const session_id = this.#subscribe && (this.sessionId ?? this.#subscribe.session);
    return this.#commands.send(session_id === undefined ? command : { ...command, session_id });
  }

  #send(text: string): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  readonly #now = () => {
    if (this.#retry === undefined) return;
    clearTimeout(this.#retry);
    this.#backoff.reset();
    void this.#open();
  };

  async #open(): Promise<void> {
    this.#retry = undefined;
    try {
      const url = await this.#socketUrl();
      if (!this.#isClosed) this.#listen(url);
    } catch (error) {
      this.#again(error instanceof Error ? error.message : String(error));
    }
  }

  /** @throws Error that says in words why there is none */
  async #socketUrl(): Promise<URL> {
    const { camera, token, topics = TOPICS } = this.#options;
    let path = this.#url;
    this.#subscribe = undefined;
    if (!/\/ws\/sessions\/[^/]+$/.test(path.pathname)) {
      const headers: HeadersInit = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const signal = AbortSignal.timeout(CONNECT_WITHIN_MS);
      const answer = await fetch(new URL('sessions', folder(path)), { headers, signal }).catch(() => {
        throw new Error(`no answer from ${path.host}`);
      });
      if (!answer.ok) throw new Error(`${path.host} answers ${answer.status} ${answer.statusText}`);
      const { sessions }: { sessions: { camera_id: string; session_id: string }[] } = await answer.json();
      const found = sessions.find(({ camera_id }) => camera === undefined || camera_id === camera);
      if (!found) throw new Error(camera === undefined ? 'no session runs' : `no session runs for camera ${camera}`);
      const start = `cameras/${found.camera_id.replace(/[%/+#]/g, encodeURIComponent)}/`;
      const names = topics.map((name) => start + name + (STATES.includes(name) ? '/state' : ''));
      this.#subscribe = { session: found.session_id, topics: names };
      path = new URL('ws', folder(path));
    }
    const url = new URL(path);
    url.protocol = url.protocol.replace('http', 'ws');
    if (!this.#subscribe) url.searchParams.set('topics', topics.join(','));
    return url;
  }

  #listen(url: URL): void {
    const { token } = this.#options;
    // Browsers send no headers with a WebSocket; a token in the URL would be in logs.
    const socket = new WebSocket(url, token === undefined ? [] : ['windhover', `bearer.${token}`]);
    this.#socket = socket;
    const late = setTimeout(() => this.#lost(socket, `no answer from ${url.host}`), CONNECT_WITHIN_MS);
    socket.onopen = () => {
      clearTimeout(late);
      const topics = this.#subscribe?.topics;
      if (topics) socket.send(JSON.stringify({ type: 'subscribe', topics, hz: this.#options.hz, since: this.#since }));
      this.#setState('stale', 'connected, no tick yet');
      this.#watch();
    };
    socket.onmessage = ({ data }) => this.#message(String(data));
    socket.onclose = ({ code, reason }) => {
      clearTimeout(late);
      const isRefused = this.state.status === 'down';
      this.#lost(socket, reason || (isRefused ? `${url.host} refuses the connection` : `connection lost (${code})`));
    };
  }

  #message(text: string): void {
    // A server writes the topic and the type of a message at its start.
    const isTick = text.slice(0, 400).includes('"metadata_tick"');
    if (isTick && globalThis.document?.hidden) {
      if (performance.now() - this.#hiddenTickMs < HIDDEN_EVERY_MS) return;
      this.#hiddenTickMs = performance.now();
    }
    const received: Received = JSON.parse(text);
    const message = this.#opened(received);
    const { type } = message;
    if (type === 'subscribed') return;
    if (typeof received.message === 'string') this.#setState('stale', received.message);
    else if (type === 'ack' || type === 'error') this.#commands.reply(message);
    else this.#take(message);
  }

  #take(message: Received): void {
    const { type = '', session_id, ts_unix_ms } = message;
    if (session_id !== undefined && session_id !== this.sessionId) {
      this.sessionId = session_id;
      this.latest = {};
      this.#clock = new ServerClock();
    }
    const kind = KINDS[type] ?? 'other';
    if (ts_unix_ms !== undefined && kind !== 'event') this.#clock.observe(ts_unix_ms, Date.now());
    if (kind === 'tick') this.#ticked(message as MetadataTick);
    this.#tell(kind, message as FeedMessages[typeof kind]);
  }

  /** The message in an envelope of `/ws`; others are as they are. */
  #opened(received: Received): Received {
    const { type, epoch = this.#since?.epoch, seq, message } = received;
    const latest = type === 'subscribed' ? 0 : (this.#since?.seq ?? 0);
    if (epoch !== undefined && seq !== undefined) this.#since = { epoch, seq: Math.max(seq, latest) };
    return typeof message === 'object' ? message : received;
  }

  #ticked(tick: MetadataTick): void {
    this.#history.add(tick);
    this.#backoff.reset();
    this.#setState('live', '');
    this.#watch();
  }

  #watch(): void {
    clearTimeout(this.#staleTimer);
    const afterMs = this.#options.staleAfterMs ?? 2000;
    this.#staleTimer = setTimeout(() => {
      if (this.state.status === 'live') this.#setState('stale', `no tick for ${afterMs / 1000} s`);
      this.#staleTimer = setTimeout(() => {
        this.#forget();
        void this.#open();
      }, DEAD_AFTER_MS);
    }, afterMs);
  }

  #lost(socket: WebSocket, why: string): void {
    if (socket !== this.#socket) return;
    this.#drop(why);
    this.#again(why);
  }

  #drop(why: string): void {
    this.#forget();
    this.#setState('down', why);
  }

  #forget(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    clearTimeout(this.#staleTimer);
    this.#commands.fail();
  }

  #again(why: string): void {
    if (this.#isClosed) return;
    this.#setState('down', why);
    this.#retry = setTimeout(() => void this.#open(), this.#backoff.nextMs());
  }

  #setState(status: FeedState['status'], why: string): void {
    if (status === this.state.status && why === this.state.why) return;
    const sinceUnixMs = status === this.state.status ? this.state.sinceUnixMs : Date.now();
    this.state = { status, why, sinceUnixMs };
    this.#tell('state', this.state);
  }

  #tell<K extends keyof FeedMessages>(kind: K, message: FeedMessages[K]): void {
    this.latest[kind] = message;
    const listeners: Set<(message: FeedMessages[K]) => void> | undefined = this.#listeners[kind];
    for (const listener of listeners ?? []) {
      try {
        listener(message);
      } catch (error) {
        // One listener's fault is no reason to keep the message from the others.
        reportError(error);
      }
    }
  }
}

/** What is looked at of messages and envelopes. */
interface Received {
  readonly type?: string;
  readonly ts_unix_ms?: number;
  readonly session_id?: string;
  readonly epoch?: string;
  readonly seq?: number;
  /** In an error, words. */
  readonly message?: Received | string;
}

/** With a slash at its end, so that a server may live in a folder. */
function folder(url: URL): URL {
  const base = new URL(url);
  base.protocol = base.protocol.replace(/^ws/, 'http');
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  base.search = '';
  return base;
}
