/**
 * Which frames are traced: of the messages that pass to the parent process some are marked, and a moment later follows what
 * the nodes have noted of their frames (frame-times.ts). A frame that comes to no message is not traced.
 */
import type { Clock } from '../clock.ts';
import type { AboutFrame, Pace } from '../data.ts';
import type { FrameTrace, NodeReport, TraceRate } from './messages.ts';

export interface TracerParts {
  readonly rate: TraceRate;
  readonly pace: Pace;
  readonly clock: Clock;
  /** What all nodes have noted of a frame. */
  times(index: number): FrameTrace['nodes'];
  report(report: NodeReport): void;
}

/** Nodes beside the one that publishes, and those that called it, get this long to come to their end. */
const SETTLE_MS = 200;

export class Tracer {
  readonly #parts: TracerParts;
  #lastIndex = -1;
  #dueMs = Number.NEGATIVE_INFINITY;
  /** Of a share: what has come together. */
  #credit = 0;

  constructor(parts: TracerParts) {
    this.#parts = parts;
  }

  /** A report on its way to the parent. @returns the same, marked if its frame is traced */
  passes(report: NodeReport): NodeReport {
    if (report.type !== 'published' || !report.message.live) return report;
    const { frame, topic } = report.message;
    const { clock } = this.#parts;
    if (!frame || !(frame.index > this.#lastIndex) || !this.#isDue(clock.monoMs())) return report;
    this.#lastIndex = frame.index;
    const leftMs = clock.monoMs();
    setTimeout(() => this.#tell(frame, topic, leftMs), SETTLE_MS);
    return { ...report, message: { ...report.message, traced: true } };
  }

  #isDue(nowMs: number): boolean {
    const { rate } = this.#parts;
    if ('share' in rate) {
      this.#credit += rate.share;
      if (this.#credit < 1) return false;
      this.#credit -= 1;
      return true;
    }
    if (nowMs < this.#dueMs) return false;
    this.#dueMs = nowMs + 1000 / rate.perS;
    return true;
  }

  #tell({ index, captureMonoMs }: AboutFrame, topic: string, leftMs: number): void {
    const capturedMs = this.#parts.pace === 'asap' ? undefined : captureMonoMs;
    const nodes = this.#parts.times(index);
    this.#parts.report({ type: 'trace', trace: { frameIndex: index, capturedMs, topic, leftMs, nodes } });
  }
}
