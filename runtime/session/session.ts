/**
 * One session: a graph at work in its own process, watched over. Keeps what clients see (latest tick, open tracks,
 * figures), starts the process again when it dies, and says in one place what is wrong.
 *
 *     starting ──frames──▶ running ──source ends──▶ ended
 *        ▲  ╲                │ process dies, a node fails          any ──stop()──▶ stopped
 *        │   ╲ permanent     ▼
 *        │    ▶ failed    restarting ──backoff──┐
 *        └──────────────────────────────────────┘
 */
import type { Clock } from '../clock.ts';
import type { TrackingPhase } from '../data.ts';
import type { EngineGraph } from '../engine/engine.ts';
import type { LogEntry } from '../engine/messages.ts';
import type { ErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ClientMessage, Command } from '../node.ts';
import type { SessionState, SessionView } from './api.ts';
import { Figures } from './figures.ts';
import type { FromChild } from './messages.ts';
import { OpenTracks } from './open-tracks.ts';
import { SessionProcess } from './session-process.ts';

/** A checked graph, ready to run as often as wanted. */
export interface SessionGraph {
  /** As the user named it. */
  readonly file: string;
  readonly camera: string;
  readonly engine: EngineGraph;
}

export interface SessionServices {
  readonly clock: Clock & { readonly epochMs: number };
  readonly log: Log;
  readonly modelFolders: readonly string[];
  /** Also pass messages that are not meant for live clients. */
  readonly recording: boolean;
  /** A message for clients, or (not `live`) for the record alone. */
  readonly message: (message: ClientMessage) => void;
  /** The state has changed. */
  readonly changed: (session: Session) => void;
}

type Fault = NonNullable<SessionView['fault']>;

const RESTART_FIRST_MS = 500;
const RESTART_LONGEST_MS = 30_000;
/** A process that lived this long starts the backoff anew. */
const STABLE_MS = 30_000;
/** Loading models may take long; a process that hangs longer is started again. */
const OPEN_DEADLINE_MS = 120_000;
const STOP_DEADLINE_MS = 4000;
/** Without a new frame for this long the session is not ready. */
const STALL_MS = 5000;
const LOOK_MS = 500;

export class Session {
  readonly id: string;
  readonly graph: SessionGraph;
  readonly figures = new Figures();
  readonly #services: SessionServices;
  readonly #log: Log;
  readonly #openTracks = new OpenTracks();
  readonly #kept: Record<string, unknown> = {};
  readonly #startedUnixMs: number;
  readonly #timer: ReturnType<typeof setInterval>;
  #process: SessionProcess | undefined;
  #state: SessionState = 'starting';
  #fault: Fault | null = null;
  /** Faults that nodes report of themselves (a camera offline), by node id. */
  readonly #nodeFaults = new Map<string, Fault>();
  #error: ErrorRecord | undefined;
  #finished = false;
  #restarts = 0;
  #attempt = 0;
  #processStartMs = 0;
  #lastFrameMs = 0;
  #restartTimer: ReturnType<typeof setTimeout> | undefined;
  #gone: () => void = () => undefined;
  #tick: { json: string; tsUnixMs: number; phase: TrackingPhase; targetId: number | null; tracks: number } | undefined;

  constructor(id: string, graph: SessionGraph, services: SessionServices) {
    this.id = id;
    this.graph = graph;
    this.#services = services;
    this.#log = services.log.with({ camera: graph.camera, session: id, graph: graph.file });
    this.#startedUnixMs = Math.round(services.clock.unixMs());
    this.#startProcess();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  get state(): SessionState {
    return this.#state;
  }

  /** The error that stopped the session, or restarted it last. */
  get error(): ErrorRecord | undefined {
    return this.#error;
  }

  get retainedTick(): string | undefined {
    return this.#tick?.json;
  }

  /** The session's process, while there is one. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  command(command: Command): void {
    this.#process?.send({ type: 'command', command });
  }

  /** Stops in order: tracks get their ends, then the process goes; after a deadline, by force. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#restartTimer);
    const process = this.#process;
    const wasOver = this.#isOver();
    if (!wasOver) this.#become('stopped');
    if (!process) return this.#sendMissingEnds();
    const gone = new Promise<void>((resolve) => {
      this.#gone = resolve;
    });
    process.send({ type: 'stop' });
    const force = setTimeout(() => process.kill(), STOP_DEADLINE_MS);
    await gone;
    clearTimeout(force);
  }

  view(): SessionView {
    const { clock } = this.#services;
    return {
      session_id: this.id,
      camera_id: this.graph.camera,
      ws_path: `/ws/sessions/${this.id}`,
      running: !this.#isOver(),
      selected_target_id: this.#tick?.targetId ?? null,
      tracking_phase: this.#tick?.phase ?? 'idle',
      last_tick_ts_unix_ms: this.#tick?.tsUnixMs ?? null,
      state: this.#state,
      fault: this.fault(),
      started_unix_ms: this.#startedUnixMs,
      restarts: this.#restarts,
      frames: this.figures.frames(),
      fps: this.figures.fps(clock.monoMs()),
      latency_ms: this.figures.latency(),
      tracks: this.#tick?.tracks ?? 0,
      progress: this.figures.progress(),
      nodes: this.#nodeViews(),
    };
  }

  #nodeViews(): SessionView['nodes'] {
    const shown = (value: number | string) => (typeof value === 'string' ? this.#log.redact(value) : value);
    return Object.fromEntries(
      Object.entries(this.figures.nodes()).map(([node, stats]) => [
        node,
        Object.fromEntries(Object.entries(stats).map(([name, value]) => [name, shown(value)])),
      ]),
    );
  }

  /** Why the session delivers no frames, if so. */
  fault(): Fault | null {
    if (this.#state === 'ended' || this.#state === 'stopped') return null;
    if (this.#fault) return this.#fault;
    for (const fault of this.#nodeFaults.values()) return fault;
    if (this.#state !== 'starting') return null;
    return { code: 'starting', message: 'no frame yet', since_unix_ms: this.#startedUnixMs };
  }

  // ------------------------------------------------------------------------------------------------------ process

  #startProcess(): void {
    const { clock, modelFolders, recording } = this.#services;
    this.#finished = false;
    this.#nodeFaults.clear();
    this.figures.processStarted();
    this.#processStartMs = clock.monoMs();
    this.#lastFrameMs = this.#processStartMs;
    const { file, camera, engine } = this.graph;
    const options = {
      file,
      camera,
      modelFolders,
      recording,
      pace: engine.pace,
      sessionId: this.id,
      clockEpochMs: clock.epochMs,
    };
    this.#process = new SessionProcess({ graph: engine, options, kept: this.#kept }, clock, {
      message: (message) => this.#receive(message),
      output: (line) => this.#log.warn(line, { code: 'native_output' }),
      exited: (how) => this.#exited(how),
    });
  }

  #receive(message: FromChild): void {
    switch (message.type) {
      case 'client':
        this.#client(message.message);
        break;
      case 'stats':
        this.#stats(message.nodes);
        break;
      case 'log':
        this.#logEntry(message.entry);
        break;
      case 'fault':
        this.#nodeFault(message.node, message.fault);
        break;
      case 'keep':
        this.#kept[message.node] = message.state;
        break;
      case 'failed':
        this.#failed(message.error);
        break;
      case 'done':
        this.#finished = true;
    }
  }

  #client(message: ClientMessage): void {
    const { topic, json, live, frame } = message;
    if (topic === 'event') this.#openTracks.note(json);
    else if (live) {
      if (frame) this.figures.tick(frame.inferenceMs, this.#services.clock.monoMs() - frame.decodedMonoMs);
      const tick = JSON.parse(json);
      this.#tick = {
        json,
        tsUnixMs: tick.ts_unix_ms,
        phase: tick.tracking_phase,
        targetId: tick.selected_target_id,
        tracks: tick.tracks.length,
      };
    }
    this.#services.message(message);
  }

  #stats(nodes: Extract<FromChild, { type: 'stats' }>['nodes']): void {
    const nowMs = this.#services.clock.monoMs();
    const before = this.figures.frames().processed;
    this.figures.update(nodes, nowMs);
    if (this.figures.frames().processed === before) return;
    this.#lastFrameMs = nowMs;
    if (this.#fault) this.#log.info('frames flow again');
    this.#fault = null;
    if (this.#state === 'starting' || this.#state === 'restarting') this.#become('running');
  }

  #failed(error: ErrorRecord): void {
    this.#error = error;
    const { code, message, node, at, stack } = error;
    const unknown = code === 'node_failed' || code === 'unexpected' || code === 'session_crashed';
    this.#log.error(message, {
      code,
      ...(node ? { node } : {}),
      ...(at ? { at } : {}),
      ...(unknown && stack ? { stack } : {}),
    });
    this.#setFault(code, `${node ? `node ${node}: ` : ''}${message}${at ? ` (${at})` : ''}`);
  }

  #exited(how: string): void {
    this.#process = undefined;
    this.figures.processEnded();
    this.#sendMissingEnds();
    this.#nodeFaults.clear();
    if (this.#state !== 'stopped') this.#afterExit(how);
    this.#gone();
  }

  #afterExit(how: string): void {
    if (this.#error?.permanent || (this.#finished && !this.#error)) {
      this.#become(this.#error ? 'failed' : 'ended');
      return;
    }
    if (!this.#error) {
      this.#log.error(`the session's process died: ${how}`, { code: 'session_process_died' });
      this.#setFault('session_process_died', `the session's process died (${how}); it is being started again`);
    }
    this.#restart();
  }

  #restart(): void {
    const livedMs = this.#services.clock.monoMs() - this.#processStartMs;
    this.#attempt = livedMs > STABLE_MS ? 0 : this.#attempt + 1;
    const waitMs = Math.min(RESTART_LONGEST_MS, RESTART_FIRST_MS * 2 ** Math.max(0, this.#attempt - 1));
    this.#restarts += 1;
    this.#error = undefined;
    this.#become('restarting');
    this.#log.info('starting the session again', { in_ms: waitMs, restarts: this.#restarts });
    this.#restartTimer = setTimeout(() => this.#startProcess(), waitMs);
  }

  // ----------------------------------------------------------------------------------------------------- watching

  #look(): void {
    if (!this.#process || this.#isOver()) return;
    const quietMs = this.#services.clock.monoMs() - this.#lastFrameMs;
    if (this.#state === 'running' && quietMs > STALL_MS && !this.#fault && this.#nodeFaults.size === 0) {
      this.#setFault('no_frames', 'no frame was processed for 5 seconds');
      this.#log.warn('no frame was processed for 5 seconds', { code: 'no_frames' });
    }
    const opening = Object.keys(this.figures.nodes()).length === 0;
    if (opening && this.#services.clock.monoMs() - this.#processStartMs > OPEN_DEADLINE_MS) this.#process.kill();
  }

  #nodeFault(node: string, fault: { code: string; message: string } | null): void {
    const before = this.#nodeFaults.get(node);
    if (!fault) {
      this.#nodeFaults.delete(node);
      if (before) this.#log.info('works again', { node });
      return;
    }
    // Once: a camera that stays away is not news every few seconds.
    if (before?.code === fault.code && before.message === this.#log.redact(fault.message)) return;
    const message = this.#log.redact(fault.message);
    this.#nodeFaults.set(node, {
      ...fault,
      message,
      since_unix_ms: before?.since_unix_ms ?? Math.round(this.#services.clock.unixMs()),
    });
    this.#log.warn(fault.message, { node, code: fault.code });
  }

  #logEntry({ level, node, message, fields }: LogEntry): void {
    this.#log[level](message, { ...(node ? { node } : {}), ...fields });
  }

  #setFault(code: string, message: string): void {
    const since = this.#fault?.since_unix_ms ?? Math.round(this.#services.clock.unixMs());
    this.#fault = { code, message: this.#log.redact(message), since_unix_ms: since };
  }

  #sendMissingEnds(): void {
    const nowUnixMs = Math.round(this.#services.clock.unixMs());
    const lastSeenUnixMs = this.#tick?.tsUnixMs ?? nowUnixMs;
    for (const json of this.#openTracks.endAll(nowUnixMs, lastSeenUnixMs)) {
      this.#services.message({ topic: 'event', json, live: true });
    }
  }

  #become(state: SessionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#services.changed(this);
  }

  #isOver(): boolean {
    return this.#state === 'ended' || this.#state === 'failed' || this.#state === 'stopped';
  }
}
