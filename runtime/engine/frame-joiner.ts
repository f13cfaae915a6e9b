/**
 * Brings the values of several inputs together by the frame that they are about (`join: 'frame'`). Pure: no time, no
 * waiting. Each input's frames rise, so a frame is complete once every input has sent it or a later one, or has ended.
 */
import { WindhoverError } from '../errors.ts';

/** The values of one frame, by input. */
export type Joined = Record<string, unknown>;

export interface JoinInput {
  readonly name: string;
  /** Optional: a frame is complete without it. A frame without a required input is lost. */
  readonly optional: boolean;
}

/** Most frames that wait for another input; with more, its value is not expected any more. */
const MAX_HELD = 64;

export class FrameJoiner {
  readonly #inputs: readonly JoinInput[];
  readonly #held = new Map<number, Joined>();
  /** The newest frame of each input; infinity once the input has ended. */
  readonly #newest = new Map<string, number>();
  #releasedUpTo = Number.NEGATIVE_INFINITY;
  #lost = 0;

  /** @param inputs those that are connected */
  constructor(inputs: readonly JoinInput[]) {
    this.#inputs = inputs;
    for (const { name } of inputs) this.#newest.set(name, Number.NEGATIVE_INFINITY);
  }

  /** Values that belong to no complete frame, so far. */
  get lost(): number {
    return this.#lost;
  }

  /** @returns the frames that this completes, in order. @throws WindhoverError `join_frame` */
  put(input: string, value: unknown): Joined[] {
    const index = frameIndex(input, value);
    if (this.#inputs.length === 1) return [{ [input]: value }];
    if (index <= this.#releasedUpTo) {
      this.#lost += 1;
      return [];
    }
    this.#newest.set(input, Math.max(index, this.#newest.get(input) ?? index));
    const frame = this.#held.get(index) ?? {};
    frame[input] = value;
    this.#held.set(index, frame);
    return this.#release();
  }

  /** Nothing more comes from this input. @returns the frames that waited for it only */
  end(input: string): Joined[] {
    this.#newest.set(input, Number.POSITIVE_INFINITY);
    return this.#release();
  }

  #release(): Joined[] {
    const released: Joined[] = [];
    for (const index of [...this.#held.keys()].sort((a, b) => a - b)) {
      const frame = this.#held.get(index) ?? {};
      const waits = this.#inputs.some(({ name }) => !(name in frame) && (this.#newest.get(name) ?? index) < index);
      if (waits && this.#held.size <= MAX_HELD) break;
      this.#held.delete(index);
      this.#releasedUpTo = index;
      if (this.#inputs.every(({ name, optional }) => optional || name in frame)) released.push(frame);
      else this.#lost += Object.keys(frame).length;
    }
    return released;
  }
}

function frameIndex(input: string, value: unknown): number {
  const frame = typeof value === 'object' && value !== null && 'frame' in value ? value.frame : undefined;
  const index = typeof frame === 'object' && frame !== null && 'index' in frame ? frame.index : undefined;
  if (typeof index === 'number') return index;
  throw new WindhoverError('join_frame', `input ${input} can't be joined`, {
    expected: 'a value with frame.index',
    permanent: true,
  });
}
