/**
 * The topics of the wire contract: the one list of what sessions tell their clients. A topic is data. A node declares
 * in its contract which it publishes, of these or of its own; the runtime takes all the rest from here.
 */
import type { Static, TSchema } from '@sinclair/typebox';
import { AutotrackStateSchema } from './autotrack-state.ts';
import { ClockStateSchema } from './clock-state.ts';
import { MetadataTickSchema } from './metadata-tick.ts';
import { PtzStateSchema } from './ptz-state.ts';
import { CameraStatsSchema } from './stats.ts';
import { TrackEventSchema } from './track-event.ts';

export interface Topic<S extends TSchema = TSchema> {
  /** The end of its name on the wire, `sessions/ID/…`; without it, its name here. */
  readonly path?: string;
  /** Description of its messages, in a few words. */
  readonly doc: string;
  /** Of the messages, which are objects. One that differs is dropped. */
  readonly schema: S;
  /** `latest`: a newer message replaces an older one, and is retained for later clients. `every`: all count. */
  readonly keep: 'latest' | 'every';
  /** Sent to clients that name no topics. */
  readonly wanted?: boolean;
  /** Fields that alone are no news: a message that repeats the last one in all others is not recorded. */
  readonly quiet?: readonly string[];
  /** Fields, however deep, that hold words of cameras and libraries: secrets are taken out of them. */
  readonly texts?: readonly string[];
  /** `latest` only: what is true of the last message once the process that published it is gone. */
  readonly gone?: {
    readonly patch: object;
    /** Messages that contain this are in that state already. */
    readonly unless?: object;
    /** Clients are told, with the time in `ts_unix_ms`. Else only those who come later see it. */
    readonly told: boolean;
  };
}

export type Topics = Readonly<Record<string, Topic>>;
/** A message of a topic. */
export type MessageOf<T extends Topic> = DeepReadonly<Static<T['schema']>>;

/** Declares a topic; its field names are checked against its schema. */
export function topic<S extends TSchema>(topic: Topic<S> & FieldsOf<Static<S>>): Topic<S> {
  return topic;
}

interface FieldsOf<M> {
  readonly quiet?: readonly (keyof M & string)[];
  readonly gone?: { readonly patch: Partial<M>; readonly unless?: DeepPartial<M> };
}

const GONE = { code: 'process_gone', message: "the session's process is gone" };

export const topics = {
  tick: topic({
    doc: 'The tracks of the latest frame, and how the target is doing',
    schema: MetadataTickSchema,
    keep: 'latest',
    wanted: true,
    gone: { patch: { tracks: [] }, told: false },
  }),
  tracks: topic({
    doc: 'The lives of confirmed tracks',
    schema: TrackEventSchema,
    keep: 'every',
    wanted: true,
  }),
  ptz: topic({
    path: 'ptz/state',
    doc: "How the session's camera stands",
    schema: PtzStateSchema,
    keep: 'latest',
    quiet: ['ts_unix_ms', 'round_trip_ms'],
    texts: ['reason'],
    gone: {
      // The camera is not driven any more, and its position is unknown.
      patch: {
        link: { state: 'closed', reason: GONE.message },
        moving: null,
        pan_deg: null,
        tilt_deg: null,
        zoom: null,
        hfov_deg: null,
        preset: null,
        cmd: { pan: 0, tilt: 0, zoom: 0 },
        round_trip_ms: null,
      },
      unless: { link: { state: 'closed' } },
      told: true,
    },
  }),
  autotrack: topic({
    path: 'autotrack/state',
    doc: 'What the autotracker does, and why not',
    schema: AutotrackStateSchema,
    keep: 'latest',
    quiet: ['ts_unix_ms'],
    texts: ['reason', 'message', 'notes'],
    gone: {
      patch: { active: false, reason: GONE, state: 'off', commands_per_s: null, error_share: null },
      unless: { state: 'off', active: false },
      told: true,
    },
  }),
  clock: topic({
    path: 'clock/state',
    doc: 'Where capture times come from, and how good they are',
    schema: ClockStateSchema,
    keep: 'latest',
    quiet: ['ts_unix_ms', 'error_ms', 'skew_ppm', 'media_zero_unix_ms'],
  }),
  stats: topic({
    doc: 'How the camera and its session do, once a second',
    schema: CameraStatsSchema,
    keep: 'latest',
  }),
} as const;

type DeepPartial<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]?: DeepPartial<T[K]> } : T;
export type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
