import { describe, expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import { WindhoverError } from '../../runtime/errors.ts';
import { createLog } from '../../runtime/log.ts';
import { OpenSinks } from '../../runtime/sinks/open-sinks.ts';
import { defineSink, type SinkHandle, type SinkHost } from '../../runtime/sinks/sink.ts';
import { FakeSessions } from '../server/fake-sessions.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/patience.ts';

/** A sink whose every step the test decides. */
class Rig {
  readonly log: Record<string, unknown>[] = [];
  readonly pauses: (() => void)[] = [];
  readonly clock = new ManualClock();
  readonly sinks: OpenSinks;
  opened = 0;
  closed = 0;
  host: SinkHost | undefined;
  fail: (error: Error) => void = () => undefined;

  constructor(open: (attempt: number) => void) {
    const sink = defineSink({
      name: 'test',
      doc: 'A sink.',
      options: Type.Object({}, { additionalProperties: false }),
      open: (_options, host): SinkHandle => {
        this.host = host;
        open(++this.opened);
        const failed = new Promise<never>((_resolve, reject) => {
          this.fail = reject;
        });
        const close = async () => void this.closed++;
        return { failed, close, figures: () => ({ written: 3 }) };
      },
    });
    this.sinks = new OpenSinks({
      file: 'server.yaml',
      sinks: [{ sink, options: {} }],
      sessions: new FakeSessions(),
      clock: this.clock,
      log: createLog({ write: (line) => this.log.push(JSON.parse(line)), pretty: false }),
      stateFolder: '/nowhere',
      onAudit: () => () => undefined,
      time: {
        random: () => 0,
        wait: (_ms, signal) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => resolve());
            this.pauses.push(resolve);
          }),
      },
    });
  }

  get errors() {
    return this.log.filter(({ level }) => level === 'error').map(({ code, sink }) => [code, sink]);
  }
}

describe('a sink', () => {
  test('that cannot open is a warning with since when, logged once, and is tried again', async () => {
    const rig = new Rig((attempt) => {
      if (attempt < 3) throw new WindhoverError('no_disk', 'the disk is not there');
    });
    await until('a first failure', () => rig.pauses.length === 1);
    rig.clock.advance(5000);
    rig.pauses[0]?.();
    await until('a second failure', () => rig.pauses.length === 2);
    const [warning] = rig.sinks.warnings();
    expect(warning).toEqual({
      file: 'server.yaml',
      code: 'no_disk',
      message: 'test: the disk is not there',
      since_unix_ms: rig.clock.unixMs() - 5000,
    });
    expect(rig.errors).toEqual([['no_disk', 'test']]);
    rig.pauses[1]?.();
    await until('open', () => rig.sinks.warnings().length === 0);
    expect(rig.sinks.figures()).toEqual({ test: { written: 3 } });
    await rig.sinks.close();
    expect({ opened: rig.opened, closed: rig.closed }).toEqual({ opened: 3, closed: 1 });
  });

  test('that fails later is closed and opened again', async () => {
    const rig = new Rig(() => undefined);
    await until('open', () => Object.keys(rig.sinks.figures().test ?? {}).length > 0);
    rig.fail(new WindhoverError('worker_gone', 'the worker is gone'));
    await until('the failure', () => rig.pauses.length === 1);
    expect(rig.closed).toBe(1);
    expect(rig.sinks.warnings()).toMatchObject([{ code: 'worker_gone' }]);
    rig.pauses[0]?.();
    await until('open again', () => rig.opened === 2 && rig.sinks.warnings().length === 0);
    await rig.sinks.close();
  });

  test('that says itself what is wrong is a warning until it takes it back', async () => {
    const rig = new Rig(() => undefined);
    await until('open', () => rig.opened === 1);
    rig.host?.report({ code: 'behind', message: '10 wait' });
    rig.host?.report({ code: 'behind', message: '20 wait' });
    expect(rig.sinks.warnings()).toMatchObject([{ code: 'behind' }]);
    expect(rig.errors).toEqual([['behind', 'test']]);
    rig.host?.report(null);
    expect(rig.sinks.warnings()).toEqual([]);
    await rig.sinks.close();
  });

  test('with an error that trying again cannot mend stays closed, and says so', async () => {
    const rig = new Rig(() => {
      throw new WindhoverError('bad_file', 'not a database', { permanent: true });
    });
    await until('the failure', () => rig.sinks.warnings().length === 1);
    await rig.sinks.close();
    expect({ opened: rig.opened, pauses: rig.pauses.length }).toEqual({ opened: 1, pauses: 0 });
  });
});
