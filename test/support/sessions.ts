/** One session on the real code path (its own process and workers), without a server in front. */

import { builtinNodes } from '../../nodes/index.ts';
import { sessionGraph } from '../../runtime/catalog/session-graph.ts';
import { modelFolders } from '../../runtime/cli/command.ts';
import { SystemClock } from '../../runtime/clock.ts';
import type { TraceRate } from '../../runtime/engine/messages.ts';
import { formatFault } from '../../runtime/graph/faults.ts';
import { loadGraph } from '../../runtime/graph/load.ts';
import type { Message, Subscriber } from '../../runtime/hub/message.ts';
import { createLog } from '../../runtime/log.ts';
import type { GraphView, SessionState, SessionView } from '../../runtime/session/api.ts';
import type { Changed, SessionGraph } from '../../runtime/session/changes.ts';
import type { Session } from '../../runtime/session/session.ts';
import { SessionSet } from '../../runtime/session/session-set.ts';
import { ROOT } from './command.ts';
import { Folder } from './graphs.ts';
import { PATIENCE_MS, until } from './patience.ts';

export interface TestSessionOptions {
  /** Also messages that are not for live clients. */
  readonly record?: boolean;
  readonly env?: Record<string, string>;
  /** Frames that are traced. */
  readonly traces?: TraceRate;
}

/** A subscriber that hands on one message after the other. */
export function collector(take: (message: Message) => void, isRecord = false): Subscriber {
  const deliver = (batch: readonly Message[]) => {
    batch.forEach(take);
    return 'ok' as const;
  };
  return { isRecord, maxQueuedChars: Number.POSITIVE_INFINITY, deliver };
}

export class TestSession implements AsyncDisposable {
  readonly log: Record<string, unknown>[] = [];
  readonly states: SessionState[] = [];
  readonly #folder = new Folder();
  readonly #recorded: string[] = [];
  #set: SessionSet | undefined;
  #session: Session | undefined;
  #id = '';

  private constructor() {}

  /** Checks the graph and starts it. @throws when the graph has faults */
  static async start(text: string, options: TestSessionOptions = {}): Promise<TestSession> {
    const test = new TestSession();
    const graph = await test.#check(text, options.env);
    const set = new SessionSet({
      graphs: [graph],
      clock: new SystemClock(),
      log: createLog({ write: (line) => test.log.push(JSON.parse(line)), pretty: false }),
      modelFolders: modelFolders({ root: ROOT, cwd: ROOT }),
      recording: options.record ?? false,
      ...(options.traces ? { traces: options.traces } : {}),
      changed: (view, session) => {
        test.#session = session;
        test.states.push(view.state);
      },
    });
    test.#set = set;
    if (options.record) set.hub.subscribe(collector(({ json }) => void test.#recorded.push(json), true));
    test.#id = set.create().view.session_id;
    return test;
  }

  /** What the record holds, with what the hub still had for it. */
  get recorded(): readonly string[] {
    this.set.hub.flush();
    return this.#recorded;
  }

  get view(): SessionView {
    const view = this.#set?.get(this.#id);
    if (!view) throw new Error('no session');
    return view;
  }

  /** The graph that it runs. */
  get graph(): GraphView {
    const graph = this.set.graph(this.#id);
    if (!graph) throw new Error('no session');
    return graph;
  }

  /** Checks another graph for the camera and has the session run it. @throws why it was refused */
  async change(text: string): Promise<Changed> {
    const graph = await this.#check(text);
    return this.set.change(graph.camera, graph);
  }

  /** What one of its nodes counted. */
  node(id: string): Readonly<Record<string, number | string>> {
    return this.view.nodes[id] ?? {};
  }

  get set(): SessionSet {
    if (!this.#set) throw new Error('not started');
    return this.#set;
  }

  /** The session's process; known once its state has changed for the first time. */
  get pid(): number | undefined {
    return this.#session?.pid;
  }

  /** Waits for a state. */
  async state(wanted: SessionState): Promise<SessionView> {
    await until(`state ${wanted}`, () => this.view.state === wanted, PATIENCE_MS).catch((error: Error) => {
      const { state, fault } = this.view;
      throw new Error(`${error.message}; it is ${state}, ${fault?.message}\n${JSON.stringify(this.log.at(-1))}`);
    });
    return this.view;
  }

  async until(what: string, holds: (view: SessionView) => boolean): Promise<SessionView> {
    await until(what, () => holds(this.view), PATIENCE_MS);
    return this.view;
  }

  /** Asks a node, again and again while none can be reached, as a client would. @throws what it answers instead */
  async ask(name: string, params: object): Promise<unknown> {
    while (true) {
      const outcome = await this.set.request(this.#id, name, params);
      if (!('error' in outcome)) return outcome.result;
      if (outcome.error.code !== 'request_timeout') throw new Error(`${name}: ${outcome.error.message}`);
    }
  }

  async stop(): Promise<SessionView> {
    await this.set.stopAll();
    return this.view;
  }

  async #check(text: string, env: Record<string, string> = {}): Promise<SessionGraph> {
    const file = this.#folder.write('graph.yaml', text);
    const { graph, faults } = await loadGraph(file, {
      builtins: builtinNodes,
      env,
      sets: [],
      cwd: this.#folder.path,
      prepare: { modelFolders: modelFolders({ root: ROOT, cwd: ROOT }) },
    });
    if (!graph) throw new Error(faults.map(formatFault).join('\n'));
    return sessionGraph(graph);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#set?.stopAll();
    this.#folder[Symbol.dispose]();
  }
}
