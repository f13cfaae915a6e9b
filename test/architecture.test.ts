/** The rules of the house, held by a machine: who may import whom, who reads the environment, what names what. */
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { builtinNodes } from '../nodes/index.ts';

const ROOT = join(import.meta.dir, '..');
const files = [
  ...new Bun.Glob('{runtime,nodes,ptz,sim,motion,timing,webrtc,schemas,web,bench,fixtures,deploy}/**/*.ts').scanSync({
    cwd: ROOT,
  }),
].toSorted();
const product = files.filter((file) => !/^(bench|fixtures|deploy)\//.test(file));
const imports = new Map(files.map((file) => [file, projectImports(file)]));

/** Layers of the runtime, outermost first: a file imports its own layer and those after it. */
const LAYERS = [
  'cli',
  'server',
  'models',
  'sinks',
  'catalog',
  'recording',
  'session',
  'hub',
  'engine',
  'graph',
  'access',
];
/** The library rooms, and what others may import of them. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  'ptz/': ['ptz/index.ts', 'ptz/accounts.ts'],
  'sim/': ['sim/index.ts'],
  'motion/': ['motion/index.ts'],
  'timing/': ['timing/index.ts'],
  'webrtc/': ['webrtc/index.ts'],
};
/** The two places that know the list of nodes. */
const KNOWS_NODES = /^runtime\/(engine\/worker\.ts$|cli\/)/;

describe('direct imports', () => {
  test.each(product)('%s', (file) => {
    const wrong = importsOf(file).filter((target) => !mayImport(file, target));
    expect(wrong).toEqual([]);
  });

  test('there is no circle', () => {
    expect(circles()).toEqual([]);
  });
});

function mayImport(file: string, target: string): boolean {
  const room = roomOf(file);
  if (target.startsWith(room)) return room !== 'runtime/' || layerOf(file) <= layerOf(target);
  if (target === 'package.json') return /^runtime\/cli(\/|\.ts)/.test(file);
  switch (room) {
    case 'runtime/':
      // What all of the runtime stands on knows the wire and nothing else.
      if (target.startsWith('schemas/')) return true;
      if (target === 'nodes/index.ts') return KNOWS_NODES.test(file);
      return (target.startsWith('sim/') || target === 'ptz/index.ts') && file.startsWith('runtime/cli/');
    case 'schemas/':
      return false;
    case 'web/':
      return target === 'schemas/index.ts';
    case 'sim/':
      return target.startsWith('runtime/') && layerOf(target) === LAYERS.length;
    case 'webrtc/':
      return false;
    case 'motion/':
    case 'timing/':
      return target === 'runtime/node.ts';
    case 'ptz/':
      return ['runtime/node.ts', 'runtime/xml.ts', 'runtime/process-lock.ts', 'runtime/ipc.ts'].includes(target);
    default:
      if (file === 'nodes/index.ts') return target.startsWith('nodes/');
      return target === 'runtime/node.ts' || Object.values(LIBRARIES).flat().includes(target);
  }
}

describe('all that an import brings with it', () => {
  const runtime = product.filter((file) => file.startsWith('runtime/'));

  test('the runtime reaches a node by the list of nodes alone', () => {
    const isAllowed = (file: string, target: string) => KNOWS_NODES.test(file) && target === 'nodes/index.ts';
    expect(runtime.flatMap((file) => wayTo(file, (target) => target.startsWith('nodes/'), isAllowed) ?? [])).toEqual(
      [],
    );
  });

  test('the node API brings the runtime files below all layers, and no library', () => {
    const isOutside = (target: string) => !target.startsWith('schemas/') && layerOf(target) < LAYERS.length;
    expect(wayTo('runtime/node.ts', isOutside)).toBeNull();
  });

  test('sessions run without the simulator and the camera drivers', () => {
    const isLibrary = (target: string) => /^(sim|ptz|motion|timing|webrtc)\//.test(target);
    const isNode = (_file: string, target: string) => target === 'nodes/index.ts';
    const others = runtime.filter((file) => !/^runtime\/(cli\/|cli\.ts|main\.ts)/.test(file));
    expect(others.flatMap((file) => wayTo(file, isLibrary, isNode) ?? [])).toEqual([]);
  });

  test('the libraries reach no node', () => {
    const libraries = product.filter((file) => roomOf(file) in LIBRARIES);
    expect(libraries.flatMap((file) => wayTo(file, (target) => target.startsWith('nodes/')) ?? [])).toEqual([]);
  });
});

test('the client library is its own files, and of the wire only the types', () => {
  const client = product.filter((file) => file.startsWith('web/client/'));
  const transpiler = new Bun.Transpiler({ loader: 'ts' });
  const values = client.flatMap((file) => transpiler.scanImports(text(file)).map(({ path }) => `${file}: ${path}`));
  expect(values.length).toBeGreaterThan(5);
  expect(values.filter((line) => !/: \.\/[\w-]+\.ts$/.test(line))).toEqual([]);
});

test('the runtime never branches on the kind of a node', () => {
  const names = Object.keys(builtinNodes).join('|');
  const branch = new RegExp(`\\b(use|name|kind)\\b *(===|!==) *['"](${names})['"]|case ['"](${names})['"]`);
  const found = product.filter((file) => file.startsWith('runtime/') && branch.test(text(file)));
  expect(found).toEqual([]);
});

test('only the entry point reads the environment, and what hands it on to native libraries', () => {
  const readers = product.filter((file) => /process\.env|Bun\.env|import\.meta\.env|process\.cwd\(/.test(text(file)));
  expect(readers).toEqual(['runtime/main.ts', 'runtime/native-env.ts']);
});

test('no path is taken from a URL, where a space is %20', () => {
  expect(files.filter((file) => /import\.meta\.url\)\.pathname/.test(text(file)))).toEqual([]);
});

test('native libraries are loaded only where they run', () => {
  const native = /from '(node-av|onnxruntime-node)[^']*'/;
  const importers = product.filter((file) =>
    text(file)
      .split('\n')
      .some((line) => native.test(line) && !/^import type/.test(line)),
  );
  // A type-only import inside braces is fine; everything else here is loaded by `await import` from a node's open().
  expect(importers.filter((file) => !/^nodes\/(source|virtual-ptz|decode|preview)\//.test(file))).toEqual([]);
  for (const name of Object.keys(builtinNodes)) expect(importers).not.toContain(`nodes/${name}/index.ts`);
});

describe('what is loaded at the start', () => {
  const SERVER = ['runtime/cli/graph.ts', 'runtime/cli/check.ts', 'runtime/cli/running-server.ts'];
  const SOURCE = ['runtime/engine/worker.ts', 'nodes/source/playback.ts', 'nodes/decode/frame-flow.ts'];
  const DETECT = ['runtime/engine/worker.ts', 'nodes/detect/index.ts'];
  const OURS = '@sinclair\\/typebox(\\/.*)?';
  test.each([
    ['a server: no library of what is off or not asked for', SERVER, `${OURS}|elysia|pino|yaml|saxes`],
    // Each takes a camera 1 to 3 MB.
    ['the main thread of a session: none at all', ['runtime/session/child.ts'], 'none'],
    ['the worker of a source: no XML', SOURCE, `${OURS}|node-av(\\/.*)?`],
    ['that of a model: no YAML', DETECT, `${OURS}|onnxruntime-node`],
  ])('%s', (_, entries, allowed) => {
    const wanted = new RegExp(`^(node:.*|bun|${allowed})$`);
    const packages = [...packagesOf(entries)];
    expect(packages.length).toBeGreaterThan(0);
    expect(packages.filter((name) => !wanted.test(name))).toEqual([]);
  });
});

/** Packages that these files import at once, and all that they import. */
function packagesOf(entries: readonly string[]): Set<string> {
  const loaded = new Set(entries);
  const packages = new Set<string>();
  const transpiler = new Bun.Transpiler({ loader: 'ts' });
  for (const file of loaded) {
    for (const { kind, path } of transpiler.scanImports(text(file))) {
      if (kind !== 'import-statement') continue;
      if (!path.startsWith('.')) packages.add(path);
      else if (path.endsWith('.ts')) loaded.add(normalize(join(dirname(file), path)));
    }
  }
  return packages;
}

/** `nodes/detect/`, `ptz/`, …; each node is a room of its own. */
function roomOf(file: string): string {
  const parts = file.split('/');
  return `${parts.slice(0, parts[0] === 'nodes' && parts.length > 2 ? 2 : 1).join('/')}/`;
}

/** Place in {@link LAYERS}: files of runtime/ itself (data, errors, clock, log, node) are below all of them; main.ts is above. */
function layerOf(file: string): number {
  if (file === 'runtime/main.ts') return -1;
  if (!file.startsWith('runtime/')) return -1;
  const layer = LAYERS.findIndex((name) => file.startsWith(`runtime/${name}/`) || file === `runtime/${name}.ts`);
  return layer < 0 ? LAYERS.length : layer;
}

/** The first chain of imports from a file to one that is looked for, without those that are allowed; null: there is none. */
function wayTo(
  file: string,
  isWanted: (target: string) => boolean,
  isAllowed: (file: string, target: string) => boolean = () => false,
): string | null {
  const ways = new Map([[file, file]]);
  for (const [from, way] of ways) {
    for (const target of importsOf(from)) {
      if (ways.has(target) || isAllowed(from, target)) continue;
      if (isWanted(target)) return `${way} → ${target}`;
      ways.set(target, `${way} → ${target}`);
    }
  }
  return null;
}

/** Files that import each other, one entry a circle (Tarjan's strongly connected components). */
function circles(): string[] {
  const found: string[] = [];
  const order = new Map<string, number>();
  const open: string[] = [];
  const visit = (file: string): number => {
    const number = order.size;
    order.set(file, number);
    open.push(file);
    let low = number;
    for (const target of importsOf(file)) {
      if (!order.has(target)) low = Math.min(low, visit(target));
      else if (open.includes(target)) low = Math.min(low, order.get(target) ?? low);
    }
    if (low === number) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1) found.push(circle.join(' → '));
    }
    return low;
  };
  for (const file of files) if (!order.has(file)) visit(file);
  return found;
}

function importsOf(file: string): readonly string[] {
  return imports.get(file) ?? [];
}

/** What a file imports from this project, types and other threads included, as paths from its root. */
function projectImports(file: string): string[] {
  const found = text(file).matchAll(/(?:from|import) \(?'(\.[^']+)'|import\('(\.[^']+)'\)|URL\('(\.[^']+\.ts)'/g);
  return [...found].map(([, from, dynamic, url]) => normalize(join(dirname(file), from ?? dynamic ?? url ?? '')));
}

function text(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
