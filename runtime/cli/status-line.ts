/**
 * The live line at the bottom of a terminal: logs scroll above it. Without a terminal there is none, and lines go
 * straight through.
 */
import type { SessionView } from '../session/api.ts';

export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const BAR_CELLS = 24;
const CLEAR = '\r\x1b[2K';

export class StatusLine {
  readonly #terminal: Terminal;
  #line = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** True when the terminal can show a live line. */
  get live(): boolean {
    return this.#terminal.isTTY === true;
  }

  /** A log line: goes above the live line. */
  log(line: string): void {
    this.#terminal.write(this.#line ? `${CLEAR}${line}\n${this.#line}` : `${line}\n`);
  }

  show(text: string): void {
    if (!this.live) return;
    // A terminal that does not know its width says 0.
    this.#line = text.slice(0, (this.#terminal.columns || 120) - 1);
    this.#terminal.write(`${CLEAR}${this.#line}`);
  }

  /** Runs something that prints elsewhere on the same terminal, with the live line out of its way. */
  aside(print: () => void): void {
    if (this.#line) this.#terminal.write(CLEAR);
    print();
    if (this.#line) this.#terminal.write(this.#line);
  }

  /** Leaves the last state on the screen and goes to the next line. */
  end(): void {
    if (this.#line) this.#terminal.write('\n');
    this.#line = '';
  }
}

/** `cam01 running · in 25.0 fps, processed 25.0 · inference 8.1 ms, end to end 9.7 ms · dropped 0 · 2 tracks` */
export function statusText(view: SessionView): string {
  const { camera_id, state, fps, latency_ms, frames, tracks, fault } = view;
  const ms = (value: number | null) => (value === null ? '–' : `${value.toFixed(1)} ms`);
  const parts = [
    `${camera_id} ${state}`,
    `in ${fps.in.toFixed(1)} fps, processed ${fps.out.toFixed(1)}`,
    `inference ${ms(latency_ms.inference_p50)}, end to end ${ms(latency_ms.end_to_end_p50)}`,
    `dropped ${frames.dropped}`,
    `${tracks} track${tracks === 1 ? '' : 's'}`,
  ];
  if (fault && fault.code !== 'starting') parts.splice(1, 0, fault.code);
  return parts.join(' · ');
}

/** `cam01 ████████░░░░  42 % · frame 334 · 118.2 fps · 4 s left · 2 tracks`; at the end the average. */
export function progressText(view: SessionView, elapsedS: number): string {
  const share = Math.min(1, Math.max(0, view.progress ?? 0));
  const bar = barText(view.camera_id, share);
  const { frames, fps, tracks } = view;
  if (!view.running) {
    const average = (frames.processed / Math.max(elapsedS, 0.001)).toFixed(1);
    return `${bar} · ${frames.processed} frames in ${formatDuration(elapsedS)} (${average} fps) · dropped ${frames.dropped}`;
  }
  const left = share > 0.01 ? formatDuration((elapsedS * (1 - share)) / share) : '…';
  return `${bar} · frame ${frames.processed} · ${fps.out.toFixed(1)} fps · ${left} left · ${tracks} tracks`;
}

/** `cam01 ████████░░░░  42 %` for a share from 0 to 1. */
export function barText(name: string, share: number): string {
  const full = Math.round(share * BAR_CELLS);
  return `${name} ${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)} ${`${Math.round(share * 100)} %`.padStart(5)}`;
}

/** `40 s`, `3 min 20 s`, `2 h 5 min` */
export function formatDuration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}
