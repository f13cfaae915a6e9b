/** README and docs are true: their commands run, their code is the code that ships, their links lead to files. */
import { describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { builtinNodes } from '../nodes/index.ts';
import { loadContracts } from '../runtime/graph/modules.ts';
import { ROOT, RunningCommand, runCommand } from './support/command.ts';
import { CAMERA_ENV, COMPACT_MODEL, chain, Folder, graphText } from './support/graphs.ts';
import { PATIENCE_MS, TEST_LIMIT_MS, until } from './support/patience.ts';

const PAGES = ['README.md', ...new Bun.Glob('docs/*.md').scanSync({ cwd: ROOT })].toSorted();

/**
 * Each `sh` block, and how a test runs it: on a free port, with files of its own. What does not end by
 * itself is stopped as soon as it is ready.
 */
const COMMANDS: Record<string, (folder: Folder) => string[]> = {
  'npx -y bun@1.4.5 run graph graphs/cam01.yaml': () => ['graph', 'graphs/cam01.yaml', '--port', '0'],
  // This very run.
  'npx -y bun@1.4.5 run test': () => [],
  'bun run graph graphs/file.yaml --set source.url=my-video.mp4 --set detect.model=my-model.onnx --jsonl out.jsonl --exit-at-end':
    (folder) => [
      ...['graph', 'graphs/file.yaml', '--set', 'source.url=fixtures/sky-pan.mp4'],
      ...[
        '--set',
        `detect.model=${COMPACT_MODEL}`,
        '--jsonl',
        folder.file('out.jsonl'),
        '--exit-at-end',
        '--port',
        '0',
      ],
    ],
  'bun run replay fixtures/session.jsonl --video fixtures/sky.mp4 --loop': () => [
    ...['replay', 'fixtures/session.jsonl', '--video', 'fixtures/sky.mp4', '--loop', '--port', '0'],
  ],
  ...Object.fromEntries(
    ['large-only', 'label-count'].map((name) => {
      const graph = `graphs/custom-node/${name}.yaml`;
      return [`bun run graph ${graph}`, () => ['graph', graph, '--port', '0']];
    }),
  ),
};

/** What the pages show of a terminal: each `console` block, and the folder and project that the test runs it in. */
const SESSIONS: Record<string, (folder: Folder) => { cwd?: string; root?: string }> = {
  'bun run check my-graph.yaml': (folder) => {
    const text = read('graphs/cam01.yaml')
      .split('\n')
      .filter((line) => !line.startsWith('#') && !/ (zones|autotrack):/.test(line));
    const graph = text
      .map((line) => line.replace('decode,    from: source', 'decode,    from: source, with: { fsp: 10 }'))
      .map((line) => line.replace('{ model: default }', '{ model: default, confidence: 3 }'))
      .map((line) => line.replace('from: [zones, autotrack]', 'from: track'));
    folder.write('my-graph.yaml', graph.join('\n'));
    return { cwd: folder.path };
  },
  // Only what ships: a developer's folder may hold downloaded models.
  'bun run models': (folder) => {
    mkdirSync(folder.file('models'));
    for (const name of ['default.onnx', 'default-float.onnx', 'fast.onnx', 'registry.json']) {
      symlinkSync(join(ROOT, 'models', name), folder.file(`models/${name}`));
    }
    return { root: folder.path };
  },
};

describe('README and docs', () => {
  test('use only kinds of blocks that are looked at here', () => {
    const kinds = new Set(PAGES.flatMap((page) => [...read(page).matchAll(/^```(\w+)$/gm)].map(([, kind]) => kind)));
    expect([...kinds].toSorted()).toEqual(['console', 'html', 'js', 'json', 'mermaid', 'sh', 'ts', 'yaml']);
  });

  test.each(blocksOf('json'))('JSON: %s', (block) => {
    expect(JSON.parse(block)).toBeObject();
  });

  test.each(blocksOf('console'))('terminal: %s', async (block) => {
    const [, command = '', output] = /^\$ (.*)\n([\s\S]*)$/.exec(block) ?? [];
    const where = SESSIONS[command];
    if (!where) throw new Error(`the test does not know how to run: ${command}`);
    using folder = new Folder();
    const { stdout, stderr } = await runCommand(command.split(' ').slice(2), where(folder));
    expect(stdout + stderr).toBe(output ?? '');
  });

  test('the page of commands names every command', async () => {
    const { stdout } = await runCommand(['--help']);
    const names = [...stdout.matchAll(/^ {2}bun run (\w+)/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) expect(read('docs/cli.md')).toContain(`\`bun run ${name}`);
  });

  test.each([...new Set(blocksOf('sh'))])(
    'command: %s',
    async (command) => {
      const toArgs = COMMANDS[command.trim()];
      if (!toArgs) throw new Error(`the test does not know how to run: ${command}`);
      using folder = new Folder();
      const args = toArgs(folder);
      if (args.length === 0) return;
      await using running = new RunningCommand(args);
      await running.ready();
      if (!args.includes('--exit-at-end')) running.signal('SIGINT');
      const { exitCode, stdout, stderr } = await running.finished();
      expect(stderr).not.toContain('"level":"error"');
      expect(stdout).toMatch(
        /^listening http:\/\/127\.0\.0\.1:\d+\nready http:\/\/127\.0\.0\.1:\d+ session=\S+ camera=\S+\n$/,
      );
      expect(exitCode).toBe(0);
    },
    TEST_LIMIT_MS,
  );

  test('shows the graph and the node that ship', () => {
    const withoutComments = (text: string) =>
      text.split('\n').filter((line) => !/^# (?!yaml-language-server)/.test(line));
    const graph = withoutComments(read('graphs/cam01.yaml'));
    const shown = blocksOf('yaml').filter((block) => block.includes('version: 1'));
    expect(shown.map(withoutComments)).toEqual(shown.map(() => graph));
    expect(shown).toHaveLength(2);
    const nodes = ['min-size', 'label-count'].map((name) => read(`graphs/custom-node/${name}.ts`));
    expect(blocksOf('ts')).toEqual(nodes.map((node) => node.slice(node.indexOf('import'))));
  });

  test(
    'the WebSocket client selects a track, and the settings are changed and written',
    async () => {
      using folder = new Folder();
      const graph = folder.write('cam01.yaml', read('graphs/cam01.yaml'));
      await using server = new RunningCommand(['graph', graph, '--port', '0']);
      const { url, session } = await server.ready();
      const [change = '', code = ''] = blocksOf('js');
      const file = folder.write('client.js', code.replace('http://127.0.0.1:8080', url));
      const client = Bun.spawn([process.execPath, file], { stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        let selected: number | null = null;
        await until(
          'a selected target',
          () => {
            void server.sessionView(url, session).then((view) => {
              selected = view.selected_target_id;
            });
            return selected !== null;
          },
          PATIENCE_MS,
        );
        expect(selected).toBeGreaterThan(0);
      } finally {
        client.kill();
        await client.exited;
      }
      expect(await new Response(client.stdout).text()).toMatch(/\d+ \d+ (drone|airplane|flying) 0\.\d+/);
      const settings = folder.write('settings.js', change.replace('http://127.0.0.1:8080', url));
      const changing = Bun.spawn([process.execPath, settings], { stdio: ['ignore', 'pipe', 'inherit'] });
      expect(await new Response(changing.stdout).text()).toContain('"cam01.detect.confidence"');
      const text = readFileSync(graph, 'utf8');
      expect(text).toBe(read('graphs/cam01.yaml').replace('{ model: default }', '{ model: default, confidence: 0.4 }'));
    },
    TEST_LIMIT_MS,
  );
});

test('sources that are shown are right', async () => {
  using folder = new Folder();
  const shown = blocksOf('yaml').filter((block) => block.startsWith('source:'));
  const files = shown.map((block, i) => {
    const rest = graphText(chain('realtime'), `shown-${i}`).replace(/^ {2}source: .*\n/m, '');
    return folder.write(`shown-${i}.yaml`, rest + block.trim().replaceAll(/^/gm, '  '));
  });
  const names = [...shown.join().matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, 'a-value'] as const);
  const { exitCode, stdout, stderr } = await runCommand(['check', ...files], { env: Object.fromEntries(names) });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout.match(/: ok/g)).toHaveLength(shown.length);
});

const contracts = await loadContracts(builtinNodes);

describe('documentation', () => {
  const pages = [...new Bun.Glob('**/*.md').scanSync({ cwd: ROOT })].filter((page) => !page.includes('node_modules'));

  test.each(pages)('links of %s lead to files', (page) => {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)#\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      expect(existsSync(join(ROOT, dirname(page), target)) ? target : `missing: ${target}`).toBe(target);
    }
  });

  test.each(contracts.map((node) => [node.name, node] as const))('%s: its README names every option', (name, node) => {
    const text = read(`nodes/${name}/README.md`);
    for (const option of Object.keys(node.params.properties)) expect(text).toContain(`\`${option}\``);
  });
});

test.each(contracts.map((node) => [node.name, node] as const))(
  '%s: its live options are those in docs/graphs.md',
  (name, node) => {
    const row = new RegExp(`^\\| \`${name}\` \\| (.*) \\|$`, 'm').exec(
      read('docs/graphs.md').split('## Editing')[1] ?? '',
    );
    const listed = (row?.[1] ?? '').split(', ').filter((option) => option !== '');
    const live = Object.entries(node.params.properties).filter(([, schema]) => schema.live === true);
    expect(listed.toSorted()).toEqual(live.map(([option]) => `\`${option}\``).toSorted());
  },
);

describe('shipped graphs', () => {
  const graphs = [...new Bun.Glob('graphs/**/*.yaml').scanSync({ cwd: ROOT })].toSorted();

  test('are all run by a test', () => {
    // cam01, label-count and large-only: above. file: above, with another clip. replay: below. clip: test/cli/checkout. still:
    // test/cli/still.long. octagon and onvif move the virtual camera: test/e2e/real-cameras. onvif-metadata: test/live/metadata.long.
    const known = [
      'cam01',
      'clip',
      'custom-node/label-count',
      'custom-node/large-only',
      'file',
      'octagon',
      'onvif-metadata',
      'onvif',
      'replay',
      'still',
    ];
    expect(graphs).toEqual(known.map((name) => `graphs/${name}.yaml`));
  });

  test.each([
    // With the default model, a picture in five: all of them are in test/cli/checkout.long.
    { graph: 'graphs/file.yaml', sets: ['--set', 'decode.fps=5'], count: 60 },
    { graph: 'graphs/replay.yaml', sets: [], count: 300 },
  ])(
    '$graph runs to its end',
    async ({ graph, sets, count }) => {
      using folder = new Folder();
      const jsonl = folder.file('out.jsonl');
      const command = ['graph', graph, ...sets, '--port', '0', '--jsonl', jsonl, '--exit-at-end'];
      const { exitCode } = await runCommand(command);
      expect(exitCode).toBe(0);
      const ticks = readFileSync(jsonl, 'utf8')
        .split('\n')
        .filter((line) => line.includes('"metadata_tick"'));
      expect(ticks).toHaveLength(count);
    },
    TEST_LIMIT_MS,
  );

  test('are found by the checker, all of them', async () => {
    const { exitCode, stdout } = await runCommand(['check', ...graphs], { env: CAMERA_ENV });
    expect(stdout.split('\n').filter((line) => line.includes(': ok'))).toHaveLength(graphs.length);
    expect(exitCode).toBe(0);
  });
});

test('every fixture is used by a test', () => {
  const tests =
    [...new Bun.Glob('test/**/*.ts').scanSync({ cwd: ROOT })].map(read).join('\n') + read('graphs/replay.yaml');
  for (const entry of readdirSync(join(ROOT, 'fixtures'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /\.(md|ts)$/.test(entry.name)) continue;
    // Of the contract all are read. Clips are listed by their names without suffix where tests go through all of them.
    if (entry.parentPath.endsWith('/contract')) continue;
    const stem = entry.name.replace(/(\.(truth|detections))?\.(mp4|jsonl)$/, '');
    expect(tests.includes(stem) ? entry.name : `unused: ${entry.name}`).toBe(entry.name);
  }
});

/** The fenced blocks of a language on all pages. */
function blocksOf(language: string): string[] {
  const text = PAGES.map(read).join('\n');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, body]) => body ?? '');
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
