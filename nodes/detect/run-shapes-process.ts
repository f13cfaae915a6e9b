/** Runs a model once and prints the shapes of its outputs as JSON: `run-shapes-process.ts FILE FEEDS`. */
import { errorMessage } from '../../runtime/node.ts';
import type { ShapeFeed, Shapes } from './run-shapes.ts';
import { sessionOptions } from './session.ts';

const MEMORY = {
  float32: Float32Array,
  float16: Uint16Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
};

async function shapesOf(file: string, feeds: readonly ShapeFeed[]): Promise<Shapes> {
  const { InferenceSession, Tensor, env } = await import('onnxruntime-node');
  env.logLevel = 'fatal';
  const session = await InferenceSession.create(file, sessionOptions('cpu', 1));
  const inputs = feeds.map(({ name, type, dims, values }) => {
    const data = new MEMORY[type as keyof typeof MEMORY](dims.reduce((product, dim) => product * dim, 1));
    for (let i = 0; i < data.length; i++) {
      const value = values[i % values.length] ?? 0;
      data[i] = data instanceof BigInt64Array ? BigInt(value) : value;
    }
    const tensor = new Tensor(type as 'float32', data as Float32Array, dims);
    // The library's native part knows half floats as their bits only.
    Object.defineProperty(tensor, 'data', { value: data });
    return [name, tensor] as const;
  });
  const outputs = await session.run(Object.fromEntries(inputs));
  return Object.fromEntries(Object.entries(outputs).map(([name, { dims }]) => [name, [...dims]]));
}

const [file = '', feeds = '[]'] = process.argv.slice(2);
try {
  process.stdout.write(JSON.stringify({ shapes: await shapesOf(file, JSON.parse(feeds)) }));
} catch (error) {
  process.stdout.write(JSON.stringify({ error: errorMessage(error) }));
}
