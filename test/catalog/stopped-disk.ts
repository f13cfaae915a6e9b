/**
 * A process in which writing stops for good before the n-th operation on files, as when it is killed there: run as a program
 * (`bun stopped-disk.ts`), it prints what each change of graph files leaves on the disk, for each n, as JSON lines.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { plugin } from 'bun';

/** What was done, before which operation it was stopped (null: not at all), and the files that are there then. */
export interface Stopped {
  readonly action: string;
  readonly before: number | null;
  readonly files: Readonly<Record<string, string>>;
}

export const CHANGES = ['persist', 'replace', 'add', 'remove'] as const;
const OLD = 'confidence: 0.3';
export const OLD_TEXT = (text: string) =>
  `# Mine.\n${text.replace('detect,    from: decode', `detect,    from: decode, with: { ${OLD} }`)}`;
export const NEW_TEXT = (text: string) => OLD_TEXT(text).replace(OLD, 'confidence: 0.6');

const NAMES = ['chmodSync', 'closeSync', 'fsyncSync', 'mkdirSync', 'openSync', 'renameSync', 'rmSync', 'writeFileSync'];

if (import.meta.main) {
  let left = Number.POSITIVE_INFINITY;
  const real = await import('node:fs');
  const stopping = Object.entries(real).map(([name, value]) => {
    if (!NAMES.includes(name) || typeof value !== 'function') return [name, value] as const;
    const wrapped = (...args: unknown[]) => {
      left -= 1;
      // The file that is being written stays half written.
      if (left === -1 && name === 'writeFileSync') real.writeFileSync(String(args[0]), String(args[1]).slice(0, 20));
      if (left < 0) throw new Error('stopped');
      return Reflect.apply(value, real, args);
    };
    return [name, wrapped] as const;
  });
  Reflect.set(globalThis, 'stoppingFs', Object.fromEntries(stopping));
  plugin({
    name: 'stopping',
    setup: (build) => {
      build.onLoad({ filter: /catalog\/disk\.ts$/ }, async ({ path }) => {
        const text = await Bun.file(path).text();
        const contents = text.replace(/import \{([^}]*)\} from 'node:fs';/, (_, names: string) => {
          return `const {${names.replace(/type \w+,/, '')}} = globalThis.stoppingFs;`;
        });
        return { contents, loader: 'ts' };
      });
    },
  });
  const { Rig } = await import('./rig.ts');
  const { GOOD } = await import('../graph/nodes.ts');
  const text = GOOD.replace('cam01', 'a');
  for (const action of CHANGES) {
    for (let before = 0; ; before++) {
      await using rig = await Rig.start({ files: { 'a.yaml': OLD_TEXT(text) } });
      const { catalog } = rig;
      await catalog.apply({ a: NEW_TEXT(text) });
      if (action === 'replace') await catalog.apply({ a: OLD_TEXT(text) });
      left = before;
      const change = {
        persist: () => catalog.persist('a'),
        replace: () => catalog.put('a', NEW_TEXT(text)),
        add: () => catalog.put('b', NEW_TEXT(text).replace('camera: a', 'camera: b')),
        remove: () => catalog.remove('a'),
      }[action];
      const isStopped = await change().then(
        () => false,
        () => true,
      );
      left = Number.POSITIVE_INFINITY;
      const names = readdirSync(rig.folder.path, { recursive: true }).map(String);
      const texts = names.filter((name) => name !== '.backups' && existsSync(rig.folder.file(name)));
      const files = Object.fromEntries(texts.map((name) => [name, readFileSync(rig.folder.file(name), 'utf8')]));
      console.log(JSON.stringify({ action, before: isStopped ? before : null, files } satisfies Stopped));
      if (!isStopped) break;
    }
  }
}
