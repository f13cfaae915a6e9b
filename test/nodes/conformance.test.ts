/** What every node owes the runtime: one suite, run against the built-in nodes and the shipped custom ones. */
import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { builtinNodes } from '../../nodes/index.ts';
import { loadContracts } from '../../runtime/graph/modules.ts';
import type { AnyNode, MetadataMessage, NodeHandlers } from '../../runtime/node.ts';
import { type NodeRun, openGraph, type RunnerOptions } from '../node-runner.ts';
import { ROOT } from './fragment.ts';
import { detectionsOf, frameSourceOf, ptzOf, trackOf, tracksOf } from './recorded.ts';

const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
afterAll(() => rmSync(folder, { recursive: true }));
const recording = join(folder, 'recording.jsonl');
const recordedFrames = [0, 1, 2].map((frame) =>
  JSON.stringify({ frame, detections: [{ x: 1, y: 2, w: 30, h: 40, confidence: 0.9, label: 'drone' }] }),
);
writeFileSync(recording, ['{"width":640,"height":360,"fps":25}', ...recordedFrames].join('\n'));

/** The least that a graph has to say for nodes whose parameters have no defaults. */
const PARAMS: Readonly<Record<string, Record<string, unknown>>> = {
  source: { url: join(ROOT, 'fixtures/broken/corrupt.mp4'), pace: 'asap' },
  'virtual-ptz': { fps: 60, size: [64, 36] },
  replay: { path: recording },
  zones: {
    zones: {
      sky: {
        points: [
          [0, 0],
          [1, 0],
          [1, 0.6],
        ],
      },
    },
  },
};
/** Nodes that produce until they are told to stop, and of which output. */
const ENDLESS: Readonly<Record<string, string>> = { 'virtual-ptz': 'node.packets' };
const SILENT_METADATA: MetadataMessage = {
  ...{ hasTrack: true, arrivalMonoMs: 0, cameraToMonoMs: null, captureClock: 'arrival', originMonoMs: 0 },
  ...{ size: null, generation: 1 },
};
const FRAMES = [0, 1, 2, 3, 4, 5, 6, 7];
const box = { x: 100, y: 100, w: 40, h: 30 };
const RECORDED: Readonly<Record<string, (index: number) => object>> = {
  frame: frameSourceOf,
  metadata: (index) => ({
    ...SILENT_METADATA,
    arrivalMonoMs: index * 100,
    document: '<MetadataStream><Frame/></MetadataStream>',
  }),
  detections: (index) => detectionsOf(index, [{ bboxPx: box, confidence: 0.9, label: 'drone' }]),
  tracks: (index) => tracksOf(index, [trackOf(1)]),
  ptz: (index) => ptzOf(index, null, 'idle'),
};

const customNodes: AnyNode[] = [];
for (const file of new Bun.Glob('graphs/custom-node/*.ts').scanSync(ROOT)) {
  const module: { default?: AnyNode } = await import(join(ROOT, file));
  if (module.default) customNodes.push(module.default);
}

test('there is a custom node to hold to this', () => {
  expect(customNodes.length).toBeGreaterThan(0);
});

test('the contracts of all nodes load without native code', () => {
  const script = `const { builtinNodes } = await import('./nodes/index.ts'); for (const load of Object.values(builtinNodes)) await load(); console.log(require('node:fs').readFileSync('/proc/self/maps', 'utf8'))`;
  if (process.platform !== 'linux') {
    console.log('skipped: /proc/self/maps is there on Linux only');
    return;
  }
  const { stdout, exitCode } = Bun.spawnSync([process.execPath, '-e', script], { cwd: ROOT });
  expect(exitCode).toBe(0);
  const maps = stdout.toString();
  expect(maps).toContain('/bun');
  expect(maps.split('\n').filter((line) => /\.node$|node-av|onnxruntime|libav|libsw/.test(line))).toEqual([]);
});

describe.each(
  [...(await loadContracts(builtinNodes)), ...customNodes].map((contract) => [contract.name, contract] as const),
)('%s', (_, contract) => {
  contractTests(contract);
  lifeTests(contract);
  if (Object.keys(contract.inputs).length > 0) handlerFailureTest(contract);
  else runFailureTest(contract);
});

function contractTests(contract: AnyNode): void {
  test('the contract says what there is to know', () => {
    expect(contract.name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(contract.doc).toMatch(/^\S.*\.$/s);
    for (const [name, schema] of Object.entries(contract.params.properties)) {
      expect({ name, description: schema.description ?? '' }).toEqual({
        name,
        description: expect.stringMatching(/\S/),
      });
    }
    expect(Object.entries(contract.params.properties).flatMap(([name, schema]) => unbounded(name, schema))).toEqual([]);
  });

  test('its defaults with the least that is needed pass its own schema', () => {
    const params = Value.Default(contract.params, { ...PARAMS[contract.name] });
    expect([...Value.Errors(contract.params, params)]).toEqual([]);
  });

  test('an unknown option is refused', async () => {
    const opening = openOne(contract, { no_such_option: 1 });
    await expect(opening).rejects.toThrow('no_such_option');
  });
}

function lifeTests(contract: AnyNode): void {
  test('opens and closes without a frame; closing again does nothing', async () => {
    const spy = spyOn(contract);
    const run = await openOne(spy.contract);
    const node = run.nodes.get('node');
    await node?.close();
    await node?.close();
    expect({ opened: spy.opened, closed: spy.closed }).toEqual({ opened: 1, closed: 1 });
    for (const other of run.nodes.values()) await other.close();
  });

  test('runs to its end: in order, ended and closed once, every slot given back', async () => {
    const spy = spyOn(contract);
    const run = await openOne(spy.contract);
    run.start();
    const endless = ENDLESS[contract.name];
    if (endless !== undefined) {
      await run.until(() => run.output(endless).length >= 3);
      run.stop();
    }
    await run.finished;
    expect(run.failures).toEqual([]);
    expect({ ended: spy.ended, closed: spy.closed }).toEqual({ ended: 1, closed: 1 });
    expect(run.slotsHeld).toBe(0);
    const outputs = Object.keys(contract.outputs);
    if (outputs.length > 0) expect(run.output('end')).toHaveLength(1);
    for (const output of outputs) {
      const times = run.output<object>(`node.${output}`).map(timeOf);
      expect(times.length).toBeGreaterThan(0);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
  });
}

function handlerFailureTest(contract: AnyNode): void {
  test('an error in a handler is reported once, with the node, and nothing more is delivered', async () => {
    const spy = spyOn(contract, 2);
    const run = await openOne(spy.contract);
    run.start();
    await run.finished;
    expect(run.failures).toEqual([{ node: 'node', error: new Error('out of order') }]);
    expect({ delivered: spy.delivered, closed: spy.closed }).toEqual({ delivered: 2, closed: 1 });
    expect(spy.endHandled).toBe(false);
    expect(run.slotsHeld).toBe(0);
  });
}

function runFailureTest(contract: AnyNode): void {
  test('an error in run is reported once, with the node, and the stream ends', async () => {
    const spy = spyOn(contract, 1);
    const run = await openOne(spy.contract);
    run.start();
    await run.finished;
    expect(run.failures).toEqual([{ node: 'node', error: new Error('out of order') }]);
    expect(run.output('end')).toHaveLength(1);
    expect(spy.closed).toBe(1);
  });
}

/** Opens the node as `node`, with recorded values of the right kind on every input. */
function openOne(contract: AnyNode, params: Record<string, unknown> = {}): Promise<NodeRun> {
  const feed: Record<string, object[]> = {};
  let packets = '';
  for (const [input, { kind }] of Object.entries(contract.inputs)) {
    const recorded = RECORDED[kind];
    if (recorded) feed[input] = FRAMES.map(recorded);
    // Packets are native objects; they come from a real source.
    else packets = `source: ${JSON.stringify({ use: 'source', with: PARAMS.source })}\n`;
  }
  const node = {
    use: contract.name,
    with: { ...PARAMS[contract.name], ...params },
    ...(packets ? { from: 'source' } : {}),
  };
  const options: RunnerOptions = {
    contracts: [contract],
    // What is fed comes at the pace that the node asks for.
    ...(contract.name === 'onvif-metadata' ? { pace: 'realtime' } : {}),
    modelFolders: [join(ROOT, 'models')],
    ...(Object.keys(feed).length > 0 ? { feed: { node: feed } } : {}),
  };
  return openGraph(`${packets}node: ${JSON.stringify(node)}`, options);
}

/** The same contract, watched. @param failAt its handlers (or its run) throw from this call on, from 1 */
function spyOn(contract: AnyNode, failAt = Number.POSITIVE_INFINITY) {
  const spy = { contract, opened: 0, ended: 0, endHandled: false, closed: 0, delivered: 0 };
  const failing = () => {
    spy.delivered += 1;
    if (spy.delivered >= failAt) throw new Error('out of order');
  };
  const open = async (context: Parameters<AnyNode['open']>[0]): Promise<NodeHandlers<Record<string, unknown>>> => {
    const handlers = await contract.open(context);
    spy.opened += 1;
    const watched = <A, R>(handler: ((value: A) => R) | undefined) =>
      handler &&
      ((value: A) => {
        failing();
        return handler(value);
      });
    const on = Object.entries(handlers.on ?? {}).map(([input, handler]) => [input, watched(handler)]);
    const [run, joined] = [watched(handlers.run), watched(handlers.joined)];
    return {
      ...handlers,
      on: Object.fromEntries(on),
      ...(run ? { run } : {}),
      ...(joined ? { joined } : {}),
      end: async () => {
        spy.ended += 1;
        spy.endHandled = true;
        await handlers.end?.();
      },
      close: async () => {
        spy.closed += 1;
        await handlers.close?.();
      },
    };
  };
  spy.contract = { ...contract, open };
  return spy;
}

/** Paths of the numbers in a schema that have no lower bound. */
function unbounded(path: string, schema: TSchema): string[] {
  const found: string[] = [];
  const isNumber = schema.type === 'number' || schema.type === 'integer';
  if (isNumber && schema.const === undefined && schema.minimum === undefined && schema.exclusiveMinimum === undefined) {
    found.push(path);
  }
  for (const variant of (schema.anyOf ?? []) as TSchema[]) found.push(...unbounded(path, variant));
  for (const [key, child] of Object.entries((schema.properties ?? {}) as Record<string, TSchema>)) {
    found.push(...unbounded(`${path}.${key}`, child));
  }
  if (schema.items && !Array.isArray(schema.items)) found.push(...unbounded(`${path}[]`, schema.items as TSchema));
  return found;
}

/** When a value is from: frame index, or the stream's own time for packets without B-frames. */
function timeOf(value: object): number {
  if ('pts' in value) return Number(value.pts);
  const about = 'frame' in value ? value.frame : 'meta' in value ? value.meta : undefined;
  return typeof about === 'object' && about !== null && 'index' in about ? Number(about.index) : Number.NaN;
}
