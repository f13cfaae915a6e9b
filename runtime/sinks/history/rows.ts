/** What the history holds, as plain data: the rows that are written, and the calls of the thread that writes and reads them. */
import type { MetadataTick } from '../../../schemas/metadata-tick.ts';
import type { ErrorRecord } from '../../errors.ts';

/** A session, as often as something about it has changed. */
export interface SessionRow {
  readonly session: string;
  readonly camera: string;
  readonly startedMs: number;
  /** Of the source frame; 0: not known yet. */
  readonly frameWidth: number;
  readonly frameHeight: number;
  /** What its boxes refer to. */
  readonly space: MetadataTick['space'];
  /** Distance of its samples. */
  readonly sampleMs: number;
}

/** A track as it is now; the last row of a track counts. Times are Unix milliseconds. */
export interface TrackRow {
  readonly session: string;
  readonly id: number;
  readonly camera: string;
  readonly label: string;
  readonly topConf: number;
  readonly startMs: number;
  /** Null: it goes on. */
  readonly endMs: number | null;
  readonly zones: readonly string[];
  readonly best: Box | null;
}

/** Shares of the frame, origin at its top left. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface SampleRow {
  readonly session: string;
  readonly id: number;
  readonly atMs: number;
  readonly label: string;
  readonly conf: number;
  readonly bbox: Box;
  /** It was the target that is followed. */
  readonly isTarget: boolean;
}

/** A velocity that the camera was told, and what became of it. */
export interface PtzCommandRow {
  readonly session: string;
  readonly atMs: number;
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
  /** `ready`: the camera takes commands; else the state of its link. */
  readonly result: string;
  readonly reason: string | null;
  readonly panDeg: number | null;
  readonly tiltDeg: number | null;
  readonly roundTripMs: number | null;
}

/** Who did what. */
export interface AuditRow {
  readonly atMs: number;
  readonly requestId: string;
  readonly caller: string;
  readonly action: string;
  readonly result: string;
  /** JSON. */
  readonly details: string;
}

/** What is written in one transaction. It holds the session of each row, and may be written again: nothing doubles. */
export interface Batch {
  readonly sessions: readonly SessionRow[];
  readonly tracks: readonly TrackRow[];
  readonly samples: readonly SampleRow[];
  readonly commands: readonly PtzCommandRow[];
  readonly audit: readonly AuditRow[];
}

export interface StoredTrack extends TrackRow {
  readonly isRetained: boolean;
  /** The server died before it ended; its end is when it was seen last. */
  readonly isInterrupted: boolean;
}

export const SORTS = ['newest', 'oldest', 'score', 'length'] as const;

export interface TrackQuery {
  /** Only these; undefined: all. */
  readonly cameras?: readonly string[] | undefined;
  readonly label?: string | undefined;
  readonly session?: string | undefined;
  readonly zone?: string | undefined;
  /** It lasted into this time, … */
  readonly afterMs?: number | undefined;
  /** … and had begun by this. */
  readonly beforeMs?: number | undefined;
  readonly minScore?: number | undefined;
  readonly isInProgress?: boolean | undefined;
  readonly minLengthMs?: number | undefined;
  readonly sort: (typeof SORTS)[number];
  readonly limit: number;
  /** Where the page before ended. */
  readonly cursor?: string | undefined;
  /** For the length of those that go on. */
  readonly nowMs: number;
}

export interface TrackPage {
  readonly tracks: readonly StoredTrack[];
  /** Null: there are no more. */
  readonly nextCursor: string | null;
}

export interface TrackKey {
  readonly session: string;
  readonly id: number;
}

export interface SampleQuery {
  readonly session: string;
  /** Of this track; undefined: of all. */
  readonly id?: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Pages go on after the last row of the one before. */
  readonly after?: { readonly atMs: number; readonly id: number };
  readonly limit: number;
}

export interface DatabaseOptions {
  /** `postgres://…`; null: SQLite. */
  readonly url: string | null;
  /** Of SQLite. */
  readonly file: string;
  /** Which server's sessions are its own, where several write into one database. */
  readonly server: string;
  /** Sessions of this process: what others of this server left open is closed. */
  readonly liveSessions: readonly string[];
}

export interface PruneOptions {
  /** What is older goes; null: nothing for its age. */
  readonly untilMs: number | null;
  /** Most bytes; null: no limit. */
  readonly maxBytes: number | null;
}

/** The calls of the thread. Each either gives its answer or throws what kept it from it. */
export interface StoreCalls {
  /** Opens the database, unless it is open. @returns the name of the damaged file that was set aside last */
  open(options: DatabaseOptions): Promise<{ readonly setAside: string | null }>;
  write(batch: Batch): Promise<void>;
  tracks(query: TrackQuery): Promise<TrackPage>;
  track(key: TrackKey): Promise<StoredTrack | null>;
  samples(query: SampleQuery): Promise<readonly SampleRow[]>;
  /** Sessions that have tracks in this time, in order. */
  sessions(query: { camera: string; afterMs: number; beforeMs: number }): Promise<readonly SessionRow[]>;
  /** @returns false: there is no such track */
  retain(key: TrackKey & { readonly isRetained: boolean }): Promise<boolean>;
  /** Removes some of what is too old or too much. @returns whether there may be more of it */
  prune(
    options: PruneOptions,
  ): Promise<{ readonly tracks: number; readonly isDone: boolean; readonly usedBytes: number }>;
  close(): Promise<void>;
}

/** What may be asked of a history. */
export type HistoryReader = Pick<StoreCalls, 'tracks' | 'track' | 'samples' | 'sessions' | 'retain'>;

export type CallName = keyof StoreCalls;

/** Code of an error that is about a value, whatever the state of the database: trying again cannot help. */
export const VALUE_REFUSED = 'value_refused';

/** To the thread. */
export interface Call {
  readonly id: number;
  readonly name: CallName;
  readonly argument: unknown;
}

/** From the thread. */
export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: ErrorRecord };
