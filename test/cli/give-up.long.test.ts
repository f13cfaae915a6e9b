/** A batch over HTTP ends with the reason when the server gives no film, or only a part of one. */
import { expect, test } from 'bun:test';
import { startFaulty } from '../../bench/cases/http-faults.ts';
import { ROOT } from '../../bench/pipeline/input.ts';
import { runCommand } from '../support/command.ts';
import { COMPACT_MODEL } from '../support/graphs.ts';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';

const FILM = 'fixtures/sky.mp4';
const FAULTS = [
  { way: '404', code: 'source_not_found' },
  { way: '401', code: 'source_login' },
  { way: '500', code: 'source_busy' },
  { way: 'hang', code: 'source_timeout' },
  { way: 'stall', code: 'source_stalled' },
  { way: 'half', code: 'source_lost' },
];

test.concurrent.each(FAULTS)(
  '--exit-at-end: a server that answers as /$way is an error in the end, $code',
  async ({ way, code }) => {
    await using server = await startFaulty(await Bun.file(`${ROOT}/${FILM}`).bytes());
    const url = `source.url=http://127.0.0.1:${server.port}/${way}/film.mp4`;
    const command = ['graph', 'graphs/file.yaml', '--port', '0', '--exit-at-end', '--set', 'source.open_timeout_s=2'];
    const model = `detect.model=${COMPACT_MODEL}`;
    const { exitCode, stderr } = await runCommand([...command, '--set', model, '--set', url]);
    expect(stderr).toContain('given up after 15 s');
    expect(stderr).toContain(`"code":"${code}"`);
    expect(exitCode).toBe(1);
  },
  LONG_TEST_LIMIT_MS,
);
