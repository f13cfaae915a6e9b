/** A real service on live streams, as its clients see it. */
import type { Readiness, SessionView } from '../../runtime/session/api.ts';
import type { MetadataTick, TrackEvent } from '../../schemas/index.ts';
import { RunningCommand } from '../support/command.ts';
import { Folder, graphText } from '../support/graphs.ts';
import { until } from '../support/patience.ts';
import type { Shown } from './clock-detect.ts';

/** Of the topic `clock`. */
interface ClockState {
  readonly type: 'clock_state';
  readonly basis: string;
  readonly error_ms: number;
}

/** A tick, and when the picture that it is about was taken. */
export interface TimedTick {
  readonly receivedMs: number;
  readonly takenMs: number;
  readonly claimedMs: number;
  /** Of the clock topic at that time: what the claim comes from, and how much it is off at most. */
  readonly basis: string;
  readonly claimedErrorMs: number;
}

/** `bun run serve` with a graph for each camera, whose pictures are those of the live peers. */
export class LiveService implements AsyncDisposable {
  readonly #command: RunningCommand;
  readonly #folder: Folder;
  readonly #url: string;

  private constructor(command: RunningCommand, folder: Folder, url: string) {
    this.#command = command;
    this.#folder = folder;
    this.#url = url;
  }

  /**
   * @param cameras options of their sources, by name
   * @param options of the nodes after it
   */
  static async start(
    cameras: Readonly<Record<string, object>>,
    { track = {}, publish = {} }: { readonly track?: object; readonly publish?: object } = {},
  ): Promise<LiveService> {
    const folder = new Folder();
    for (const [name, params] of Object.entries(cameras)) {
      const graph = graphText(
        {
          source: JSON.stringify({ use: 'source', with: params }),
          decode: '{ use: decode, from: source }',
          detect: `{ use: ${import.meta.dir}/clock-detect.ts, from: decode }`,
          track: JSON.stringify({ use: 'track', from: 'detect', with: track }),
          publish: JSON.stringify({ use: 'publish', from: 'track', with: { hz: 1000, ...publish } }),
        },
        name,
      );
      folder.write(`${name}.yaml`, graph);
    }
    const command = new RunningCommand(['serve', folder.path, '--port', '0']);
    return new LiveService(command, folder, await command.url());
  }

  /** Starts a camera's session and listens to it. */
  async watch(camera: string): Promise<LiveClient> {
    const startedMs = Date.now();
    const answer = await fetch(`${this.#url}/sessions`, {
      method: 'POST',
      body: JSON.stringify({ camera_id: camera }),
    });
    const { session_id } = (await answer.json()) as SessionView;
    return LiveClient.open(this.#url, session_id, startedMs);
  }

  async readiness(): Promise<Readiness> {
    return (await (await fetch(`${this.#url}/readyz`)).json()) as Readiness;
  }

  /** Warnings and errors of one session. */
  complaints(session: string): Record<string, unknown>[] {
    return this.#command.log().filter((entry) => entry.session === session && entry.level !== 'info');
  }

  /** Process ids of the sessions. */
  get processes(): number[] {
    return this.#command.sessions;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#command[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

/** A WebSocket client of one session. */
export class LiveClient implements AsyncDisposable {
  readonly session: string;
  /** When the session was asked for, Unix time. */
  readonly startedMs: number;
  readonly ticks: TimedTick[] = [];
  readonly events: TrackEvent[] = [];
  clock: ClockState | undefined;
  readonly #url: string;
  readonly #socket: WebSocket;
  readonly #takenMs = new Map<number, number>();

  private constructor(url: string, session: string, startedMs: number) {
    this.#url = `${url}/sessions/${session}`;
    this.session = session;
    this.startedMs = startedMs;
    const topics = 'shown,tick,tracks,clock';
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/ws/sessions/${session}?topics=${topics}`);
    this.#socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)));
  }

  static async open(url: string, session: string, startedMs: number): Promise<LiveClient> {
    const client = new LiveClient(url, session, startedMs);
    await until('WebSocket open', () => client.#socket.readyState === WebSocket.OPEN);
    return client;
  }

  async view(): Promise<SessionView> {
    return (await (await fetch(this.#url)).json()) as SessionView;
  }

  /** Looks at the session until it is so. */
  async until(what: string, holds: (view: SessionView) => boolean): Promise<SessionView> {
    let view = await this.view();
    await until(what, async () => {
      if (holds(view)) return true;
      await Bun.sleep(20);
      view = await this.view();
      return holds(view);
    });
    return view;
  }

  /** Waits until ticks about so many more pictures are here. */
  async more(ticks: number): Promise<void> {
    const wanted = this.ticks.length + ticks;
    await until(`${ticks} more ticks`, () => this.ticks.length >= wanted);
  }

  /** How often each track was announced, and how often it ended. */
  lives(): { readonly id: number; readonly began: number; readonly ended: number }[] {
    const ids = [...new Set(this.events.map(({ after }) => after.id))];
    const count = (id: number, kind: string) =>
      this.events.filter(({ event, after }) => event === kind && after.id === id).length;
    return ids.map((id) => ({ id, began: count(id, 'new'), ended: count(id, 'end') }));
  }

  /** How often connecting has failed. */
  async tries(): Promise<number> {
    return Number((await this.view()).nodes.source?.reconnects ?? 0);
  }

  /** Ends the session. */
  async stop(): Promise<void> {
    await fetch(this.#url, { method: 'DELETE' });
  }

  close(): void {
    this.#socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.close();
  }

  #take(message: Shown | MetadataTick | TrackEvent | ClockState): void {
    if (message.type === 'clock_state') this.clock = message;
    else if (message.type === 'track_event') this.events.push(message);
    else if (message.type === 'shown') this.#takenMs.set(message.frame_index, message.taken_unix_ms);
    else this.#tick(message);
  }

  #tick({ frame_index, ts_unix_ms }: MetadataTick): void {
    const takenMs = this.#takenMs.get(frame_index ?? -1);
    // While no frames come, the last one is told of once more.
    if (takenMs === undefined) return;
    this.#takenMs.clear();
    this.ticks.push({
      receivedMs: Date.now(),
      takenMs,
      claimedMs: ts_unix_ms,
      basis: this.clock?.basis ?? '',
      claimedErrorMs: this.clock?.error_ms ?? Number.NaN,
    });
  }
}
