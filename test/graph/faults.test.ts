// biome-ignore-all lint/suspicious/noTemplateCurlyInString: graphs hold variables
import { describe, expect, test } from 'bun:test';
import { check, faultsOf, faultTable, GOOD, withLine } from './nodes.ts';

const HEAD = 'version: 1\ncamera: c\nnodes:\n';

test('a right graph has no faults, and is in order with everything filled in', async () => {
  const { graph, faults, secrets } = await check(GOOD);
  expect(faults).toEqual([]);
  expect(secrets).toEqual([]);
  expect(graph?.nodes.map((node) => node.id)).toEqual(['source', 'decode', 'detect', 'track', 'autotrack', 'publish']);
  expect(graph?.pace).toBe('realtime');
  const detect = graph?.nodes[2];
  expect(detect?.params).toEqual({ model: 'default', confidence: 0.35, side: 416, floats: false });
  expect(detect?.links).toEqual([
    {
      input: 'frames',
      from: { node: 'decode', output: 'frames' },
      kind: 'frame',
      request: { width: 416, height: 416, format: 'rgb24', fit: 'letterbox' },
    },
  ]);
  expect([detect?.line, detect?.column]).toEqual([6, 3]);
});

test('nodes may be written in any order', async () => {
  const [a, b, c, ...nodes] = GOOD.trimEnd().split('\n');
  const { graph, faults } = await check([a, b, c, ...nodes.reverse()].join('\n'));
  expect(faults).toEqual([]);
  expect(graph?.nodes.map((node) => node.id)).toEqual(['source', 'decode', 'detect', 'track', 'autotrack', 'publish']);
});

test('a graph with many mistakes gives them all in one report', async () => {
  const text = `version: 2
camera: "cam 01"
colour: red
nodes:
  source:
    use: source
    with: { url: "\${HOST}/sub", pace: fast }
  decode:  { use: decode, form: source, from: source, with: { fps: ten } }
  detect:  { use: detct, from: decode }
  detect2: { use: detect, from: decode, with: { confidence: 3, modle: x } }
  track:   { use: track, from: detect2.boxes }
  publish: { use: publish, from: trak, worker: "a b" }
`;
  expect(await faultsOf(text)).toEqual([
    '1:10 version: must be 1, got 2',
    "2:9 camera: must be 1 to 64 letters, digits, _ and -, got the text 'cam 01'",
    "3:1 colour: unknown key 'colour'; keys: version, camera, nodes",
    '7:18 nodes.source.with.url: the environment variable HOST is not set',
    "7:39 nodes.source.with.pace: must be one of realtime, asap; got 'fast'",
    "8:27 nodes.decode.form: unknown key 'form'; did you mean 'from'?",
    "8:68 nodes.decode.with.fps: must be a number, got the text 'ten'",
    "9:19 nodes.detect.use: no node is called 'detct'; did you mean 'detect'?",
    '10:61 nodes.detect2.with.confidence: must be between 0 and 1, got 3',
    "10:64 nodes.detect2.with.modle: unknown option 'modle'; did you mean 'model'?",
    "11:32 nodes.track.from: 'detect2' has no output 'boxes'; outputs: detections",
    "12:34 nodes.publish.from: there is no node 'trak'; did you mean 'track'?",
    "12:48 nodes.publish.worker: must be 1 to 64 letters, digits, _ and -, got the text 'a b'",
  ]);
});

describe('YAML', () => {
  faultTable([
    {
      why: 'a second document',
      text: `${GOOD}---\n: : [ {{`,
      faults: [`${GOOD.split('\n').length}:1: a second document begins here; a file holds one`],
    },
    {
      why: 'a byte order mark inside',
      text: 'a: 1\n\ufeffb: 2',
      faults: ['2:1: the control character U+FEFF is not allowed'],
    },
    { why: 'a control character', text: 'a: x\u0007', faults: ['1:5: the control character U+0007 is not allowed'] },
    {
      why: 'a Windows path in double quotes',
      text: withLine(4, '  source: { use: source, with: { url: "C:\\videos\\a.mp4" } }'),
      faults: [
        expect.stringContaining('nodes.source.with.url: holds the control character U+000B (in double quotes, a'),
      ],
    },
    {
      why: 'lists in lists in one line',
      text: `a:\n  ${'- '.repeat(8000)}`,
      faults: ['2:83: values are nested more than 40 deep'],
    },
    {
      why: 'a variable in a default',
      text: withLine(4, '  source: { use: source, with: { url: "${A:-${B:-x}}" } }'),
      faults: [expect.stringContaining('the default of ${A} must not hold another variable')],
    },
    { why: 'nothing at all', text: '', faults: ['1:1: the graph is empty; it needs version, camera and nodes'] },
    { why: 'only comments', text: '# a\n', faults: ['1:1: the graph is empty; it needs version, camera and nodes'] },
    { why: 'a list', text: '# x\n- a', faults: ['2:1: must be a mapping, got a list'] },
    { why: 'a text', text: 'just text', faults: ["1:1: must be a mapping, got the text 'just text'"] },
    {
      why: 'several syntax errors are several faults',
      text: 'a: [1\nb: "x\n',
      faults: [
        '2:1: Flow sequence in block collection must be sufficiently indented and end with a ]',
        '3:1: Missing closing "quote',
      ],
    },
    {
      why: 'tabs say what to do',
      text: 'nodes:\n\ta: 1',
      faults: ['2:1: Tabs are not allowed as indentation (use spaces)'],
    },
    {
      why: 'an unquoted variable in braces is one fault, not twenty',
      text: withLine(4, '  source: { use: source, with: { url: ${U} } }'),
      faults: ['4:40: Unexpected flow-map-start at node end (inside { } and [ ], a variable must be in quotes)'],
    },
    { why: 'unknown tag', text: withLine(2, 'camera: !cam x'), faults: ['2:9: Unresolved tag'] },
    {
      why: 'duplicate keys name the first one',
      text: `${GOOD}camera: other\n`,
      faults: ['10:1 camera: is given twice; first on line 2'],
    },
    {
      why: 'no such anchor',
      text: withLine(6, '  detect: *missing'),
      faults: ['6:11 nodes.detect: there is no anchor of that name before this alias'],
    },
    {
      why: 'merging what is no mapping',
      text: withLine(6, '  detect: { <<: 4, use: detect, from: decode }'),
      faults: ['6:17 nodes.detect["<<"]: << must name a mapping or a list of mappings'],
    },
  ]);

  test('anchors, aliases and merge keys work; the own key wins', async () => {
    const text = `${withLine(6, '  detect: &d { use: detect, from: decode, with: &w { side: 64 } }')}  two: { <<: *d, with: { <<: *w, confidence: 0.5 } }
  t2: { use: track, from: two }
  p2: { use: publish, from: t2 }
`;
    const { graph, faults } = await check(text);
    expect(faults).toEqual([]);
    expect(graph?.nodes.find((node) => node.id === 'two')?.params).toMatchObject({ side: 64, confidence: 0.5 });
  });

  test('aliases of aliases are stopped before they grow', async () => {
    const lines = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}, *a${i}]`);
    const faults = await faultsOf(`a0: &a0 [x, x]\n${lines.join('\n')}\n`);
    expect(faults.some((fault) => fault.includes('uses aliases more than 100 times'))).toBe(true);
  });

  test('an alias of itself is stopped', async () => {
    expect((await faultsOf('a: &a [*a]')).at(-1)).toBe('1:7: values are nested more than 40 deep');
  });
});

describe('the frame of a graph', () => {
  faultTable([
    {
      why: 'all three keys are required',
      text: 'x: 1',
      faults: [
        "1:1 x: unknown key 'x'; keys: version, camera, nodes",
        '1:1 version: is required; write version: 1',
        '1:1 camera: is required; the id of the camera',
        '1:1 nodes: is required; a mapping of nodes',
      ],
    },
    {
      why: 'version as a text',
      text: withLine(1, 'version: "1"'),
      faults: ["1:10 version: must be 1, got the text '1'"],
    },
    {
      why: 'a number is no camera id',
      text: withLine(2, 'camera: 7'),
      faults: ['2:9 camera: must be 1 to 64 letters, digits, _ and -, got 7 (put it in quotes)'],
    },
    { why: 'no nodes', text: 'version: 1\ncamera: c\nnodes: {}', faults: ['3:8 nodes: must name at least one node'] },
    {
      why: 'nodes as a list',
      text: `${HEAD}  - a`,
      faults: ['4:3 nodes: must be a mapping of nodes, got a list'],
    },
    {
      why: 'a node that is a text',
      text: withLine(9, '  publish: publish'),
      faults: ["9:12 nodes.publish: must be a mapping with the key use, got the text 'publish'"],
    },
    {
      why: 'a node id must fit into URLs and metrics',
      text: withLine(9, '  pub lish: { use: publish, from: [track, autotrack] }'),
      faults: ['9:3 nodes["pub lish"]: is not a node id: use 1 to 64 letters, digits, _ and -'],
    },
    {
      why: 'use is required',
      text: withLine(9, '  publish: { from: [track, autotrack] }'),
      faults: ['9:3 nodes.publish.use: is required; the name of a node, or a path such as ./my-node.ts'],
    },
    {
      why: 'use must be a text',
      text: withLine(9, '  publish: { use: 7, from: [track, autotrack] }'),
      faults: ['9:19 nodes.publish.use: must be the name of a node, or a path such as ./my-node.ts, got 7'],
    },
    {
      why: 'with must be a mapping',
      text: withLine(6, '  detect: { use: detect, from: decode, with: [1] }'),
      faults: ['6:46 nodes.detect.with: must be a mapping of parameters, got a list'],
    },
    { why: 'with may be left empty', text: withLine(6, '  detect: { use: detect, from: decode, with: }'), faults: [] },
    {
      why: 'nobody produces',
      text: `${HEAD}  t: { use: track }`,
      faults: [
        '3:1 nodes: no node produces anything: the graph needs a source',
        '4:3 nodes.t: input detections is not connected; name its producer in from',
        '4:3 nodes.t: output tracks is not used by any node',
      ],
    },
  ]);
});
