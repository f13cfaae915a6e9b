/**
 * `bun run release`: a folder and an archive with what a production machine of this platform needs: the product, its
 * models, and its dependencies without those of development and of other platforms.
 *
 *     dist/windhover-0.1.0-linux-x64/           to be copied as it is; `bin/windhover graph graphs/cam01.yaml` runs it
 *     dist/windhover-0.1.0-linux-x64.tar.gz
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import packageJson from '../package.json';
import { markInstalled } from '../runtime/dependencies.ts';

const ROOT = resolve(import.meta.dir, '..');
const PLATFORM = `${process.platform}-${process.arch}`;
const PARTS = [
  ...['LICENSE', 'README.md', 'CHANGELOG.md', 'bun.lock', 'bunfig.toml', 'package.json', 'tsconfig.json'],
  ...[
    'deploy',
    'docs',
    'fixtures',
    'graphs',
    'models',
    'motion',
    'nodes',
    'ptz',
    'runtime',
    'schemas',
    'sim',
    'timing',
    'web',
    'webrtc',
  ],
];
/** Not needed where it runs. */
const LEFT_OUT = [
  /^models\/training$/,
  /^models\/(?!default\.|default-float\.|fast\.).*\.onnx/,
  /^web\/client\/dist$/,
  /__pycache__$/,
];
const START = `#!/bin/sh
# Needs Bun ${packageJson.engines.bun}: on the PATH, or named by BUN.
here=$(dirname "$(readlink -f "$0")")
exec "\${BUN:-bun}" "$here/../runtime/main.ts" "$@"
`;

interface Release {
  readonly folder: string;
  /** Without one: `--folder-only`. */
  readonly archive: string | undefined;
}

/** Makes it anew in a folder `out`. @throws Error when a step fails, with the output of its command */
export function release(out: string, withArchive: boolean): Release {
  const name = `windhover-${packageJson.version}-${PLATFORM}`;
  const folder = join(out, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'bin'), { recursive: true });
  for (const part of PARTS.filter((each) => existsSync(join(ROOT, each)))) {
    cpSync(join(ROOT, part), join(folder, part), {
      recursive: true,
      filter: (path) => !LEFT_OUT.some((pattern) => pattern.test(path.slice(ROOT.length + 1))),
    });
  }
  writeFileSync(join(folder, 'bin/windhover'), START);
  chmodSync(join(folder, 'bin/windhover'), 0o755);
  // Elysia names the TypeScript compiler and the types of Bun as peers: 40 MB that nothing loads.
  run([process.execPath, 'install', '--production', '--frozen-lockfile', '--omit=peer'], folder);
  prune(join(folder, 'node_modules'));
  markInstalled(folder);
  if (!withArchive) return { folder, archive: undefined };
  const archive = `${folder}.tar.gz`;
  run(['tar', '-czf', archive, '-C', out, name], out);
  return { folder, archive };
}

/** Takes out ONNX Runtime for other platforms (245 MB), and source maps. */
function prune(modules: string): void {
  const libraries = join(modules, 'onnxruntime-node/bin/napi-v6');
  for (const platform of readdirSync(libraries)) {
    if (platform !== process.platform) rmSync(join(libraries, platform), { recursive: true });
  }
  for (const arch of readdirSync(join(libraries, process.platform))) {
    if (arch !== process.arch) rmSync(join(libraries, process.platform, arch), { recursive: true });
  }
  for (const map of new Bun.Glob('**/*.map').scanSync({ cwd: modules, dot: true })) rmSync(join(modules, map));
}

/** What the largest parts are for. */
const WHAT_FOR: readonly (readonly [path: string, why: string])[] = [
  ['node_modules/@seydx', 'FFmpeg, linked into one library with its binding: every decoder and protocol'],
  ['node_modules/onnxruntime-node', 'ONNX Runtime of this platform'],
  ['node_modules/werift', 'WebRTC: WHEP in, preview out'],
  ['node_modules/mediabunny', 'a dependency of werift'],
  ['node_modules', 'all dependencies'],
  ['models', 'the models that are shipped'],
  ['.', 'all of it'],
];

function sizes(folder: string): string {
  return WHAT_FOR.map(([path, why]) => `${megabytes(join(folder, path)).padStart(7)} MB  ${path}: ${why}\n`).join('');
}

function megabytes(path: string): string {
  return (folderBytes(path) / 1e6).toFixed(1);
}

/** Bytes of all files in it. */
export function folderBytes(folder: string): number {
  let bytes = 0;
  for (const file of new Bun.Glob('**/*').scanSync({ cwd: folder, dot: true }))
    bytes += statSync(join(folder, file)).size;
  return bytes;
}

function run(command: readonly string[], cwd: string): void {
  const { exitCode, stderr } = Bun.spawnSync([...command], { cwd, stdout: 'ignore', stderr: 'pipe' });
  if (exitCode !== 0) throw new Error(`${command.join(' ')} failed (exit code ${exitCode}):\n${stderr}`);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string' }, 'folder-only': { type: 'boolean' } } });
  const { folder, archive } = release(resolve(values.out ?? join(ROOT, 'dist')), !values['folder-only']);
  process.stdout.write(`${sizes(folder)}${folder}\n${archive === undefined ? '' : `${archive}\n`}`);
}
