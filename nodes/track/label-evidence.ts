/**
 * What an object is, decided over time from the class probabilities of its detections.
 *
 * Each sighting adds its class probabilities, weighted by the confidence that there is an object at all, to a sum that
 * fades with time. The class that leads this sum gives the name once the sum is large and one-sided enough. A name is
 * not given up lightly: only another class that is sure replaces it, and it is dropped when its share has clearly
 * fallen below what a name takes.
 */
import type { DetectionClasses } from '../../runtime/node.ts';
import type { TrackOptions } from './options.ts';

export type LabelRules = Pick<TrackOptions, 'label_memory_s' | 'label_evidence' | 'label_share'>;

/** A name is dropped when its share is this much below the one that it took. */
const SHARE_SLACK = 0.1;

export interface EvidenceState {
  readonly classes: DetectionClasses;
  readonly label: string;
  readonly sums: Float64Array;
  readonly weight: number;
  readonly seenS: number;
  readonly named: number;
}

export class LabelEvidence {
  /** What the object is called now. */
  label: string;
  readonly #classes: DetectionClasses;
  readonly #rules: LabelRules;
  /** Faded sum of weighted probabilities by class. */
  #sums: Float64Array;
  /** Faded sum of the weights. */
  #weight = 0;
  #seenS = 0;
  /** Number of the class that it is called by; -1 for none. */
  #named = -1;

  /** @param first the name before any evidence, for classes without a word for the unknown */
  constructor(classes: DetectionClasses, rules: LabelRules, first: string) {
    this.#classes = classes;
    this.#rules = rules;
    this.#sums = new Float64Array(classes.names.length);
    this.label = classes.unknown ?? first;
  }

  /** All of it but its rules as plain data; see {@link from}. */
  get state(): EvidenceState {
    const [classes, label, sums] = [this.#classes, this.label, this.#sums];
    return { classes, label, sums, weight: this.#weight, seenS: this.#seenS, named: this.#named };
  }

  /** Evidence that goes on from such a state. */
  static from({ classes, label, sums, weight, seenS, named }: EvidenceState, rules: LabelRules): LabelEvidence {
    const evidence = new LabelEvidence(classes, rules, label);
    evidence.label = label;
    evidence.#sums = sums;
    evidence.#weight = weight;
    evidence.#seenS = seenS;
    evidence.#named = named;
    return evidence;
  }

  /**
   * Takes in a sighting.
   * @param probabilities by class number; those that are no numbers in [0, 1] are brought there
   * @param confidence weight of the sighting, in [0, 1]
   * @param nowS any clock that does not go back, in seconds
   */
  see(probabilities: readonly number[], confidence: number, nowS: number): void {
    const kept = Math.exp(-Math.max(0, nowS - this.#seenS) / this.#rules.label_memory_s);
    this.#seenS = nowS;
    this.#weight = this.#weight * kept + confidence;
    for (let id = 0; id < this.#sums.length; id++) {
      const probability = probabilities[id] ?? 0;
      const share = probability > 0 ? Math.min(1, probability) : 0;
      this.#sums[id] = (this.#sums[id] ?? 0) * kept + confidence * share;
    }
    this.#name();
  }

  #name(): void {
    const { names, unknown } = this.#classes;
    const best = this.#leader();
    if (unknown === null || this.#isSure(best)) this.#named = best;
    else if (this.#share(this.#named) < this.#rules.label_share - SHARE_SLACK) this.#named = -1;
    if (this.#named >= 0) this.label = names[this.#named] ?? this.label;
    else if (unknown !== null) this.label = unknown;
  }

  /** The class of the greatest sum, the present one at a tie; -1 while there is no evidence. */
  #leader(): number {
    let best = this.#named;
    let most = this.#sums[best] ?? 0;
    for (let id = 0; id < this.#sums.length; id++) {
      const sum = this.#sums[id] ?? 0;
      if (sum <= most) continue;
      best = id;
      most = sum;
    }
    return best;
  }

  #isSure(id: number): boolean {
    const { label_evidence, label_share } = this.#rules;
    return id >= 0 && this.#weight >= label_evidence && this.#share(id) >= label_share;
  }

  #share(id: number): number {
    return this.#weight > 0 ? (this.#sums[id] ?? 0) / this.#weight : 0;
  }
}
