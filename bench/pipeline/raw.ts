/**
 * The model alone: `session.run` over the video's own frames, converted beforehand, and nothing else in the process.
 * Prints frames per second.
 */
import { join } from 'node:path';
import type { FrameView } from '../../runtime/data.ts';
import { createRing } from '../../runtime/engine/ring-layout.ts';
import { RingPump, RingSink } from '../../runtime/engine/ring-links.ts';
import { decodeInto } from './in-process.ts';
import { type BenchInput, benchGraph } from './input.ts';

const FRAMES = 64;
const RUNS = 400;
const WARM_UP = 30;

const input: BenchInput = JSON.parse(process.argv[2] ?? '{}');
const graph = await benchGraph(input, []);
const request = graph.nodes.flatMap(({ links }) => links.flatMap((link) => link.request ?? []))[0];
const modelPath = await modelFile();
if (!request) throw new Error('the graph asks for no frames');

const ring = createRing({ id: 'raw', pace: 'asap', readers: 1, slots: 3, request });
const frames: FrameView['data'][] = [];
const pump = new RingPump(
  ring,
  0,
  {
    deliver: (_input, value) => {
      if (frames.length < FRAMES) frames.push((value as FrameView).data.slice());
    },
    inputEnded: () => undefined,
    count: () => undefined,
  },
  'frames',
);
await Promise.all([decodeInto(graph, new RingSink(ring), FRAMES), pump.run()]);

const ort = await import('onnxruntime-node');
const session = await ort.InferenceSession.create(modelPath, {
  intraOpNumThreads: input.threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
});
const [name = ''] = session.inputNames;
const { height, width } = request;
const tensors = frames.map((data) =>
  data instanceof Float32Array
    ? new ort.Tensor('float32', data, [1, 3, height, width])
    : new ort.Tensor('uint8', data, [1, height, width, 3]),
);
for (let i = 0; i < WARM_UP; i++) await session.run(feed(i));
const startMs = performance.now();
for (let i = 0; i < RUNS; i++) await session.run(feed(i));
console.log(RUNS / ((performance.now() - startMs) / 1000));
process.exit(0);

function feed(i: number) {
  const tensor = tensors[i % tensors.length];
  if (!tensor) throw new Error('the video gave no frame');
  return { [name]: tensor };
}

async function modelFile(): Promise<string> {
  const { model } = input;
  return model.startsWith('/') ? model : join(import.meta.dir, `../../models/${model}.onnx`);
}
