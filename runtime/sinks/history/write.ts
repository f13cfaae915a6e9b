/** How rows are written: each kind in one statement, in the same way in both databases. */
import { sql } from 'kysely';
import { millionths } from './queries.ts';
import type { AuditRow, Batch, PtzCommandRow, SampleRow, SessionRow, TrackRow } from './rows.ts';
import type { Store, Tables } from './tables.ts';

export interface Writing {
  readonly store: Store;
  readonly isSqlite: boolean;
  /** The number that the database gave a session. */
  readonly numberOf: (session: string) => number;
}

/** All rows but those of sessions. */
export async function writeRows(writing: Writing, { tracks, samples, commands, audit }: Batch): Promise<void> {
  const { numberOf } = writing;
  const changes = ['label', 'top_conf', 'start_ms', 'end_ms', 'interrupted', 'zones', 'best_x', 'best_y', 'best_w'];
  const changed = [...changes, 'best_h'].map((name) => `${name} = excluded.${name}`).join(', ');
  await insert(
    writing,
    'tracks',
    tracks.map((row) => trackValues(row, numberOf)),
    `(session_no, id) do update set ${changed}`,
  );
  await insert(
    writing,
    'track_samples',
    samples.map((row) => sampleValues(row, numberOf)),
    'do nothing',
  );
  await insert(
    writing,
    'ptz_commands',
    commands.map((row) => commandValues(row, numberOf)),
    'do nothing',
  );
  await insert(writing, 'audit', audit.map(auditValues), 'do nothing');
}

/** @returns its number */
export async function writeSession(store: Store, row: SessionRow, server: string): Promise<number> {
  const { session: session_id, camera: camera_id, startedMs: started_ms, sampleMs: sample_ms } = row;
  const picture = { frame_w: row.frameWidth, frame_h: row.frameHeight, space: row.space };
  const { no } = await store
    .insertInto('sessions')
    .values({ session_id, server, camera_id, started_ms, sample_ms, ...picture })
    .onConflict((known) => known.column('session_id').doUpdateSet({ ...picture, sample_ms }))
    .returning('no')
    .executeTakeFirstOrThrow();
  return no;
}

type NumberOf = Writing['numberOf'];

function trackValues(row: TrackRow, numberOf: NumberOf) {
  const { session, id, camera, label, topConf, startMs, endMs, zones, best } = row;
  return {
    ...{ session_no: numberOf(session), id, camera_id: camera, label, top_conf: millionths(topConf) },
    ...{ start_ms: startMs, end_ms: endMs, interrupted: 0, zones: JSON.stringify(zones) },
    ...{ best_x: best && millionths(best.x), best_y: best && millionths(best.y) },
    ...{ best_w: best && millionths(best.w), best_h: best && millionths(best.h) },
  };
}

function sampleValues({ session, atMs, id, label, conf, bbox, isTarget }: SampleRow, numberOf: NumberOf) {
  return {
    ...{ session_no: numberOf(session), at_ms: atMs, id, label, conf: millionths(conf) },
    ...{ x: millionths(bbox.x), y: millionths(bbox.y), w: millionths(bbox.w), h: millionths(bbox.h) },
    is_target: isTarget ? 1 : 0,
  };
}

function commandValues(row: PtzCommandRow, numberOf: NumberOf) {
  const { session, atMs, panDeg, tiltDeg, roundTripMs, ...same } = row;
  const measured = { pan_deg: panDeg, tilt_deg: tiltDeg, round_trip_ms: roundTripMs };
  return { ...same, session_no: numberOf(session), at_ms: atMs, ...measured };
}

function auditValues({ atMs, requestId, ...same }: AuditRow) {
  return { ...same, at_ms: atMs, request_id: requestId };
}

/**
 * All rows as one JSON text, which the database takes apart: one short statement with one parameter, however many they
 * are. A number that is none is null in JSON, and is refused like any other null.
 */
async function insert<T extends keyof Tables>(
  { store, isSqlite }: Writing,
  table: T,
  rows: readonly Readonly<Record<string, unknown>>[],
  onConflict: string,
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = Object.keys(first);
  const json = JSON.stringify(rows);
  const names = sql.join(columns.map((name) => sql.ref(name)));
  const read = isSqlite ? sql.join(columns.map((name) => sql`value ->> ${sql.lit(name)}`)) : names;
  const from = isSqlite ? sql`json_each(${json})` : sql`json_populate_recordset(null::${sql.table(table)}, ${json})`;
  // SQLite wants a condition before the conflict.
  const statement = sql`insert into ${sql.table(table)} (${names}) select ${read} from ${from} where true`;
  await sql`${statement} on conflict ${sql.raw(onConflict)}`.execute(store);
}
