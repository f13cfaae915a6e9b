/** What the history loses when it is killed, when the disk is full, and when PostgreSQL is away. */
import { Database } from 'bun:sqlite';
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HistoryStore } from '../../../runtime/sinks/history/store.ts';
import { Folder } from '../../support/graphs.ts';
import { LONG_TEST_LIMIT_MS, until } from '../../support/patience.ts';
import { Postgres } from '../../support/postgres.ts';
import { HistoryRig } from './rig.ts';
import { START_MS } from './rows.ts';

const KILLS = 50;
const SIDE_BY_SIDE = 2;

describe('killed in the middle of writing', () => {
  test(
    `${KILLS} times: the file is whole, all but the last second is there, and each track has one row with an end`,
    async () => {
      using folder = new Folder();
      const files = Array.from({ length: SIDE_BY_SIDE }, (_, i) => folder.file(`history-${i}.db`));
      const told = await Promise.all(files.map((file, i) => killAgainAndAgain(file, `lane${i}`)));
      for (const [i, file] of files.entries()) {
        const rows = await rowsOf(file);
        for (const { camera, tracks, killedMs } of told[i] ?? []) {
          const must = tracks.filter(({ atMs }) => atMs < killedMs - 1000);
          for (const { id } of must) {
            const row = rows.get(`s-${camera}~${id}`);
            const isOpen = id % 3 === 0;
            expect(row).toEqual({ endMs: START_MS + id * 20 + (isOpen ? 0 : 200), interrupted: isOpen ? 1 : 0 });
          }
        }
        expect([...rows.values()].filter(({ endMs }) => endMs === null)).toEqual([]);
        expect(rows.size).toBeGreaterThan(100);
      }
    },
    LONG_TEST_LIMIT_MS,
  );
});

interface Told {
  readonly camera: string;
  readonly tracks: readonly { readonly id: number; readonly atMs: number }[];
  readonly killedMs: number;
}

async function killAgainAndAgain(file: string, lane: string): Promise<Told[]> {
  const told: Told[] = [];
  for (let kill = 0; kill < KILLS / SIDE_BY_SIDE; kill++) {
    const camera = `${lane}-${kill}`;
    const command = [process.execPath, join(import.meta.dir, 'killed-writer.ts'), file, camera];
    const writer = Bun.spawn(command, { stdio: ['ignore', 'pipe', 'inherit'] });
    const tracks: { id: number; atMs: number }[] = [];
    const read = readTold(writer.stdout, tracks);
    await until('it writes', () => hasRows(file, camera));
    const before = tracks.length;
    const toldMs = () => (tracks.at(-1)?.atMs ?? 0) - (tracks[0]?.atMs ?? 0);
    // At any moment of a write, and now and then late enough for what must be there.
    if (kill % 5 === 0) await until('it has told for longer than may be lost', () => toldMs() > 1300);
    else await until('it has told some more', () => tracks.length >= before + ((kill * 7) % 60));
    const killedMs = Date.now();
    writer.kill('SIGKILL');
    await writer.exited;
    await read;
    told.push({ camera, tracks, killedMs });
    const database = new Database(file);
    expect(database.query('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  }
  return told;
}

/** Puts each track that the writer tells of into the list. */
async function readTold(
  output: ReadableStream<Uint8Array<ArrayBuffer>>,
  tracks: { id: number; atMs: number }[],
): Promise<void> {
  let rest = '';
  for await (const chunk of output.pipeThrough(new TextDecoderStream())) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [id = 0, atMs = 0] = line.split(' ').map(Number);
      tracks.push({ id, atMs });
    }
  }
}

function hasRows(file: string, camera: string): boolean {
  try {
    using database = new Database(file, { readonly: true });
    return database.query('select 1 from tracks where camera_id = ?').get(camera) !== null;
  } catch {
    // Not made yet.
    return false;
  }
}

/** After the next start. */
async function rowsOf(file: string) {
  const store = new HistoryStore();
  await store.open({ url: null, file, server: 'test', liveSessions: [] });
  await store.close();
  using database = new Database(file, { readonly: true });
  const query = 'select session_id, id, end_ms, interrupted from tracks join sessions on no = session_no';
  const rows = database
    .query<{ session_id: string; id: number; end_ms: number | null; interrupted: number }, []>(query)
    .all();
  const byKey = new Map(
    rows.map(({ session_id, id, end_ms: endMs, interrupted }) => [`${session_id}~${id}`, { endMs, interrupted }]),
  );
  expect(byKey.size).toBe(rows.length);
  return byKey;
}

describe('a full disk', () => {
  using probe = new Folder();
  const isMountable = mount(probe.path);
  if (isMountable) Bun.spawnSync(['umount', probe.path]);
  const cases = isMountable ? test : test.skip;
  cases(
    `${isMountable ? '' : 'skipped: no right to mount a small disk: '}what waits is written when there is room again`,
    async () => {
      using folder = new Folder();
      const disk = folder.file('disk');
      mkdirSync(disk);
      expect(mount(disk)).toBe(true);
      try {
        await using rig = new HistoryRig({ file: join(disk, 'history.db') });
        rig.track(0, START_MS);
        await rig.written();
        const { bavail, bsize } = statfsSync(disk);
        writeFileSync(join(disk, 'filler'), Buffer.alloc(bavail * bsize - 40_000));
        let id = 1;
        await until('the disk is full', () => {
          if (rig.fault === null) rig.track(id, START_MS + id++ * 1000);
          return rig.fault !== null;
        });
        expect(rig.fault).toMatchObject({ code: 'disk_full', message: expect.stringMatching(/rows wait/) });
        for (const until = id + 500; id < until; id++) rig.track(id, START_MS + id * 1000);
        rmSync(join(disk, 'filler'));
        await until('it works again', () => rig.fault === null);
        await rig.written();
        const { tracks } = await rig.history.reader.tracks({ sort: 'oldest', limit: 100_000, nowMs: 0 });
        expect(tracks.map((track) => track.id)).toEqual(Array.from({ length: id }, (_, i) => i));
        expect(rig.history.figures()).toMatchObject({ lost: 0 });
      } finally {
        Bun.spawnSync(['umount', '-l', disk]);
      }
    },
  );
});

function mount(folder: string): boolean {
  const command = ['mount', '-t', 'tmpfs', '-o', 'size=4m', 'none', folder];
  return process.getuid?.() === 0 && Bun.spawnSync(command, { stderr: 'ignore' }).exitCode === 0;
}

const postgres = await Postgres.start();
if (typeof postgres === 'string') test.skip(`skipped: ${postgres}`, () => undefined);
else {
  afterAll(() => postgres[Symbol.dispose]());
  test('PostgreSQL that is away, also at the start: nothing is lost, and it is said meanwhile', async () => {
    const url = postgres.database('away');
    postgres.halt();
    await using rig = new HistoryRig({ url });
    let id = 0;
    for (const _ of [1, 2]) {
      for (const end = id + 200; id < end; id++) rig.track(id, START_MS + id * 1000);
      await until('it is said', () => rig.fault !== null);
      expect(rig.fault).toMatchObject({ code: 'database_gone', message: expect.stringMatching(/[1-9]\d* rows wait/) });
      await expect(rig.tracks()).rejects.toMatchObject({ code: 'history_unavailable' });
      postgres.resume();
      await until('it works', () => rig.fault === null);
      for (const end = id + 50; id < end; id++) rig.track(id, START_MS + id * 1000);
      await rig.written();
      expect((await rig.tracks()).map((track) => track.id)).toEqual(Array.from({ length: id }, (_, i) => i));
      postgres.halt();
    }
    expect(rig.history.figures()).toMatchObject({ lost: 0 });
    postgres.resume();
  });
}
