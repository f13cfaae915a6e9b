/**
 * Shapes of outputs that a file does not state, by one run on a grey picture. It runs in a process of its own, which is this
 * file as a program: the one that checks graphs stays free of native code and answers meanwhile.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Tensor } from 'onnxruntime-node';
import { errorMessage } from '../../runtime/node.ts';

/** An input and what it is fed, the values over and over. */
export interface ShapeFeed {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

export type Shapes = Readonly<Record<string, readonly number[]>>;

const LONGEST_RUN_MS = 60_000;

/** @returns the shape of each output, or why the model can't run */
export async function runShapes(file: string, feeds: readonly ShapeFeed[]): Promise<Shapes | string> {
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [import.meta.filename, file, JSON.stringify(feeds)],
      { timeout: LONGEST_RUN_MS, killSignal: 'SIGKILL' },
    );
    const answer: Shapes | string = JSON.parse(stdout);
    return answer;
  } catch (error) {
    return errorMessage(error).split('\n', 1).join();
  }
}

/** The run itself. */
async function shapesOf(file: string, feeds: readonly ShapeFeed[]): Promise<Shapes> {
  const ort = await import('onnxruntime-node');
  ort.env.logLevel = 'fatal';
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 4 });
  const inputs = feeds.map(({ name, type, dims, values }): [string, Tensor] => {
    const data = new MEMORY[type as keyof typeof MEMORY](dims.reduce((product, dim) => product * dim, 1));
    for (let i = 0; i < data.length; i++) {
      const value = values[i % values.length] ?? 0;
      data[i] = data instanceof BigInt64Array ? BigInt(value) : value;
    }
    const tensor = new ort.Tensor(type as 'float32', data as Float32Array, dims);
    // The library's native part knows half floats as their bits only.
    Object.defineProperty(tensor, 'data', { value: data });
    return [name, tensor];
  });
  const outputs = await session.run(Object.fromEntries(inputs));
  return Object.fromEntries(Object.entries(outputs).map(([name, { dims }]) => [name, dims]));
}

const MEMORY = {
  float32: Float32Array,
  float16: Uint16Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
};

if (import.meta.main) {
  const [file = '', feeds = '[]'] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(await shapesOf(file, JSON.parse(feeds)).catch(errorMessage)));
}
