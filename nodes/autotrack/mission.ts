/**
 * What the camera must do now: follow, hold, look around, go home, or nothing. Pure: time is an argument.
 *
 *     idle ──selected and seen──▶ following ──unseen──▶ holding ──hold_s──▶ searching ──search_s──▶ holding
 *      ▲                              ▲                    │ seen again        │ seen again            │
 *      │                              └────────────────────┴───────────────────┴───────────────────────┤
 *      └──────────── there ◀── returning ◀── return_after_s without a target, when there is a preset ──┘
 */
import type { Selection } from './selector.ts';

export interface MissionOptions {
  /** How long the camera waits where a target was lost … */
  readonly hold_s: number;
  /** … and how long it looks around there. 0: not at all. */
  readonly search_s: number;
  /** Time without a target in sight after which the camera goes home. */
  readonly return_after_s: number;
  /** There is a home to go to. */
  readonly hasHome: boolean;
  /** An automatically chosen target that does not move for this time is released. 0: never. */
  readonly stationary_release_s: number;
}

export interface MissionInput {
  readonly nowMs: number;
  readonly selection: Selection | null;
  /** When the selected target was in sight last; null: not since it was selected. */
  readonly seenMs: number | null;
  /** State of the controller. */
  readonly control: 'idle' | 'blind' | 'track' | 'settle' | 'rest';
  /** The camera has been moved since it was home last. */
  readonly isAway: boolean;
  /** The move home has ended. */
  readonly isHome: boolean;
}

/** `follow`: the controller's commands. `hold`: stand still. `search`: look around. `home`: go to the preset. */
export type Order = 'follow' | 'hold' | 'search' | 'home' | 'nothing';

export interface MissionOutput {
  readonly order: Order;
  readonly state: 'idle' | 'following' | 'settling' | 'resting' | 'holding' | 'searching' | 'returning';
  /** The target must be released. */
  readonly release: 'lost' | 'stationary' | null;
}

const FOLLOWING = {
  idle: 'following',
  blind: 'holding',
  track: 'following',
  settle: 'settling',
  rest: 'resting',
} as const;
/** Longest wait for the end of a move home. */
const RETURN_S = 20;

export class Mission {
  readonly #options: MissionOptions;
  #selectedId: number | null = null;
  /** Since when there has been nothing to follow. */
  #idleSinceMs: number | null = null;
  #returnSinceMs: number | null = null;
  #restSinceMs: number | null = null;

  constructor(options: MissionOptions) {
    this.#options = options;
  }

  step(input: MissionInput): MissionOutput {
    const { nowMs, selection, seenMs, control } = input;
    const id = selection?.id ?? null;
    if (id !== this.#selectedId) {
      this.#selectedId = id;
      this.#restSinceMs = null;
    }
    if (selection === null || seenMs === null) return this.#without(input);
    const isFollowed = control !== 'blind' && control !== 'idle';
    if (isFollowed) {
      this.#idleSinceMs = null;
      this.#returnSinceMs = null;
      return this.#follow(nowMs, selection, control);
    }
    return this.#lost(input, (nowMs - seenMs) / 1000);
  }

  #follow(nowMs: number, { by }: Selection, control: MissionInput['control']): MissionOutput {
    const { stationary_release_s: releaseS } = this.#options;
    if (control !== 'rest') this.#restSinceMs = null;
    else this.#restSinceMs ??= nowMs;
    const restsS = this.#restSinceMs === null ? 0 : (nowMs - this.#restSinceMs) / 1000;
    const isParked = by === 'graph' && releaseS > 0 && restsS >= releaseS;
    return { order: 'follow', state: FOLLOWING[control], release: isParked ? 'stationary' : null };
  }

  #lost(input: MissionInput, unseenS: number): MissionOutput {
    const { hold_s: holdS, search_s: searchS, return_after_s: returnS } = this.#options;
    this.#restSinceMs = null;
    if (unseenS >= Math.max(returnS, holdS + searchS)) {
      // The operator's target stays selected: it may come back, and only the operator releases it.
      const release = input.selection?.by === 'graph' ? 'lost' : null;
      return { ...this.#home(input), release };
    }
    return unseenS < holdS || unseenS >= holdS + searchS
      ? { order: 'hold', state: 'holding', release: null }
      : { order: 'search', state: 'searching', release: null };
  }

  /** Nothing is selected, or what is has never been in sight. */
  #without(input: MissionInput): MissionOutput {
    this.#restSinceMs = null;
    this.#idleSinceMs ??= input.nowMs;
    const idleS = (input.nowMs - this.#idleSinceMs) / 1000;
    if (idleS < this.#options.return_after_s && this.#returnSinceMs === null) {
      return { order: 'nothing', state: 'idle', release: null };
    }
    return this.#home(input);
  }

  #home({ nowMs, isAway, isHome }: MissionInput): MissionOutput {
    const nothing = { order: 'nothing', state: 'idle', release: null } as const;
    if (!this.#options.hasHome || !isAway) {
      this.#returnSinceMs = null;
      return nothing;
    }
    this.#returnSinceMs ??= nowMs;
    if (isHome || nowMs - this.#returnSinceMs > RETURN_S * 1000) {
      this.#returnSinceMs = null;
      return nothing;
    }
    return { order: 'home', state: 'returning', release: null };
  }
}
