// biome-ignore-all lint/suspicious/noTemplateCurlyInString: graphs hold variables
/** Patches in the text of a graph file: what they change, and everything that they leave as it is. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseDocument } from 'yaml';
import { type Patch, patchText } from '../../runtime/catalog/patch.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';

const ENV = { USER: 'root', PASSWORD: 'p:w', FPS: '15' };

const TEXT = `# Camera at the gate.
version: 1
camera: gate   # as clients see it
shared: &slow { fps: 5, width: 640 }

nodes:
  source:   { use: source,   with: { url: "rtsp://\${USER}:\${PASSWORD}@cam/sub", fps: \${FPS} } }
  decode:   { use: decode,   from: source, with: *slow }
  # Finds things.
  detect:
    use: detect        # the default model
    from: decode
    with:
      model: 'default'
      confidence: &c 0.35   # tuned in June
      labels:
      - drone
      - bird
      doc: |
        Two lines
        of text.

      nothing:
  track: { <<: *slow, use: track, from: detect, with: { high: *c, low: 0.1, } }
# the end
`.replace('fps: ${FPS}', 'fps: "${FPS}"');

interface Row {
  readonly why: string;
  readonly patch: Patch;
  /** Lines that go and lines that come; all others stay. */
  readonly gone: readonly string[];
  readonly come: readonly string[];
}

const rows: Row[] = [
  {
    why: 'a list, in one line',
    patch: { nodes: { detect: { with: { labels: ['drone'] } } } },
    gone: ['      labels:', '      - drone', '      - bird'],
    come: ['      labels: [drone]'],
  },
  {
    why: 'an anchored number: what else stands on the anchor keeps its value',
    patch: { nodes: { detect: { with: { confidence: 0.4 } } } },
    gone: [
      '      confidence: &c 0.35   # tuned in June',
      '  track: { <<: *slow, use: track, from: detect, with: { high: *c, low: 0.1, } }',
    ],
    come: [
      '      confidence: &c 0.4   # tuned in June',
      '  track: { <<: *slow, use: track, from: detect, with: { high: 0.35, low: 0.1, } }',
    ],
  },
  {
    why: 'a text keeps its quotes',
    patch: { nodes: { detect: { with: { model: "it's" } } } },
    gone: ["      model: 'default'"],
    come: ["      model: 'it''s'"],
  },
  {
    why: 'a text that would be something else is quoted',
    patch: { camera: '007' },
    gone: ['camera: gate   # as clients see it'],
    come: ['camera: "007"   # as clients see it'],
  },
  {
    why: 'a new setting in a flow mapping',
    patch: { nodes: { track: { with: { zones: { sky: [[0, 0.5]] } } } } },
    gone: ['  track: { <<: *slow, use: track, from: detect, with: { high: *c, low: 0.1, } }'],
    come: [
      '  track: { <<: *slow, use: track, from: detect, with: { high: *c, low: 0.1, zones: { sky: [[0, 0.5]] }, } }',
    ],
  },
  {
    why: 'a new setting in a block mapping',
    patch: { nodes: { detect: { worker: 'gpu' } } },
    gone: [],
    come: ['    worker: gpu'],
  },
  {
    why: 'a new node',
    patch: { nodes: { publish: { use: 'publish', from: ['track', 'zones'], with: { hz: 10 } } } },
    gone: [],
    come: ['  publish: { use: publish, from: [track, zones], with: { hz: 10 } }'],
  },
  {
    why: 'null removes: a setting, a whole node; comments stay',
    patch: { nodes: { detect: null, track: { with: { low: null } } } },
    gone: [
      '  detect:',
      '    use: detect        # the default model',
      '    from: decode',
      '    with:',
      "      model: 'default'",
      '      confidence: &c 0.35   # tuned in June',
      '      labels:',
      '      - drone',
      '      - bird',
      '      doc: |',
      '        Two lines',
      '        of text.',
      '',
      '      nothing:',
      '  track: { <<: *slow, use: track, from: detect, with: { high: *c, low: 0.1, } }',
    ],
    come: ['  track: { <<: *slow, use: track, from: detect, with: { high: 0.35, } }'],
  },
  {
    why: 'what an alias stands for is changed for its user alone',
    patch: { nodes: { decode: { with: { fps: 10 } } } },
    gone: ['  decode:   { use: decode,   from: source, with: *slow }'],
    come: ['  decode:   { use: decode,   from: source, with: { fps: 10, width: 640 } }'],
  },
  {
    why: 'what is shared is changed for all but its users',
    patch: { shared: { fps: 6 } },
    gone: [
      'shared: &slow { fps: 5, width: 640 }',
      '  decode:   { use: decode,   from: source, with: *slow }',
      '  track: { <<: *slow, use: track, from: detect, with: { high: *c, low: 0.1, } }',
    ],
    come: [
      'shared: &slow { fps: 6, width: 640 }',
      '  decode:   { use: decode,   from: source, with: { fps: 5, width: 640 } }',
      '  track: { <<: { fps: 5, width: 640 }, use: track, from: detect, with: { high: *c, low: 0.1, } }',
    ],
  },
  {
    why: 'what << brings in is overruled',
    patch: { nodes: { track: { fps: 7 } } },
    gone: ['  track: { <<: *slow, use: track, from: detect, with: { high: *c, low: 0.1, } }'],
    come: ['  track: { <<: *slow, use: track, from: detect, with: { high: *c, low: 0.1, }, fps: 7 }'],
  },
  {
    why: 'a value where there was none, a text of several lines made short',
    patch: { nodes: { detect: { with: { nothing: true, doc: 'short' } } } },
    gone: ['      doc: |', '        Two lines', '        of text.', '      nothing:'],
    come: ['      doc: short', '      nothing: true'],
  },
  {
    why: 'a variable that stands for the same value stays a variable',
    patch: { nodes: { source: { with: { url: 'rtsp://root:p%3Aw@cam/sub', fps: 15 } } } },
    gone: [],
    come: [],
  },
  {
    why: 'another value takes the place of a variable',
    patch: { nodes: { source: { with: { fps: 20 } } } },
    gone: ['  source:   { use: source,   with: { url: "rtsp://${USER}:${PASSWORD}@cam/sub", fps: "${FPS}" } }'],
    come: ['  source:   { use: source,   with: { url: "rtsp://${USER}:${PASSWORD}@cam/sub", fps: 20 } }'],
  },
  { why: 'what is so already', patch: { camera: 'gate', nodes: { none: null } }, gone: [], come: [] },
];

test.each(rows)('$why', ({ patch, gone, come }) => {
  const result = patchText(TEXT, patch, ENV);
  expect(difference(TEXT, result)).toEqual({ gone: [...gone], come: [...come] });
  expect(values(result)).toEqual(values(patchText(result, patch, ENV)));
});

test('line ends of Windows', () => {
  const result = patchText(
    TEXT.replaceAll('\n', '\r\n'),
    { camera: 'x', nodes: { a: { use: 'a' }, detect: null } },
    ENV,
  );
  expect(result.replaceAll('\r\n', '')).not.toContain('\n');
  expect(values(result)).toEqual(
    values(patchText(TEXT, { camera: 'x', nodes: { a: { use: 'a' }, detect: null } }, ENV)),
  );
});

describe('whatever the patch', () => {
  const key = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.constantFrom('version', 'camera', 'shared', 'nodes', 'source', 'decode', 'detect', 'track'),
    },
    {
      weight: 5,
      arbitrary: fc.constantFrom('use', 'from', 'with', 'url', 'fps', 'confidence', 'labels', 'doc', 'nothing'),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('high', 'low', 'width', 'new', 'a b', '1', 'true', '<', '#', '', "o'", '${X}'),
    },
  );
  const { patch } = fc.letrec((tie) => ({
    value: fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom<unknown>(0, 1.5, -1e21, true, false, null, null, '', 'text', '12', 'a: b'),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
      {
        weight: 1,
        arbitrary: fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant({ x: [{}] })), { maxLength: 3 }),
      },
      { weight: 3, arbitrary: tie('patch') },
    ),
    patch: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  }));
  const inNodes = patch.map((inner) => ({ nodes: inner }) as Patch);
  const deep = fc.tuple(key, patch).map(([id, inner]) => ({ nodes: { [id]: { with: inner } } }) as Patch);
  const patches = fc.oneof(patch as fc.Arbitrary<Patch>, inNodes, deep);

  test(
    'the text then says what a deep merge says, and nothing else has moved',
    () => {
      fc.assert(
        fc.property(fc.array(patches, { minLength: 1, maxLength: 2 }), (list) => {
          let text = TEXT;
          for (const one of list) {
            const before = values(text);
            text = patchText(text, one, {});
            expect(values(text)).toEqual(mergePatch(before, one));
          }
          // Comments at the top belong to nobody that could be patched away.
          expect(text.startsWith('# Camera at the gate.\n')).toBe(true);
        }),
        { numRuns: 200 },
      );
    },
    TEST_LIMIT_MS,
  );

  test(
    'one number changed is one line changed',
    () => {
      const plain = TEXT.replace('&c 0.35', '0.35').replace('*c', '0.5');
      const numbers = fc.double({ noNaN: true, noDefaultInfinity: true });
      fc.assert(
        fc.property(numbers, (confidence) => {
          const result = patchText(plain, { nodes: { detect: { with: { confidence } } } }, {});
          const { gone, come } = difference(plain, result);
          expect([gone.length, come.length]).toEqual(confidence === 0.35 ? [0, 0] : [1, 1]);
          expect(come.every((line) => line.endsWith('   # tuned in June'))).toBe(true);
        }),
      );
    },
    TEST_LIMIT_MS,
  );
});

function values(text: string): unknown {
  const document = parseDocument(text, { merge: true });
  expect(document.errors).toEqual([]);
  return document.toJS({ maxAliasCount: -1 });
}

/** RFC 7396, word by word. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Lines that only one of two texts has, in their order; of what they share the order is the same. */
function difference(before: string, after: string): { gone: string[]; come: string[] } {
  const [a, b] = [before.split('\n'), after.split('\n')];
  const length = a.map(() => b.map(() => 0));
  const at = (i: number, j: number) => length[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = length[i];
      if (row) row[j] = a[i] === b[j] ? 1 + at(i + 1, j + 1) : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found = { gone: [] as string[], come: [] as string[] };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) [i, j] = [i + 1, j + 1];
    else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) found.gone.push(a[i++] ?? '');
    else found.come.push(b[j++] ?? '');
  }
  return found;
}
