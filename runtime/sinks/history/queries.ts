/** What is read from the history. Pages are found by the last row of the one before, so that each costs the same. */
import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
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
  let rows = store.selectFrom('tracks').selectAll().select(order.as('place'));
  for (const condition of conditionsOf(query)) rows = rows.where(condition);
  if (query.session !== undefined) rows = rows.where('session_no', '=', numberOf(store, query.session));
  if (query.afterMs !== undefined) rows = rows.where('start_ms', '>=', await earliestStart(store, query.afterMs));
  if (query.cursor !== undefined) {
    const [place, no, id] = readCursor(query.cursor);
    const isLater = sql.raw(direction === 'asc' ? '>' : '<');
    rows = rows.where(sql<boolean>`(${order}, session_no, id) ${isLater} (${place}, ${no}, ${id})`);
  }
  const found = await rows
    .orderBy(order, direction)
    .orderBy('session_no', direction)
    .orderBy('id', direction)
    .limit(limit + 1)
    .execute();
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = found.length > limit && last ? writeCursor([last.place, last.session_no, last.id]) : null;
  return { tracks: await storedTracks(store, page), nextCursor };
}

export async function trackOf(store: Store, { session, id }: TrackKey): Promise<StoredTrack | null> {
  const rows = store.selectFrom('tracks').selectAll().where('id', '=', id);
  const found = await rows.where('session_no', '=', numberOf(store, session)).execute();
  return (await storedTracks(store, found))[0] ?? null;
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
    .where('start_ms', '>=', await earliestStart(store, afterMs))
    .where((row) => row.or([row('end_ms', 'is', null), row('end_ms', '>=', afterMs)]));
  const rows = await store.selectFrom('sessions').selectAll().where('no', 'in', seen).orderBy('started_ms').execute();
  return rows.map((row) => ({
    ...{ session: row.session_id, camera: row.camera_id, startedMs: row.started_ms },
    ...{ frameWidth: row.frame_w, frameHeight: row.frame_h, space: row.space, sampleMs: row.sample_ms },
  }));
}

/** No track that lasted into this time began earlier: so that only those around it are looked at, however many there are. */
async function earliestStart(store: Store, afterMs: number): Promise<number> {
  const length = sql<number>`(end_ms - start_ms)`;
  const longest = store.selectFrom('tracks').select(length.as('ms')).where(length, 'is not', null);
  const found = await longest.orderBy(length, 'desc').limit(1).executeTakeFirst();
  const open = store
    .selectFrom('tracks')
    .select((row) => row.fn.min('start_ms').as('ms'))
    .where('end_ms', 'is', null);
  const { ms } = await open.executeTakeFirstOrThrow();
  return Math.min(afterMs - (found?.ms ?? 0), ms ?? afterMs);
}

function numberOf(store: Store, session: string) {
  return store.selectFrom('sessions').select('no').where('session_id', '=', session);
}

type Row = ExpressionBuilder<Tables, 'tracks'>;

function conditionsOf(query: TrackQuery) {
  const { cameras, label, zone, afterMs, beforeMs, minScore, isInProgress, minLengthMs, nowMs } = query;
  const conditions: ((row: Row) => ReturnType<Row['and']>)[] = [];
  const add = (condition: (row: Row) => ReturnType<Row['and']>) => void conditions.push(condition);
  if (cameras) add((row) => row.and([cameras.length > 0 ? row('camera_id', 'in', cameras) : row.val(false)]));
  if (label !== undefined) add((row) => row.and({ label }));
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
  return sql<number>`${sql.ref(sort === 'score' ? 'top_conf' : 'start_ms')}`;
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

async function storedTracks(store: Store, rows: readonly Selectable<Tables['tracks']>[]): Promise<StoredTrack[]> {
  const numbers = [...new Set(rows.map(({ session_no }) => session_no))];
  if (numbers.length === 0) return [];
  const sessions = await store.selectFrom('sessions').select(['no', 'session_id']).where('no', 'in', numbers).execute();
  const names = new Map(sessions.map(({ no, session_id }) => [no, session_id]));
  return rows.map((row) => storedTrack(row, names.get(row.session_no) ?? ''));
}

function storedTrack(row: Selectable<Tables['tracks']>, session: string): StoredTrack {
  const { best_x: x, best_y: y, best_w: w, best_h: h } = row;
  const best: Box | null =
    x === null || y === null || w === null || h === null
      ? null
      : { x: x / MILLION, y: y / MILLION, w: w / MILLION, h: h / MILLION };
  return {
    ...{
      session,
      id: row.id,
      camera: row.camera_id,
      label: row.label,
      topConf: row.top_conf / MILLION,
    },
    ...{ startMs: row.start_ms, endMs: row.end_ms, zones: JSON.parse(row.zones), best },
    ...{ isRetained: row.retained === 1, isInterrupted: row.interrupted === 1 },
  };
}
