/**
 * Finds the nodes of a graph that hang, by the pulses of their workers. A node that is slow is reported once it is slow
 * beyond doubt; one that hangs is to be replaced.
 */
import { type ErrorRecord, toRecord, WindhoverError } from '../errors.ts';
import type { Crew } from './crew.ts';
import type { EngineGraph } from './engine-graph.ts';
import type { NodeReport } from './messages.ts';
import type { Phase } from './pulse.ts';

const LOOKS_PER_S = 2;
const SLOW_AFTER_S = 10;
/** Opening may load and compile a model. */
const OPEN_HANGS_AFTER_S = 120;
const HANGS_AFTER_S = 20;

export interface HangHost {
  crews(): readonly Crew[];
  node(id: string): EngineGraph['nodes'][number] | undefined;
  report(report: NodeReport): void;
  /** @param error names the node */
  hangs(crew: Crew, error: ErrorRecord): void;
}

export class HangWatch {
  readonly #host: HangHost;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #slow = new Set<string>();

  constructor(host: HangHost) {
    this.#host = host;
    this.#timer = setInterval(() => this.#look(), 1000 / LOOKS_PER_S);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const slow = new Set<string>();
    for (const crew of this.#host.crews()) {
      if (crew.state === 'done') continue;
      crew.pulses.look();
      const hangs = crew.stuckFor((node, phase) => this.#limitS(node, phase) * LOOKS_PER_S);
      const late = hangs ? undefined : crew.stuckFor(() => SLOW_AFTER_S * LOOKS_PER_S);
      // Another fault takes the place of this one.
      if (hangs && crew.state === 'open') this.#slow.delete(hangs.node);
      if (hangs) this.#host.hangs(crew, hangError(hangs.node, hangs.phase, this.#limitS(hangs.node, hangs.phase)));
      if (late) slow.add(late.node);
      if (late && !this.#slow.has(late.node)) this.#fault(late.node, late.phase);
    }
    for (const node of this.#slow) if (!slow.has(node)) this.#host.report({ type: 'fault', node, fault: null });
    this.#slow.clear();
    for (const node of slow) this.#slow.add(node);
  }

  #limitS(node: string, phase: Phase): number {
    const { open = OPEN_HANGS_AFTER_S, other = HANGS_AFTER_S } = this.#host.node(node)?.hangsAfterS ?? {};
    return phase === 'open' ? open : other;
  }

  #fault(node: string, phase: Phase): void {
    const { message } = hangError(node, phase, SLOW_AFTER_S);
    this.#host.report({ type: 'fault', node, fault: { code: 'node_slow', message } });
  }
}

/** The error of a node that has not come back for so long. */
export function hangError(node: string, phase: Phase, afterS: number): ErrorRecord {
  return toRecord(new WindhoverError('node_hangs', `${WHAT[phase]} for ${afterS} s`, { node }));
}

const WHAT: Record<Phase, string> = {
  idle: 'its worker has been held up',
  run: 'run has not come back',
  open: 'open has not returned',
  handler: 'a handler has not returned',
  close: 'close has not returned',
};
