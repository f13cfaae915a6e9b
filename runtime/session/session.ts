/**
 * One session: a graph at work in its own process. Keeps what clients see: state, latest tick, open tracks, figures,
 * and in one place what is wrong.
 *
 *     starting ──frames──▶ running ──source ends──▶ ended
 *        ▲  ╲                │ process dies, a node fails          any ──stop()──▶ stopped
 *        │   ╲ permanent     ▼
 *        │    ▶ failed    restarting ──backoff──┐
 *        └──────────────────────────────────────┘
 */
import { type Clock, WallTime } from '../clock.ts';
import { type LogEntry, type Outcome, type Published, type RunOptions, unanswered } from '../engine/messages.ts';
import type { ErrorRecord } from '../errors.ts';
import type { Hub } from '../hub/hub.ts';
import type { Log } from '../log.ts';
import type { SessionState, SessionView } from './api.ts';
import { type Changed, GraphChanges, type SessionGraph } from './changes.ts';
import { type Fault, FaultBook } from './fault-book.ts';
import { Figures } from './figures.ts';
import type { FromChild } from './messages.ts';
import { PendingRequests } from './pending-requests.ts';
import type { ProcessStart } from './session-process.ts';
import { SessionTopics } from './session-topics.ts';
import { Supervisor } from './supervisor.ts';

export interface SessionServices extends Pick<RunOptions, 'modelFolders' | 'stateFolder' | 'traces' | 'turns'> {
  readonly clock: Clock;
  readonly log: Log;
  /** A recorder is attached: also pass messages that are not meant for live clients. */
  readonly recording?: boolean;
  /** Takes the messages of the session. */
  readonly hub: Hub;
  /** The graph of a camera as it is planned now: files that it names may be others. Undefined: not to be had. */
  readonly replan?: (camera: string) => Promise<SessionGraph | undefined>;
  /** The state has changed. */
  readonly changed: (session: Session) => void;
}

/** Without a new frame for this long the session is not ready. */
const STALL_MS = 5000;
const LOOK_MS = 500;

export class Session {
  readonly id: string;
  readonly figures = new Figures();
  readonly #services: SessionServices;
  readonly #log: Log;
  readonly #supervisor: Supervisor;
  readonly #faults: FaultBook;
  readonly #topics: SessionTopics;
  /** What nodes saved for their next start, by node id. */
  readonly #kept = new Map<string, unknown>();
  readonly #startedMs: number;
  readonly #wall: WallTime;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #changes: GraphChanges;
  #state: SessionState = 'starting';
  #error: ErrorRecord | undefined;
  #restarts = 0;
  #isOpen = false;
  readonly #requests = new PendingRequests((request) => this.#supervisor.send(request));
  #lastFrameMs = 0;

  constructor(id: string, graph: SessionGraph, services: SessionServices) {
    this.id = id;
    this.#changes = new GraphChanges(graph, {
      isOver: () => this.#isOver(),
      change: (engine) => {
        if (this.#isOpen) this.#supervisor.send({ type: 'change', graph: engine });
        return this.#isOpen;
      },
      replace: () => this.#supervisor.replace(),
      took: (...left) => this.#took(...left),
    });
    this.#services = services;
    this.#wall = new WallTime(services.clock);
    this.#log = services.log.with({ camera: graph.camera, session: id, graph: graph.file });
    this.#faults = new FaultBook(this.#log, services.clock);
    this.#topics = new SessionTopics({
      ...{ sessionId: id, cameraId: graph.camera, hub: services.hub, log: this.#log, wall: this.#wall },
      topics: () => this.graph.topics,
    });
    this.#startedMs = services.clock.monoMs();
    this.#supervisor = new Supervisor(services.clock, {
      start: () => this.#processStart(),
      message: (message) => this.#receive(message),
      output: (line, from) => this.#log[from === 'stdout' ? 'info' : 'warn'](line, { code: `process_${from}` }),
      killed: (error) => this.#faults.killed(error),
      over: (how, error) => this.#over(how, error),
      restarting: (how, error, inMs) => this.#restarting(how, error, inMs),
      left: () => this.#processGone(),
      replaced: (error) => this.#changes.replaced(error),
    });
    this.#supervisor.start();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  get graph(): SessionGraph {
    return this.#changes.current;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** The error that ended the session, or made it start again last. */
  get error(): ErrorRecord | undefined {
    return this.#error;
  }

  /** The session's process, while there is one. */
  get pid(): number | undefined {
    return this.#supervisor.pid;
  }

  /** Asks the node that answers such requests; see `Sessions.request`. */
  async request(name: string, params: unknown): Promise<Outcome> {
    const isAnswered = this.graph.engine.nodes.some(({ requests }) => requests.includes(name));
    return isAnswered ? this.#requests.ask(name, params) : unanswered(name);
  }

  /**
   * Runs another graph of the same camera from now on; one change after the other.
   * @throws WindhoverError why the graph could not be opened; the one before goes on
   */
  change(graph: SessionGraph): Promise<Changed> {
    return this.#changes.change(graph);
  }

  /** Stops in order: tracks get their ends, then the process goes; after a deadline, by force. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#supervisor.stop();
  }

  view(): SessionView {
    return {
      session_id: this.id,
      camera_id: this.graph.camera,
      ws_path: `/ws/sessions/${this.id}`,
      running: !this.#isOver(),
      ...this.#topics.ofTick(),
      state: this.#state,
      fault: this.fault(),
      started_unix_ms: this.#startedUnixMs(),
      restarts: this.#restarts,
      frames: this.figures.frames(),
      fps: this.figures.fps(this.#services.clock.monoMs()),
      latency_ms: this.figures.latency(),
      progress: this.figures.progress(this.#state === 'ended'),
      nodes: this.figures.nodes((text) => this.#log.redact(text)),
    };
  }

  /** Why the session delivers no frames, if so. */
  fault(): Fault | null {
    if (this.#state === 'ended' || this.#state === 'stopped') return null;
    const fault = this.#faults.current;
    if (fault || this.#state !== 'starting') return fault;
    return { code: 'starting', message: 'no frame yet', since_unix_ms: this.#startedUnixMs() };
  }

  /** What is wrong though frames flow, by node. */
  warnings(): (readonly [node: string, Fault])[] {
    return this.#faults.warnings;
  }

  #startedUnixMs(): number {
    return Math.round(this.#wall.at(this.#startedMs));
  }

  /** Another graph has taken the place of this one: what its nodes and topics have left behind goes with them. */
  #took({ topics }: SessionGraph, leftNodes: readonly string[], leftTopics: readonly string[]): void {
    this.figures.forget(leftNodes);
    this.#faults.forget(leftNodes);
    this.#topics.nodesGone(topics, leftTopics, Math.round(this.#services.clock.unixMs()));
  }

  // ------------------------------------------------------------------------------------------- from the process

  #processStart(): ProcessStart {
    const { clock, modelFolders, recording = false, stateFolder, traces, turns } = this.#services;
    const { file, camera, engine } = this.graph;
    this.figures.processStarted();
    this.#lastFrameMs = clock.monoMs();
    const wanted = Object.fromEntries(
      Object.entries({ stateFolder, traces, turns }).filter(([, value]) => value !== undefined),
    );
    const options = { file, camera, modelFolders, ...wanted, recording, pace: engine.pace, sessionId: this.id };
    return { graph: engine, options, kept: this.#kept };
  }

  #receive(message: FromChild): void {
    switch (message.type) {
      case 'opened':
        this.#isOpen = true;
        this.#requests.opened();
        break;
      case 'reply':
        this.#requests.answered(message);
        break;
      case 'changed':
        this.#changes.changed(message.outcome);
        break;
      case 'published':
        this.#published(message.message);
        break;
      case 'trace':
        this.#topics.trace(message.trace);
        break;
      case 'stats':
        this.#stats(message);
        break;
      case 'log':
        this.#logEntry(message.entry);
        break;
      case 'fault':
        this.#faults.ofNode(message.node, message.fault, this.figures.frontier.decoded);
        break;
      case 'keep':
        this.#kept.set(message.node, message.state);
        break;
      case 'failed':
        this.#faults.failed(message.error, this.graph.places);
    }
  }

  #published(message: Published): void {
    const { live, frame } = message;
    if (live && frame) this.figures.tick(frame.inferenceMs, this.#services.clock.monoMs() - frame.decodedMonoMs);
    this.#topics.publish(message);
  }

  #stats({ nodes, measures }: Extract<FromChild, { type: 'stats' }>): void {
    const nowMs = this.#services.clock.monoMs();
    if (!this.figures.update(nodes, nowMs, measures)) return;
    this.#lastFrameMs = nowMs;
    this.#faults.flowing(this.figures.frontier.settled);
    if (this.#state === 'starting' || this.#state === 'restarting') this.#become('running');
  }

  #logEntry({ level, node, message, fields }: LogEntry): void {
    this.#log[level](message, { ...(node ? { node } : {}), ...fields });
  }

  // ------------------------------------------------------------------------------------------ from the supervisor

  #over(how: 'ended' | 'stopped' | 'failed', error: ErrorRecord | undefined): void {
    this.#changes.replaced(error ?? { code: 'session_over', message: `the session has ${how}`, permanent: true });
    this.#processGone();
    this.#error = error;
    if (this.#isOver()) return;
    this.#requests.close();
    this.#become(how);
  }

  async #restarting(how: string, error: ErrorRecord | undefined, inMs: number): Promise<void> {
    this.#processGone();
    this.#error = error;
    this.#restarts += 1;
    if (!error) this.#faults.died(how);
    this.#log.info('restarting the session', { in_ms: inMs, restarts: this.#restarts });
    this.#become('restarting');
    await this.#changes.replan(async ({ camera }) => this.#services.replan?.(camera));
  }

  /** The process is gone: sends what clients still wait for. */
  #processGone(): void {
    this.#isOpen = false;
    this.#changes.processGone();
    this.#requests.processGone();
    this.figures.processEnded();
    this.#faults.forget();
    this.#topics.processGone(Math.round(this.#services.clock.unixMs()));
  }

  // --------------------------------------------------------------------------------------------------------- state

  /** Detects a session without new frames. */
  #look(): void {
    const silentMs = this.#services.clock.monoMs() - this.#lastFrameMs;
    if (this.#state === 'running' && silentMs >= STALL_MS) this.#faults.noFrames(STALL_MS / 1000);
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
