/** What is read from the history. Pages are found by the last row of the one before, so that each costs the same. */
import { type ExpressionBuilder, sql } from 'kysely';
import { WindhoverError } from '../../errors.ts';
import type { Box, SampleQuery, SampleRow, SessionRow, StoredTrack, TrackKey, TrackPage, TrackQuery } from './rows.ts';
import type { Store, Tables } from './tables.ts';

const MILLION = 1_000_000;

export function millionths(share: number): number {
  return Math.round(share * MILLION);
}

/** @throws WindhoverError `bad_query`: no cursor of such a page */
export async function tracksOf(store: Store, query: TrackQuery): Promise<TrackPage> {
  const { sort, limit, nowMs } = query;
  const direction = sort === 'oldest' ? 'asc' : 'desc';
  const order = orderOf(sort, nowMs);
  let rows = allTracks(store).select(order.as('place'));
  for (const condition of conditionsOf(query)) rows = rows.where(condition);
  if (query.cursor !== undefined) {
    const [place, no, id] = readCursor(query.cursor);
    const isLater = sql.raw(direction === 'asc' ? '>' : '<');
    rows = rows.where(sql<boolean>`(${order}, tracks.session_no, tracks.id) ${isLater} (${place}, ${no}, ${id})`);
  }
  const found = await rows
    .orderBy(order, direction)
    .orderBy('tracks.session_no', direction)
    .orderBy('tracks.id', direction)
    .limit(limit + 1)
    .execute();
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = found.length > limit && last ? writeCursor([last.place, last.session_no, last.id]) : null;
  return { tracks: page.map(storedTrack), nextCursor };
}

export async function trackOf(store: Store, { session, id }: TrackKey): Promise<StoredTrack | null> {
  const row = await allTracks(store)
    .where('tracks.id', '=', id)
    .where('tracks.session_no', '=', numberOf(store, session))
    .executeTakeFirst();
  return row ? storedTrack(row) : null;
}

export async function samplesOf(store: Store, query: SampleQuery): Promise<SampleRow[]> {
  const { session, id, fromMs, toMs, after, limit } = query;
  let rows = store
    .selectFrom('track_samples')
    .selectAll()
    .where('session_no', '=', numberOf(store, session))
    .where('at_ms', '>=', after?.atMs ?? fromMs)
    .where('at_ms', '<=', toMs);
  if (id !== undefined) rows = rows.where('id', '=', id);
  if (after) rows = rows.where(sql<boolean>`(at_ms, id) > (${after.atMs}, ${after.id})`);
  const found = await rows.orderBy('session_no').orderBy('at_ms').orderBy('id').limit(limit).execute();
  return found.map(({ at_ms: atMs, is_target, conf, x, y, w, h, ...row }) => {
    const bbox = { x: x / MILLION, y: y / MILLION, w: w / MILLION, h: h / MILLION };
    return { session, id: row.id, label: row.label, atMs, conf: conf / MILLION, bbox, isTarget: is_target === 1 };
  });
}

export async function sessionsOf(
  store: Store,
  { camera, afterMs, beforeMs }: { camera: string; afterMs: number; beforeMs: number },
): Promise<SessionRow[]> {
  const seen = store
    .selectFrom('tracks')
    .select('session_no')
    .where('camera_id', '=', camera)
    .where('start_ms', '<=', beforeMs)
    .where((row) => row.or([row('end_ms', 'is', null), row('end_ms', '>=', afterMs)]));
  const rows = await store.selectFrom('sessions').selectAll().where('no', 'in', seen).orderBy('started_ms').execute();
  return rows.map((row) => ({
    ...{ session: row.session_id, camera: row.camera_id, startedMs: row.started_ms },
    ...{ frameWidth: row.frame_w, frameHeight: row.frame_h, space: row.space, sampleMs: row.sample_ms },
  }));
}

function allTracks(store: Store) {
  const tracks = store.selectFrom('tracks').innerJoin('sessions', 'sessions.no', 'tracks.session_no');
  return tracks.selectAll('tracks').select('sessions.session_id');
}

function numberOf(store: Store, session: string) {
  return store.selectFrom('sessions').select('no').where('session_id', '=', session);
}

type Row = ExpressionBuilder<Tables, 'tracks' | 'sessions'>;

function conditionsOf(query: TrackQuery) {
  const { cameras, label, session, zone, afterMs, beforeMs, minScore, isInProgress, minLengthMs, nowMs } = query;
  const conditions: ((row: Row) => ReturnType<Row['and']>)[] = [];
  const add = (condition: (row: Row) => ReturnType<Row['and']>) => void conditions.push(condition);
  if (cameras) add((row) => row.and([cameras.length > 0 ? row('tracks.camera_id', 'in', cameras) : row.val(false)]));
  if (label !== undefined) add((row) => row.and({ label }));
  if (session !== undefined) add((row) => row.and({ 'sessions.session_id': session }));
  if (beforeMs !== undefined) add((row) => row.and([row('start_ms', '<=', beforeMs)]));
  if (afterMs !== undefined) add((row) => row.or([row('end_ms', 'is', null), row('end_ms', '>=', afterMs)]));
  if (minScore !== undefined) add((row) => row.and([row('top_conf', '>=', millionths(minScore))]));
  if (isInProgress !== undefined) add((row) => row.and([row('end_ms', isInProgress ? 'is' : 'is not', null)]));
  if (minLengthMs !== undefined) add((row) => row.and([sql<boolean>`${lengthOf(nowMs)} >= ${minLengthMs}`]));
  if (zone !== undefined) {
    // In the list as it is written; signs of patterns stand for themselves.
    const pattern = `%${JSON.stringify(zone).replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
    add((row) => row.and([sql<boolean>`zones like ${pattern} escape '\\'`]));
  }
  return conditions;
}

function lengthOf(nowMs: number) {
  return sql<number>`(coalesce(end_ms, ${nowMs}) - start_ms)`;
}

function orderOf(sort: TrackQuery['sort'], nowMs: number) {
  if (sort === 'length') return lengthOf(nowMs);
  return sql<number>`${sql.ref(sort === 'score' ? 'tracks.top_conf' : 'tracks.start_ms')}`;
}

type Cursor = readonly [place: number, sessionNo: number, id: number];

function writeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function readCursor(text: string): Cursor {
  try {
    const [place, no, id, ...more]: unknown[] = JSON.parse(Buffer.from(text, 'base64url').toString());
    if ([place, no, id].every(Number.isSafeInteger) && more.length === 0)
      return [Number(place), Number(no), Number(id)];
  } catch (cause) {
    throw new WindhoverError('bad_query', 'cursor: not one that a page gave', { cause });
  }
  throw new WindhoverError('bad_query', 'cursor: not one that a page gave');
}

type FoundTrack = Awaited<ReturnType<ReturnType<typeof allTracks>['executeTakeFirstOrThrow']>>;

function storedTrack(row: FoundTrack): StoredTrack {
  const { best_x: x, best_y: y, best_w: w, best_h: h } = row;
  const best: Box | null =
    x === null || y === null || w === null || h === null
      ? null
      : { x: x / MILLION, y: y / MILLION, w: w / MILLION, h: h / MILLION };
  return {
    ...{
      session: row.session_id,
      id: row.id,
      camera: row.camera_id,
      label: row.label,
      topConf: row.top_conf / MILLION,
    },
    ...{ startMs: row.start_ms, endMs: row.end_ms, zones: JSON.parse(row.zones), best },
    ...{ isRetained: row.retained === 1, isInterrupted: row.interrupted === 1 },
  };
}
