/** `bun run check` and `bun run schemas`. */
import { describe, expect, test } from 'bun:test';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_TYPES, schemaFiles, schemasCommand } from '../../runtime/cli/schemas.ts';
import { ROOT, runCommand } from '../support/command.ts';
import { CAMERA_ENV, chain, Folder, graphText } from '../support/graphs.ts';

/** Ten mistakes, each of another kind. */
const TEN_MISTAKES = `version: 2
nodes:
  source:    { use: source, with: { url: "rtsp://\${NO_SUCH_HOST}/x" } }
  decode:    { use: decod, from: source }
  detect:    { use: detect, from: decode, with: { confidence: 3, modle: default } }
  track:     { use: track, from: detect.detection }
  autotrack: { use: autotrack, from: source }
  publish:   { use: publish, from: [track, autotrack], with: { hz: fast } }
  own:       { use: ./not-there.ts, from: track }
`;
const MISTAKES = [
  '1:1 camera: is required',
  '1:10 version: must be 1, got 2',
  '3:42 nodes.source.with.url: the environment variable NO_SUCH_HOST is not set',
  "4:21 nodes.decode.use: no node is called 'decod'; did you mean 'decode'?",
  '5:63 nodes.detect.with.confidence: must be between 0 and 1, got 3',
  "5:66 nodes.detect.with.modle: unknown option 'modle'; did you mean 'model'?",
  "6:34 nodes.track.from: 'detect' has no output 'detection'; did you mean 'detections'?",
  '7:38 nodes.autotrack.from: source gives packets (packet), metadata, but autotrack takes tracks',
  "8:68 nodes.publish.with.hz: must be a number, got the text 'fast'",
  '9:21 nodes.own.use: there is no file ',
];

describe('check', () => {
  test('says that graphs are right, all of them, with exit code 0', async () => {
    const { exitCode, stdout, stderr } = await runCommand(['check', 'graphs/cam01.yaml', 'graphs/file.yaml']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toBe('graphs/cam01.yaml: ok (camera cam01, 8 nodes)\ngraphs/file.yaml: ok (camera file, 5 nodes)\n');
  });

  test.each(['check', 'graph', 'serve'])('%s: a graph with ten mistakes gives ten located lines', async (command) => {
    using folder = new Folder();
    const file = folder.write('ten.yaml', TEN_MISTAKES);
    const { exitCode, stdout, stderr } = await runCommand([command, file]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toEqual(MISTAKES.map((mistake) => expect.stringContaining(`${file}:${mistake}`)));
  });

  test('one bad file among good ones: exit code 1, and only the bad one is spoken of', async () => {
    using folder = new Folder();
    const bad = folder.write('bad.yaml', graphText(chain('asap', { track: '{ use: trac, from: detect }' })));
    const { exitCode, stdout, stderr } = await runCommand(['check', 'graphs/cam01.yaml', bad]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toBe(`${bad}:7:17 nodes.track.use: no node is called 'trac'; did you mean 'track'?\n`);
  });

  test.each(['check', 'graph', 'serve'])(
    '%s: a module that ends the process is a fault like others',
    async (command) => {
      using folder = new Folder();
      folder.write('exits.ts', 'process.exit(0);');
      const file = folder.write('own.yaml', graphText(chain('asap', { own: '{ use: ./exits.ts, from: track }' })));
      const { exitCode, stdout, stderr } = await runCommand([command, file]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr).toBe(
        `${file}:9:15 nodes.own.use: ${folder.file('exits.ts')} ended its process when it was to load (exit code 0)\n`,
      );
    },
  );

  test.each([
    { why: 'a file that is not there', file: 'no.yaml', says: 'no.yaml:1:1: there is no such file\n' },
    { why: 'a folder', file: 'graphs', says: 'graphs:1:1: is a folder, not a file\n' },
    { why: 'a video', file: 'fixtures/sky.mp4', says: 'fixtures/sky.mp4:1:1: is not UTF-8 text\n' },
  ])('$why', async ({ file, says }) => {
    expect(await runCommand(['check', file])).toEqual({ exitCode: 1, stdout: '', stderr: says });
  });

  test('--plan shows workers and rings', async () => {
    const { exitCode, stdout } = await runCommand(['check', '--plan', 'graphs/cam01.yaml']);
    expect(exitCode).toBe(0);
    expect(stdout).toStartWith('camera cam01, pace realtime, from graphs/cam01.yaml\n');
    expect(stdout).toMatch(/^detect +detect \(blocks\)$/m);
    expect(stdout).toMatch(/^decode\.frames +640×512 /m);
    expect(stdout).toMatch(/^detections +detect\.detections in detect +track\.detections in track$/m);
  });

  test('--plan=mermaid gives a flowchart; another word is refused', async () => {
    const { exitCode, stdout } = await runCommand(['check', 'graphs/cam01.yaml', '--plan=mermaid']);
    expect(exitCode).toBe(0);
    expect(stdout).toStartWith('flowchart LR\n  subgraph w0["worker source"]\n');
    expect(stdout).toMatch(/n1 == "640×512 \w+, [\w-]+" ==> n2/);
    const refused = await runCommand(['check', 'graphs/cam01.yaml', '--plan=svg']);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('--plan; expected text or mermaid, got svg');
  });

  test('every graph that comes with the project is right', async () => {
    const files = readdirSync(join(ROOT, 'graphs'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.yaml'),
    );
    expect(files.length).toBeGreaterThan(2);
    const { exitCode, stderr } = await runCommand(['check', ...files.map((file) => join('graphs', file))], {
      env: CAMERA_ENV,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });
});

describe('schemas', () => {
  test('the committed files are what the command writes (else: bun run schemas)', async () => {
    const committed = Object.keys(await schemaFiles()).map((name) => [
      name,
      readFileSync(join(ROOT, 'schemas', name), 'utf8'),
    ]);
    expect(Object.fromEntries(committed)).toEqual(await schemaFiles());
    const others = readdirSync(join(ROOT, 'schemas')).filter((name) => name.endsWith('.schema.json'));
    expect(others.toSorted()).toEqual(Object.keys(await schemaFiles()).toSorted());
  });

  test('the command writes each of them and names it', async () => {
    using folder = new Folder();
    mkdirSync(folder.file('schemas'));
    const written: string[] = [];
    const stdout = Object.assign(Object.create(process.stdout), { write: (text: string) => written.push(text) > 0 });
    const surroundings = { env: {}, cwd: folder.path, root: folder.path, stdout, stderr: process.stderr };
    expect(await schemasCommand([], surroundings)).toBe(0);
    const files = Object.keys(await schemaFiles());
    expect(written.join('')).toBe([...files.map((name) => `schemas/${name}`), API_TYPES].join('\n').concat('\n'));
    for (const name of files)
      expect(readFileSync(folder.file(`schemas/${name}`), 'utf8')).toBe((await schemaFiles())[name] ?? '');
    expect(readFileSync(folder.file(API_TYPES), 'utf8')).toBe(readFileSync(join(ROOT, API_TYPES), 'utf8'));
  });
});
