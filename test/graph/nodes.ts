/** Small contracts for the tests of graphs: one of each thing that a contract can say. No node here does anything. */
import { expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { formatFault } from '../../runtime/graph/faults.ts';
import { checkGraph, type LoadOptions, type LoadResult } from '../../runtime/graph/load.ts';
import { type AnyNode, defineNode, pathOption, Type, WindhoverError } from '../../runtime/node.ts';
import { nodeTable } from '../support/node-table.ts';

const open = () => ({});

const source = defineNode({
  name: 'source',
  doc: 'Reads a stream.',
  params: Type.Object({
    url: Type.String({
      minLength: 1,
      description: 'Where the stream is.',
      ...pathOption({ urls: true }),
    }),
    pace: Type.Union([Type.Literal('realtime'), Type.Literal('asap')], { default: 'realtime' }),
    password: Type.Optional(Type.String()),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
  }),
  inputs: {},
  outputs: { packets: { kind: 'packet' } },
  pace: (params) => params.pace,
  open,
});

const decode = defineNode({
  name: 'decode',
  doc: 'Packets to frames.',
  params: Type.Object({ fps: Type.Number({ exclusiveMinimum: 0, maximum: 120, default: 10 }) }),
  inputs: { packets: { kind: 'packet' } },
  outputs: { frames: { kind: 'frame' } },
  open,
});

const detect = defineNode({
  name: 'detect',
  doc: 'Finds objects.',
  params: Type.Object({
    model: Type.String({ default: 'default', ...pathOption({ names: true }) }),
    confidence: Type.Number({ minimum: 0, maximum: 1, default: 0.35 }),
    side: Type.Integer({ minimum: 32, multipleOf: 32, default: 416 }),
    labels: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
    floats: Type.Boolean({ default: false }),
  }),
  inputs: {
    frames: {
      kind: 'frame',
      request: ({ side, floats }) => ({
        width: side,
        height: side,
        format: floats ? 'rgbf32' : 'rgb24',
        fit: 'letterbox',
      }),
    },
  },
  outputs: { detections: { kind: 'detections' } },
  blocks: true,
  validate: ({ model }) => {
    if (model.startsWith('/') && !existsSync(model))
      throw new WindhoverError('model', `there is no model ${model}`, { option: 'model' });
    if (model === 'broken') throw new WindhoverError('model', 'cannot be used', { option: 'labels.0' });
    if (model === 'odd') throw new Error('odd is no model');
  },
  open,
});

const track = defineNode({
  name: 'track',
  doc: 'Follows objects.',
  params: Type.Object({
    zones: Type.Record(
      Type.String(),
      Type.Object({ x: Type.Number(), y: Type.Number() }, { additionalProperties: false }),
      {
        default: {},
      },
    ),
    limit: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1 })], { default: 'auto' }),
  }),
  inputs: { detections: { kind: 'detections' } },
  outputs: { tracks: { kind: 'tracks' } },
  open,
});

const autotrack = defineNode({
  name: 'autotrack',
  doc: 'Turns the camera.',
  params: Type.Object({ driver: Type.Union([Type.Literal('sim'), Type.Literal('onvif')], { default: 'sim' }) }),
  inputs: { tracks: { kind: 'tracks' } },
  outputs: { ptz: { kind: 'ptz' } },
  open,
});

const publish = defineNode({
  name: 'publish',
  doc: 'Sends metadata.',
  params: Type.Object({ hz: Type.Number({ minimum: 0.1, maximum: 60, default: 10 }) }),
  inputs: { tracks: { kind: 'tracks' }, ptz: { kind: 'ptz', optional: true } },
  outputs: {},
  open,
});

/** Two inputs of one kind, two outputs of another: nothing about it goes without saying. */
const fuse = defineNode({
  name: 'fuse',
  doc: 'Two detectors as one.',
  params: Type.Object({}),
  inputs: { left: { kind: 'detections' }, right: { kind: 'detections', optional: true } },
  outputs: { both: { kind: 'detections' }, either: { kind: 'detections' } },
  open,
});

export const NODES: readonly AnyNode[] = [source, decode, detect, track, autotrack, publish, fuse];

/** Checks a text as `graphs/cam.yaml` in the folder /site. */
export function check(text: string, options: Partial<LoadOptions> = {}): Promise<LoadResult> {
  const base: LoadOptions = {
    builtins: nodeTable(NODES),
    env: {},
    sets: [],
    cwd: '/site',
    prepare: { modelFolders: [] },
  };
  return checkGraph(text, 'graphs/cam.yaml', { ...base, ...options });
}

/** The faults as a user sees them, without the file's name. */
export async function faultsOf(text: string, options: Partial<LoadOptions> = {}): Promise<string[]> {
  const { faults } = await check(text, options);
  return faults.map((fault) => formatFault(fault).replace(/^graphs\/cam\.yaml:/, ''));
}

/** A right graph, one node a line: nodes are lines 4 to 9. */
export const GOOD = `version: 1
camera: cam01
nodes:
  source:    { use: source, with: { url: "rtsp://cam/sub" } }
  decode:    { use: decode,    from: source }
  detect:    { use: detect,    from: decode }
  track:     { use: track,     from: detect }
  autotrack: { use: autotrack, from: track }
  publish:   { use: publish,   from: [track, autotrack] }
`;

/** GOOD with one line (from 1) replaced. */
export function withLine(number: number, line: string): string {
  return GOOD.split('\n')
    .map((old, i) => (i + 1 === number ? line : old))
    .join('\n');
}

export interface FaultRow {
  /** Why the row is there. */
  readonly why: string;
  readonly text: string;
  readonly faults: readonly string[];
}

/** One test a row: the text has exactly these faults. */
export function faultTable(rows: readonly FaultRow[]): void {
  test.each(rows)('$why', async ({ text, faults }) => {
    expect(await faultsOf(text)).toEqual([...faults]);
  });
}
