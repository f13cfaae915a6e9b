/** The tables of the history, and the migrations that make them. */

import { type Generated, type Kysely, sql } from 'kysely';
import type { Migration, MigrationProvider } from 'kysely/migration';
import type { MetadataTick } from '../../../schemas/metadata-tick.ts';

/** Numbers of boxes and confidences are millionths: exact, since the wire rounds them so. Truths are 0 and 1. */
export interface Tables {
  sessions: {
    no: Generated<number>;
    session_id: string;
    server: string;
    camera_id: string;
    started_ms: number;
    frame_w: number;
    frame_h: number;
    space: MetadataTick['space'];
    sample_ms: number;
  };
  tracks: {
    session_no: number;
    id: number;
    camera_id: string;
    label: string;
    top_conf: number;
    start_ms: number;
    end_ms: number | null;
    zones: string;
    best_x: number | null;
    best_y: number | null;
    best_w: number | null;
    best_h: number | null;
    retained: Generated<number>;
    interrupted: Generated<number>;
  };
  track_samples: {
    session_no: number;
    at_ms: number;
    id: number;
    label: string;
    conf: number;
    x: number;
    y: number;
    w: number;
    h: number;
    is_target: number;
  };
  ptz_commands: {
    session_no: number;
    at_ms: number;
    pan: number;
    tilt: number;
    zoom: number;
    result: string;
    reason: string | null;
    pan_deg: number | null;
    tilt_deg: number | null;
    round_trip_ms: number | null;
  };
  audit: { at_ms: number; request_id: string; caller: string; action: string; result: string; details: string };
}

export type Store = Kysely<Tables>;

/** @param isSqlite the two databases name a number that counts by itself otherwise, and a table that is its own index */
export function migrations(isSqlite: boolean): MigrationProvider {
  const counting = isSqlite ? 'integer primary key autoincrement' : 'serial primary key';
  const asIndex = isSqlite ? 'without rowid' : '';
  const statements = FIRST.map((text) => text.replace('$COUNTING', counting).replace('$AS_INDEX', asIndex));
  const first: Migration = {
    up: async (db) => {
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  };
  return { getMigrations: async () => ({ '001_first': first }) };
}

const FIRST = [
  `create table sessions (
    no $COUNTING, session_id text not null unique, server text not null, camera_id text not null,
    started_ms bigint not null, frame_w integer not null, frame_h integer not null, space text not null,
    sample_ms integer not null)`,
  `create table tracks (
    session_no integer not null, id bigint not null, camera_id text not null, label text not null,
    top_conf integer not null, start_ms bigint not null, end_ms bigint, zones text not null,
    best_x integer, best_y integer, best_w integer, best_h integer,
    retained integer not null default 0, interrupted integer not null default 0,
    primary key (session_no, id)) $AS_INDEX`,
  // In this order, what is written at one time lies together, and so does what a replay reads.
  `create table track_samples (
    session_no integer not null, at_ms bigint not null, id bigint not null, label text not null, conf integer not null,
    x integer not null, y integer not null, w integer not null, h integer not null, is_target integer not null,
    primary key (session_no, at_ms, id)) $AS_INDEX`,
  `create table ptz_commands (
    session_no integer not null, at_ms bigint not null,
    pan double precision not null, tilt double precision not null, zoom double precision not null,
    result text not null, reason text, pan_deg double precision, tilt_deg double precision,
    round_trip_ms double precision, primary key (session_no, at_ms)) $AS_INDEX`,
  `create table audit (
    at_ms bigint not null, request_id text not null, caller text not null, action text not null, result text not null,
    details text not null, primary key (at_ms, request_id, action)) $AS_INDEX`,
  'create index tracks_by_camera on tracks (camera_id, start_ms)',
  'create index tracks_by_start on tracks (start_ms)',
  'create index tracks_by_end on tracks (end_ms)',
  'create index tracks_by_length on tracks ((end_ms - start_ms))',
];
