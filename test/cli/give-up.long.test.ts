import { expect, test } from 'bun:test';
import { runCommand } from '../support/command.ts';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';

test(
  '--exit-at-end: a film that a server does not have is an error in the end',
  async () => {
    using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('', { status: 404 }) });
    const url = `source.url=http://127.0.0.1:${server.port}/film.mp4`;
    const { exitCode, stderr } = await runCommand([
      'graph',
      'graphs/file.yaml',
      '--port',
      '0',
      '--exit-at-end',
      '--set',
      url,
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('given up after 15 s');
    expect(stderr).toContain('source_not_found');
  },
  LONG_TEST_LIMIT_MS,
);
