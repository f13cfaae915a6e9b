// biome-ignore-all lint/suspicious/noTemplateCurlyInString: graphs hold variables
/** The password of a camera is in no answer and in no line of the log, from the environment or from the graph. */
import { expect, test } from 'bun:test';
import { RunningCommand, runCommand } from '../support/command.ts';
import { chain, Folder, graphText } from '../support/graphs.ts';
import { PATIENCE_MS, TEST_LIMIT_MS, until } from '../support/patience.ts';

const PASSWORD = 'pa$$:w/0rd "1000"';
const URL_FORM = encodeURIComponent(PASSWORD);

/** Fails with the place when the password, in any of its forms, is in the text. */
function expectClean(where: string, text: string): void {
  for (const form of [PASSWORD, URL_FORM, JSON.stringify(PASSWORD).slice(1, -1)]) {
    if (text.includes(form)) throw new Error(`the password is in ${where}: ${text}`);
  }
}

const IN_ENV = '${CAM_PASSWORD}';

test.concurrent.each([
  { password: PASSWORD, written: IN_ENV },
  { password: 'simple1000', written: IN_ENV },
  { password: '1000', written: IN_ENV },
  { password: 'level', written: IN_ENV },
  { password: 'gehe/im@h#w?t', written: encodeURIComponent('gehe/im@h#w?t') },
])(
  'the password $password of a camera, written as $written',
  async ({ password, written }) => {
    using folder = new Folder();
    const source = `{ use: source, with: { url: "rtsp://user:${written}@127.0.0.1:1/x" } }`;
    const file = folder.write('secret.yaml', graphText(chain('realtime', { source })));
    const env = { CAM_PASSWORD: password };
    await using command = new RunningCommand(['graph', file, '--port', '0'], { env });
    const url = await command.url();
    await until('the fault', () => command.stderr.includes('source_'), PATIENCE_MS);
    const answers = ['/sessions', '/readyz', '/cameras', '/openapi/json', '/healthz'].map(async (path) => {
      const text = await (await fetch(`${url}${path}`)).text();
      const shown = path === '/openapi/json' && password === 'level' ? '' : text;
      return [path, shown.replaceAll(/\d{10,}/g, '')] as const;
    });
    for (const [path, text] of await Promise.all(answers)) {
      expectClean(path, text);
      expect(text).not.toMatch(/gehe|im@h/);
      expect(text).not.toContain(`:${password}@`);
    }
    command.signal('SIGINT');
    const { exitCode, stdout, stderr } = await command.finished();
    expect(exitCode).toBe(0);
    expectClean('stdout', stdout);
    expectClean('stderr', stderr);
    expect(stderr).not.toMatch(/gehe|im@h/);
    expect(stderr).not.toContain(`:${password}@`);
    // What is left is still a line of JSON.
    for (const line of stderr.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('level');
  },
  TEST_LIMIT_MS,
);

test('a password in the graph itself is kept out of messages too', async () => {
  using folder = new Folder();
  const source = '{ use: source, with: { url: "rtsp://user:hunter22@127.0.0.1:1/x", pace: fast } }';
  const file = folder.write('secret.yaml', graphText(chain('realtime', { source })));
  const { exitCode, stderr } = await runCommand(['check', file]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('nodes.source.with.pace');
  expect(stderr).not.toContain('hunter22');
});

test.each(['/', '?', '#'])(
  'a raw %s in the password of a URL is refused, and the password is not shown',
  async (mark) => {
    using folder = new Folder();
    const source = `{ use: source, with: { url: "rtsp://user:gehe${mark}im@h@127.0.0.1:1/x" } }`;
    const file = folder.write('secret.yaml', graphText(chain('realtime', { source })));
    const { exitCode, stderr } = await runCommand(['check', file]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`the password in the URL holds a raw ${mark}`);
    expect(stderr).not.toMatch(/gehe|im@h/);
  },
);
