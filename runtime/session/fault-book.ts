/** The current faults of a session: its own and those of its nodes. Each is logged once. */
import { type Clock, WallTime } from '../clock.ts';
import type { ErrorRecord } from '../errors.ts';
import type { Log } from '../log.ts';
import type { NodeFault } from '../node.ts';
import type { SessionView } from './api.ts';

export type Fault = NonNullable<SessionView['fault']>;
interface Noted extends NodeFault {
  readonly sinceMs: number;
  /** The node can work again: it is over when a frame was processed that came after so many. */
  readonly overAfter?: number;
}

/** What follows from a fault that is not known. */
const NO_FRAMES = 'no_frames';
/** Errors without their own code come from the code of a node: its author needs the stack. */
const WITH_STACK = new Set(['node_failed', 'unexpected', 'session_crashed']);

export class FaultBook {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #wall: WallTime;
  readonly #ofNodes = new Map<string, Noted>();
  #own: Noted | null = null;
  /** The process is ending for its fault: frames that come out of it yet mend nothing. */
  #isEnding = false;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
    this.#wall = new WallTime(clock);
  }

  /** The fault to show, if any. */
  get current(): Fault | null {
    const ofNodes = [...this.#ofNodes.values()].filter(({ isWarning }) => !isWarning);
    const fault = this.#own ?? ofNodes.find(({ overAfter }) => overAfter === undefined) ?? ofNodes[0];
    return fault ? this.#shown(fault) : null;
  }

  /** What is wrong though frames flow, by node. */
  get warnings(): (readonly [node: string, Fault])[] {
    return [...this.#ofNodes].flatMap(([node, noted]) =>
      noted.isWarning ? [[node, this.#shown(noted)] as const] : [],
    );
  }

  /** No frame was processed for so long. It is a fault if no other one says why. */
  noFrames(seconds: number): void {
    if (this.current) return;
    const message = `no frame was processed for ${seconds} seconds`;
    this.#log.warn(message, { code: NO_FRAMES });
    this.#set(NO_FRAMES, message);
  }

  /**
   * Logs an error that ends the session process, and makes it the fault.
   * @param places `file:line:column` of each node in the graph file: shown when the error names no place in the node's
   * code
   */
  failed({ code, message, node, stack, ...error }: ErrorRecord, places: ReadonlyMap<string, string> = new Map()): void {
    const at = error.at ?? (node === undefined ? undefined : places.get(node));
    const where = { ...(node ? { node } : {}), ...(at ? { at } : {}) };
    this.#log.error(message, { code, ...where, ...(stack && WITH_STACK.has(code) ? { stack } : {}) });
    this.#isEnding = true;
    this.#set(code, `${node ? `node ${node}: ` : ''}${message}${at ? ` (${at})` : ''}`);
  }

  /** Logs that the process has died by itself, and makes it the fault. */
  died(how: string): void {
    const [code, message] = ['session_process_died', `the session process died: ${how}`];
    this.#log.error(message, { code });
    this.#set(code, message);
  }

  /** Logs the reason of a kill. It becomes the fault, unless there is an earlier one that says more. */
  killed({ code, message }: ErrorRecord): void {
    this.#log.error(message, { code });
    if (!this.current || this.current.code === NO_FRAMES) this.#set(code, message);
  }

  /** Frames flow. @param settled so many of this process are processed, or dropped before one that is */
  flowing(settled: number): void {
    for (const [node, { overAfter = Number.POSITIVE_INFINITY }] of this.#ofNodes) {
      if (settled > overAfter) this.#over(node);
    }
    if (this.#isEnding) return;
    if (this.#own) this.#log.info('frames are delivered again', { after: this.#own.code });
    this.#own = null;
  }

  /** These nodes are gone: their faults are removed. Without any, the process is. */
  forget(nodes?: Iterable<string>): void {
    if (!nodes) this.#isEnding = false;
    for (const node of nodes ?? [...this.#ofNodes.keys()]) this.#ofNodes.delete(node);
    // Nodes that have taken their place count anew.
    for (const [node, noted] of this.#ofNodes) {
      if (noted.overAfter !== undefined) this.#ofNodes.set(node, { ...noted, overAfter: 0 });
    }
  }

  /**
   * A node cannot work (a camera is offline); null: it can again. That it can is believed when a frame was processed.
   * @param decoded frames of this process by now
   */
  ofNode(node: string, fault: NodeFault | null, decoded: number): void {
    const before = this.#ofNodes.get(node);
    if (!fault) {
      if (before?.isWarning) this.#over(node);
      else if (before) this.#ofNodes.set(node, { overAfter: decoded, ...before });
      return;
    }
    const message = this.#log.redact(fault.message);
    // Once: a camera that stays offline is not logged every few seconds. A worker that exits once more is.
    const isKnown = before?.code === fault.code && before.message === message && before.overAfter === undefined;
    const sinceMs = before?.sinceMs ?? this.#clock.monoMs();
    this.#ofNodes.set(node, { ...fault, message, sinceMs });
    if (!isKnown) this.#log.warn(message, { node, code: fault.code });
  }

  #over(node: string): void {
    this.#ofNodes.delete(node);
    this.#log.info('the fault is over', { node });
  }

  #shown({ code, message, sinceMs }: Noted): Fault {
    return { code, message, since_unix_ms: Math.round(this.#wall.at(sinceMs)) };
  }

  /** Notes a fault of the session itself; a fault that follows another keeps its time. */
  #set(code: string, message: string): void {
    this.#own = { code, message: this.#log.redact(message), sinceMs: this.#own?.sinceMs ?? this.#clock.monoMs() };
  }
}
