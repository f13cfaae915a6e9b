/**
 * Which track to follow. The operator's choice always wins; without one, the graph may choose a track that is in a
 * required zone, has a wanted label, and has been seen for long enough with enough confidence. Pure: time is an
 * argument.
 */
import type { Track } from '../../runtime/node.ts';

export interface SelectionOptions {
  /** The graph chooses by itself. */
  readonly auto: boolean;
  /** A track must be in one of them; empty: anywhere. */
  readonly required_zones: readonly string[];
  /** Wanted labels, the most wanted first; empty: any. */
  readonly labels: readonly string[];
  readonly min_confidence: number;
  readonly min_age_s: number;
}

export interface Selection {
  readonly id: number;
  readonly by: 'operator' | 'graph';
}

interface Known {
  readonly firstMs: number;
  lastMs: number;
  /** Running mean over the last second or so. */
  confidence: number;
}

/** A track that has been unseen for this long is forgotten: the tracker does not bring it back. */
const FORGET_MS = 10_000;
/** Weight of a new sighting in the mean confidence. */
const NEW_SIGHTING = 0.15;

export class TargetSelector {
  readonly #options: SelectionOptions;
  readonly #known = new Map<number, Known>();
  /** Tracks that must not be chosen automatically: the operator released them, or they stood still for too long. */
  readonly #passedOver = new Set<number>();
  #selection: Selection | null = null;

  constructor(options: SelectionOptions, selection: Selection | null = null) {
    this.#options = options;
    this.#selection = selection;
  }

  get selection(): Selection | null {
    return this.#selection;
  }

  /** The operator chooses a track, or none. With none, what is in sight now is not chosen again by itself. */
  operate(id: number | null): void {
    if (id !== null) this.#passedOver.delete(id);
    else for (const known of this.#known.keys()) this.#passedOver.add(known);
    this.#selection = id === null ? null : { id, by: 'operator' };
  }

  /** Releases a target. */
  release(): void {
    if (this.#selection) this.#passedOver.add(this.#selection.id);
    this.#selection = null;
  }

  /** The same target goes on under another id. */
  rename(id: number): void {
    if (this.#selection) this.#selection = { ...this.#selection, id };
  }

  /**
   * Takes in a frame's tracks, and chooses one where that is wanted and nothing is selected.
   * @param mayChoose false while the camera can't follow anything
   */
  step(tracks: readonly Track[], nowMs: number, mayChoose: boolean): Selection | null {
    for (const track of tracks) this.#note(track, nowMs);
    for (const [id, { lastMs }] of this.#known) {
      if (nowMs - lastMs <= FORGET_MS) continue;
      this.#known.delete(id);
      this.#passedOver.delete(id);
    }
    if (this.#selection === null && this.#options.auto && mayChoose) this.#selection = this.#choose(tracks, nowMs);
    return this.#selection;
  }

  #note({ id, confidence }: Track, nowMs: number): void {
    const known = this.#known.get(id);
    if (!known) {
      this.#known.set(id, { firstMs: nowMs, lastMs: nowMs, confidence });
      return;
    }
    known.lastMs = nowMs;
    known.confidence += (confidence - known.confidence) * NEW_SIGHTING;
  }

  /** By preference of the label, then by confidence. */
  #choose(tracks: readonly Track[], nowMs: number): Selection | null {
    const rank = ({ label }: Track) => Math.max(0, this.#options.labels.indexOf(label));
    const sureness = ({ id }: Track) => this.#known.get(id)?.confidence ?? 0;
    const [best] = tracks
      .filter((track) => this.#isWanted(track, nowMs))
      .sort((a, b) => rank(a) - rank(b) || sureness(b) - sureness(a) || a.id - b.id);
    return best ? { id: best.id, by: 'graph' } : null;
  }

  #isWanted({ id, label, zones = [] }: Track, nowMs: number): boolean {
    const { required_zones, labels, min_confidence, min_age_s } = this.#options;
    const known = this.#known.get(id);
    if (!known || this.#passedOver.has(id)) return false;
    if (known.confidence < min_confidence || nowMs - known.firstMs < min_age_s * 1000) return false;
    if (labels.length > 0 && !labels.includes(label)) return false;
    return required_zones.length === 0 || zones.some((zone) => required_zones.includes(zone));
  }
}

/** The target that was selected before the process was restarted. */
export function keptSelection(kept: unknown): Selection | null {
  if (typeof kept !== 'object' || kept === null || !('targetId' in kept)) return null;
  if (typeof kept.targetId !== 'number') return null;
  return { id: kept.targetId, by: 'by' in kept && kept.by === 'graph' ? 'graph' : 'operator' };
}
