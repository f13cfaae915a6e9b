/** The lives of tracks, and when nothing came: what the timeline shows. Times are Unix milliseconds of the server. */
import { signal } from '@preact/signals';
import type { MetadataTick, TrackEvent } from '../client/index.ts';

export interface Life {
  readonly id: number;
  readonly label: string;
  readonly fromMs: number;
  /** Null: it goes on. */
  readonly toMs: number | null;
}

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Older ones go. */
const MOST_LIVES = 500;
const KEPT_MS = 30 * 60_000;
/** A longer pause between ticks is a gap of the source. */
const GAP_MS = 1500;

export class Lives {
  readonly changed = signal(0);
  readonly gaps: Stretch[] = [];
  /** When a target was selected. */
  readonly selections: Stretch[] = [];
  latestMs: number | null = null;
  readonly #lives = new Map<number, Life>();

  get all(): readonly Life[] {
    return [...this.#lives.values()];
  }

  take({ event, after }: TrackEvent): void {
    const { id, label, start_ts_unix_ms: fromMs, end_ts_unix_ms: toMs } = after;
    if (event === 'new') this.#lives.delete(id);
    this.#lives.set(id, { id, label, fromMs, toMs });
    for (const old of this.#lives.keys()) {
      if (this.#lives.size <= MOST_LIVES) break;
      this.#lives.delete(old);
    }
    this.changed.value++;
  }

  seen({ ts_unix_ms: nowMs, selected_target_id: target }: MetadataTick): void {
    const lastMs = this.latestMs;
    // A replay went to an earlier place: what is later has not been yet.
    if (lastMs !== null && nowMs < lastMs - GAP_MS) this.clear();
    else if (lastMs !== null && nowMs - lastMs > GAP_MS) this.gaps.push({ fromMs: lastMs, toMs: nowMs });
    this.latestMs = nowMs;
    if (target !== null) extend(this.selections, nowMs);
    for (const list of [this.gaps, this.selections]) {
      while ((list[0]?.toMs ?? nowMs) < nowMs - KEPT_MS) list.shift();
    }
  }

  clear(): void {
    this.#lives.clear();
    this.gaps.length = 0;
    this.selections.length = 0;
    this.latestMs = null;
    this.changed.value++;
  }
}

function extend(list: Stretch[], nowMs: number): void {
  const last = list.at(-1);
  if (last && nowMs - last.toMs <= GAP_MS) list[list.length - 1] = { fromMs: last.fromMs, toMs: nowMs };
  else list.push({ fromMs: nowMs, toMs: nowMs });
}
