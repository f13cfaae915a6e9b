/**
 * What a client that comes now is to be shown: the latest tick, and the latest message of each state topic. When the
 * process is gone, nobody in it can say so any more: then they are made to say what is true of a session that rests.
 */
import type { AutotrackState, MetadataTick, PtzState } from '../../schemas/index.ts';
import { WindhoverError } from '../errors.ts';
import type { StateMessage, StateName } from '../node.ts';

/** A tick, and what the session's view says of it. */
export interface RetainedTick {
  readonly json: string;
  readonly tsUnixMs: number;
  readonly phase: MetadataTick['tracking_phase'];
  readonly targetId: number | null;
  readonly tracks: number;
}

interface RetainedState {
  readonly json: string;
  /** The same without what changes from one message to the next and tells nothing. */
  readonly meaning: string;
}

const GONE = { code: 'process_gone', message: "the session's process is gone" } as const;

export class Retained {
  readonly #states = new Map<StateName, RetainedState>();
  #tick: RetainedTick | undefined;

  get tick(): RetainedTick | undefined {
    return this.#tick;
  }

  state(name: StateName): string | undefined {
    return this.#states.get(name)?.json;
  }

  takeTick(json: string): RetainedTick {
    const tick: MetadataTick = JSON.parse(json);
    const { ts_unix_ms: tsUnixMs, tracking_phase: phase } = tick;
    this.#tick = { json, tsUnixMs, phase, targetId: tick.selected_target_id ?? null, tracks: tick.tracks.length };
    return this.#tick;
  }

  /**
   * @param redact takes what is secret out of a text; states carry what cameras and libraries say
   * @throws WindhoverError `bad_state`, SyntaxError
   * @returns the message as clients may see it, and whether it says more than that time has passed
   */
  takeState(message: StateMessage, redact: (text: string) => string): { message: StateMessage; isNews: boolean } {
    const state: unknown = JSON.parse(message.json, (key, value: unknown) => shown(key, value, redact));
    if (typeof state !== 'object' || state === null || Array.isArray(state)) {
      throw new WindhoverError('bad_state', 'a state is an object', { got: message.json.slice(0, 100) });
    }
    const json = JSON.stringify(state);
    const meaning = JSON.stringify({ ...state, ts_unix_ms: 0, round_trip_ms: 0 });
    const isNews = this.#states.get(message.name)?.meaning !== meaning;
    if (message.live) this.#states.set(message.name, { json, meaning });
    return { message: { ...message, json }, isNews };
  }

  /** The process is gone. @returns the states that clients must be told of */
  processGone(nowUnixMs: number): StateMessage[] {
    if (this.#tick) this.#tick = { ...this.#tick, json: withoutTracks(this.#tick.json), tracks: 0 };
    return [...this.#states].flatMap(([name, { json }]) => {
      const state = JSON.parse(json);
      const over = name === 'ptz' ? ptzGone(state, nowUnixMs) : autotrackGone(state, nowUnixMs);
      if (!over) return [];
      const message: StateMessage = { topic: 'state', name, json: JSON.stringify(over), live: true };
      return [this.takeState(message, (text) => text).message];
    });
  }
}

/** Words of others stand in `reason`, `message` and `notes`; the rest is the contract's own. */
function shown(key: string, value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return key === 'reason' || key === 'message' ? redact(value) : value;
  if (key !== 'notes' || !Array.isArray(value)) return value;
  return value.map((note: unknown) => (typeof note === 'string' ? redact(note) : note));
}

/** The same tick with nothing in sight: a client that comes later must not be shown what is long gone. */
function withoutTracks(tick: string): string {
  return JSON.stringify({ ...JSON.parse(tick), tracks: [] });
}

/** Nobody drives the camera, or knows where it looks. Undefined: the state says so already. */
function ptzGone(state: PtzState, nowUnixMs: number): PtzState | undefined {
  if (state.link.state === 'closed') return undefined;
  return {
    ...state,
    ts_unix_ms: nowUnixMs,
    link: { state: 'closed', reason: GONE.message },
    moving: null,
    pan_deg: null,
    tilt_deg: null,
    zoom: null,
    hfov_deg: null,
    preset: null,
    cmd: { pan: 0, tilt: 0, zoom: 0 },
    round_trip_ms: null,
  };
}

function autotrackGone(state: AutotrackState, nowUnixMs: number): AutotrackState | undefined {
  if (state.state === 'off' && !state.active) return undefined;
  return {
    ...state,
    ts_unix_ms: nowUnixMs,
    active: false,
    reason: GONE,
    state: 'off',
    commands_per_s: null,
    error_share: null,
  };
}
