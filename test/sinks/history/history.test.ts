/** The history of a server, on the real thread and file: nothing that goes wrong with the file costs more than it must. */
import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../support/command.ts';
import { Folder } from '../../support/graphs.ts';
import { until } from '../../support/patience.ts';
import { firstLine } from '../../support/processes.ts';
import { HistoryRig } from './rig.ts';
import { START_MS } from './rows.ts';

describe('the history', () => {
  test('writes what sessions say within a second, and has it after a restart', async () => {
    using folder = new Folder();
    const file = folder.file('history.db');
    {
      await using rig = new HistoryRig({ file });
      rig.track(1, START_MS);
      rig.event('new', 2, START_MS + 5000);
      await rig.written();
      rig.track(3, START_MS + 9000);
    }
    await using rig = new HistoryRig({ file });
    const tracks = await rig.tracks();
    expect(tracks.map(({ id, endMs }) => [id, endMs])).toEqual([
      [1, START_MS + 200],
      // The session is still there: it goes on.
      [2, null],
      [3, START_MS + 9200],
    ]);
    const all = { session: 's-cam_01', id: 1, fromMs: 0, toMs: START_MS + 1000, limit: 10 };
    expect((await rig.history.reader.samples(all)).map(({ atMs }) => atMs - START_MS)).toEqual([0, 200]);
    expect(rig.faults.filter((fault) => fault !== null)).toEqual([]);
  });

  test('has the entries of the audit log, and commands to the camera', async () => {
    using folder = new Folder();
    const file = folder.file('history.db');
    {
      await using rig = new HistoryRig({ file });
      const same = { time_unix_ms: START_MS, request_id: 'r1', caller: 'bob', role: 'admin', address: null };
      for (const outcome of ['ok', 'ok']) rig.audit({ ...same, action: 'set_target_id', camera: 'cam_01', outcome });
      rig.audit({ ...same, request_id: 'r2', action: 'PATCH /settings', outcome: '403' });
      const cmd = { pan: 0.5, tilt: 0, zoom: -1 };
      rig.ptz(START_MS, cmd);
      rig.ptz(START_MS + 1, cmd);
    }
    using database = new Database(file);
    expect(database.query('select request_id, caller, action, result, details from audit').all()).toEqual([
      {
        ...{ request_id: 'r1', caller: 'bob', action: 'set_target_id', result: 'ok' },
        details: '{"role":"admin","address":null,"camera":"cam_01"}',
      },
      {
        ...{ request_id: 'r2', caller: 'bob', action: 'PATCH /settings', result: '403' },
        details: '{"role":"admin","address":null}',
      },
    ]);
    const commands = database.query('select at_ms, pan, tilt, zoom, result, round_trip_ms from ptz_commands').all();
    expect(commands).toEqual([{ at_ms: START_MS, pan: 0.5, tilt: 0, zoom: -1, result: 'ready', round_trip_ms: 12 }]);
  });

  test('a damaged file is set aside under a name that is told, and a new one is begun', async () => {
    using folder = new Folder();
    const file = folder.write('history.db', 'SQLite format 3\0 and then nothing of the kind '.repeat(300));
    await using rig = new HistoryRig({ file });
    rig.track(1, START_MS);
    await rig.written();
    expect(await rig.tracks()).toHaveLength(1);
    const [kept] = readdirSync(folder.path).filter((name) => name.includes('.damaged-'));
    expect(kept).toBeDefined();
    await until('it is told', () => rig.fault !== null);
    expect(rig.fault).toMatchObject({
      code: 'database_damaged',
      message: expect.stringContaining(folder.file(kept ?? '')),
    });
    expect(await Bun.file(folder.file(kept ?? '')).text()).toContain('nothing of the kind');
  });

  test('a page that is damaged while it runs: the same, and what waits goes into the new file', async () => {
    using folder = new Folder();
    const file = folder.file('history.db');
    {
      await using rig = new HistoryRig({ file });
      for (let id = 0; id < 200; id++) rig.track(id, START_MS + id * 1000);
      await rig.written();
    }
    const bytes = Buffer.from(await Bun.file(file).arrayBuffer());
    bytes.fill(0xa5, 4096);
    writeFileSync(file, bytes);
    await using rig = new HistoryRig({ file });
    rig.track(1000, START_MS);
    await rig.written();
    expect((await rig.tracks()).map(({ id }) => id)).toEqual([1000]);
    expect(readdirSync(folder.path).some((name) => name.includes('.damaged-'))).toBe(true);
  });

  test('a file that another program holds: it waits, says so, and writes all of it afterwards', async () => {
    using folder = new Folder();
    const file = folder.file('history.db');
    await using rig = new HistoryRig({ file });
    rig.track(1, START_MS);
    await rig.written();
    const other = new Database(file);
    other.run('begin exclusive');
    rig.track(2, START_MS + 1000);
    await until('it says so', () => rig.fault !== null);
    expect(rig.fault).toMatchObject({ code: 'database_locked', message: expect.stringMatching(/[1-9]\d* rows wait/) });
    other.run('rollback');
    other.close();
    await until('it works again', () => rig.fault === null);
    expect((await rig.tracks()).map(({ id }) => id)).toEqual([1, 2]);
    expect(rig.history.figures()).toMatchObject({ waiting: 0, lost: 0 });
  });

  test('a row that the database refuses is left out, counted and told; what comes with it is written', async () => {
    using folder = new Folder();
    await using rig = new HistoryRig({ file: folder.file('history.db') });
    rig.track(1, START_MS);
    const same = { time_unix_ms: START_MS, caller: 'bob', role: 'admin', address: null, outcome: 'ok' };
    for (const id of [1, 2]) rig.audit({ ...same, request_id: `r${id}`, action: null as never });
    rig.track(2, START_MS + 1000);
    await rig.written();
    await until('it says so', () => rig.fault !== null);
    expect(rig.fault).toMatchObject({
      code: 'rows_refused',
      message: expect.stringMatching(/^2 rows were refused .*entry r2 of the audit log.*NOT NULL/),
    });
    expect((await rig.tracks()).map(({ id }) => id)).toEqual([1, 2]);
    expect(rig.history.figures()).toMatchObject({ waiting: 0, lost: 0, refused: 2 });
    rig.track(3, START_MS + 2000);
    await rig.written();
    expect((await rig.tracks()).map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  test('a folder that cannot be made, and then can', async () => {
    using folder = new Folder();
    const place = folder.write('place', 'a file where a folder is wanted');
    await using rig = new HistoryRig({ file: `${place}/history.db` });
    rig.track(1, START_MS);
    await until('it says so', () => rig.fault !== null);
    await Bun.file(place).delete();
    mkdirSync(place);
    chmodSync(place, 0o700);
    await until('it works', () => rig.fault === null);
    expect(await rig.tracks()).toHaveLength(1);
  });

  test('the file of another server is left alone until that is gone', async () => {
    using folder = new Folder();
    const file = folder.file('history.db');
    const command = [process.execPath, join(ROOT, 'test/support/lock-holder.ts'), `${file}.lock`];
    const holder = Bun.spawn(command, { stdout: 'pipe' });
    await firstLine(holder);
    await using rig = new HistoryRig({ file });
    rig.track(1, START_MS);
    await until('it says so', () => rig.fault !== null);
    expect(rig.fault).toMatchObject({ code: 'history_in_use', message: expect.stringContaining(String(holder.pid)) });
    expect(existsSync(file)).toBe(false);
    holder.kill('SIGKILL');
    await holder.exited;
    await until('it works', () => rig.fault === null);
    expect(await rig.tracks()).toHaveLength(1);
  });

  test('when the hub gives it nothing more, it is begun again', async () => {
    using folder = new Folder();
    await using rig = new HistoryRig({ file: folder.file('history.db') });
    rig.sessions.emit('s-cam_01', 'tick', 'no JSON');
    await expect(rig.history.failed).rejects.toMatchObject({ code: 'history_dropped' });
  });
});
