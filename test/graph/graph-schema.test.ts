// biome-ignore-all lint/suspicious/noTemplateCurlyInString: graphs hold variables
import { expect, test } from 'bun:test';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { graphFileSchema } from '../../runtime/graph/graph-schema.ts';
import { GOOD, NODES, withLine } from './nodes.ts';

const schema = graphFileSchema(NODES);
const validate = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true }).compile(schema);
const detect = (params: string) => withLine(6, `  detect: { use: detect, from: decode, with: { ${params} } }`);

test.each([
  { why: 'a right graph', text: GOOD },
  { why: 'options of all kinds', text: detect('model: x, confidence: 0, side: 64, labels: [a], floats: true') },
  { why: 'a variable for a number', text: detect('side: "${SIDE:-64}"') },
  {
    why: 'a variable for one of a few words',
    text: withLine(4, '  source: { use: source, with: { url: "${U}", pace: "${P}" } }'),
  },
  {
    why: "a user's own node with any options",
    text: `${GOOD}  mine: { use: ./mine.ts, from: track, with: { a: { b: 1 } } }`,
  },
  { why: 'options left out', text: detect('') },
  { why: 'an empty with', text: withLine(6, '  detect: { use: detect, from: decode, with: }') },
  { why: 'inputs by name', text: withLine(6, '  detect: { use: detect, from: { frames: decode.frames }, worker: a }') },
  {
    why: 'a record',
    text: withLine(7, '  track: { use: track, from: detect, with: { zones: { a: { x: 1, y: 2 } }, limit: auto } }'),
  },
])('takes $why', ({ text }) => {
  validate(parse(text));
  expect(validate.errors).toBeNull();
});

test.each([
  { why: 'no version', text: withLine(1, '') },
  { why: 'another version', text: withLine(1, 'version: 2') },
  { why: 'unknown top key', text: `${GOOD}x: 1` },
  { why: 'unknown node key', text: withLine(6, '  detect: { use: detect, form: decode }') },
  { why: 'unknown node', text: withLine(6, '  detect: { use: detct, from: decode }') },
  { why: 'unknown option', text: detect('confidense: 1') },
  { why: 'out of range', text: detect('confidence: 3') },
  { why: 'wrong type', text: detect('side: "64"') },
  { why: 'none of the words', text: withLine(4, '  source: { use: source, with: { url: x, pace: fast } }') },
  { why: 'a missing option', text: withLine(4, '  source: { use: source, with: { pace: asap } }') },
  { why: 'a missing with', text: withLine(4, '  source: { use: source }') },
  {
    why: 'inside a record',
    text: withLine(7, '  track: { use: track, from: detect, with: { zones: { a: { x: 1 } } } }'),
  },
  { why: 'a bad reference', text: withLine(6, '  detect: { use: detect, from: "a b" }') },
  { why: 'a bad node id', text: `${GOOD}  "a b": { use: detect, from: decode }` },
])('refuses $why', ({ text }) => {
  expect(validate(parse(text))).toBe(false);
});

test('docs, defaults and ports are there for the editor, and nothing only for the runtime is', () => {
  const text = JSON.stringify(schema);
  expect(text).toContain('Finds objects.\\n\\nInputs: frames: frame. Outputs: detections: detections.');
  expect(text).toContain('Where the stream is.');
  expect(text).toContain('"default":0.35');
  expect(text).not.toContain('"urls"');
  expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
});
