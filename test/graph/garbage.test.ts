// biome-ignore-all lint/suspicious/noTemplateCurlyInString: graphs hold variables
/** Whatever a graph file holds: the check ends, throws nothing, and every fault has a place. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { formatFault } from '../../runtime/graph/faults.ts';
import { check, faultsOf, GOOD } from './nodes.ts';

async function isLocated(text: string, sets: string[] = []): Promise<void> {
  const { graph, faults } = await check(text, { sets, env: { A: 'b' } });
  expect(graph === null).toBe(faults.length > 0);
  const lines = text.split('\n').length;
  for (const fault of faults) {
    if (fault.set !== undefined) expect(sets.map((set) => set.split('=')[0] || set)).toContain(fault.set);
    else {
      expect(fault.line).toBeWithin(1, lines + 1);
      expect(fault.column).toBeGreaterThanOrEqual(1);
    }
    expect(fault.message).not.toBe('');
    expect(formatFault(fault)).not.toContain('\n');
    expect(formatFault(fault)).not.toContain('undefined');
  }
}

const runs = { numRuns: 120, seed: 7 };
const word = fc.constantFrom(
  ...[
    'version',
    'camera',
    'nodes',
    'use',
    'from',
    'with',
    'worker',
    'source',
    'decode',
    'detect',
    'track',
    'url',
    'fps',
  ],
  ...[
    '__proto__',
    'constructor',
    '${A}',
    '${',
    '*x',
    '&x a',
    '<<',
    '!!set',
    '? ',
    '- ',
    '1',
    'null',
    'decode.frames',
    '.ts',
  ],
);

test('random text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => isLocated(text)),
    runs,
  );
});

test('YAML-like text', async () => {
  const piece = fc.oneof(
    word,
    fc.constantFrom(': ', '\n', '\n  ', '\n    ', '{', '}', '[', ']', ', ', '"', "'", '|\n', '\t', '#'),
  );
  const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));
  await fc.assert(
    fc.asyncProperty(text, (garbage) => isLocated(garbage)),
    runs,
  );
});

test('graphs of the right shape with anything in them', async () => {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      word,
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(word, tie('value'), { maxKeys: 4 }),
    ),
  }));
  const node = fc.record({ use: word, from: value, with: value, worker: value }, { requiredKeys: ['use'] });
  const graph = fc.record({
    version: fc.constant(1),
    camera: fc.constant('c'),
    nodes: fc.dictionary(word, node, { maxKeys: 5 }),
  });
  const sets = fc.array(
    fc.oneof(
      fc.string(),
      fc.tuple(word, word, word).map(([a, b, c]) => `${a}.${b}=${c}`),
    ),
    { maxLength: 2 },
  );
  const clean = sets.map((list) => list.filter((set) => !/[\r\n]|:\/\//.test(set)));
  const property = fc.asyncProperty(graph, clean, (tree, given) => isLocated(stringify(tree), given));
  await fc.assert(property, runs);
});

test('a right graph with a piece cut out or doubled', async () => {
  const cut = fc.tuple(fc.nat(GOOD.length), fc.nat(20), fc.boolean());
  const property = fc.asyncProperty(cut, ([start, length, twice]) => {
    const piece = GOOD.slice(start, start + length);
    return isLocated(GOOD.slice(0, start) + (twice ? piece + piece : '') + GOOD.slice(start + length));
  });
  await fc.assert(property, runs);
});

test('text nested without end', async () => {
  expect(await faultsOf(`x: "["\ny: ${'['.repeat(50)}`)).toEqual(['2:44: values are nested more than 40 deep']);
  for (const text of [
    '['.repeat(100_000),
    '- '.repeat(5_000),
    '{a: '.repeat(5_000),
    `${'['.repeat(100)}${']'.repeat(100)}`,
  ]) {
    await isLocated(text);
  }
});

/** A megabyte of one mistake, or just as much of it as is still read. */
const MISTAKES: Readonly<Record<string, string>> = {
  'unknown keys': 'key: 1\n',
  commas: ',',
  'open quotes': 'a: "\n',
  'nested pairs': 'a: b: c\n',
  'aliases of nothing': '- *a\n',
  'unknown tags': '- !x 1\n',
  directives: '%x\n',
  documents: '---\n',
  'question marks': '? ',
  brackets: '[,]\n',
  'unset variables': '- ${A}\n',
};

test.each(Object.entries(MISTAKES))('a megabyte of %s is answered fast, and shortly', async (_what, mistake) => {
  for (const [start, bytes] of [
    ['', 1e6],
    ['', 45_000],
    ['x: [', 9_900 * mistake.length],
    [GOOD, 100_000],
  ] as const) {
    const text = start + mistake.repeat(bytes / mistake.length);
    const before = process.cpuUsage();
    const lines = (await check(text)).faults.map(formatFault);
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(1_000_000);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('\n').length).toBeLessThan(100_000);
  }
});
