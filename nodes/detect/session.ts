/**
 * Runs a model with ONNX Runtime: frames in, the numbers of the outputs out.
 *
 * The library is loaded when a session is opened and never before, so that a process which only checks graphs holds no
 * native code. Per frame: the frame's own memory is the input tensor (a view per ring slot, made once) unless the model
 * wants it normalized. The library allocates new outputs for every run, preallocated ones or not, a megabyte and more
 * each; they are let go at the next run instead of by the garbage collector some day, which keeps the process 30 to
 * 60 MB smaller. What `run` returns is therefore valid until the next `run`.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Clock, errorMessage, type Logger, WindhoverError } from '../../runtime/node.ts';
import type { ConstantFeed, InputStyle, OutputData, OutputTensor } from './families/family.ts';
import type { Model } from './model.ts';
import type { DetectOptions } from './options.ts';

type Ort = typeof import('onnxruntime-node');
type Provider = DetectOptions['providers'][number];
export type FrameData = Float32Array | Uint8Array;

type InferenceOptions = Pick<DetectOptions, 'threads' | 'providers' | 'required'>;

/** A loaded model. */
export class ModelSession {
  /** What runs the model. */
  readonly provider: Provider;
  /** Time that the last `run` spent in the model. */
  inferenceMs = 0;
  readonly #ort: Ort;
  readonly #session: InferenceSession;
  readonly #model: Model;
  readonly #clock: Clock;
  readonly #feeds: Record<string, Tensor> = {};
  readonly #outputNames: readonly string[];
  #outputs: readonly OutputTensor[] = [];
  readonly #tensorOf = new WeakMap<FrameData, Tensor>();
  readonly #prepare: ((data: FrameData) => Tensor) | null;

  private constructor(ort: Ort, session: InferenceSession, provider: Provider, model: Model, clock: Clock) {
    this.#ort = ort;
    this.#session = session;
    this.provider = provider;
    this.#model = model;
    this.#clock = clock;
    for (const feed of model.feeds) this.#feeds[feed.name] = constantTensor(ort, feed);
    this.#outputNames = model.inferred.plan.outputs.map(({ name }) => name);
    this.#prepare = preparation(ort, model);
  }

  /**
   * Loads the model.
   * @throws WindhoverError (permanent) `provider_unavailable` when the required (or every) provider fails to start,
   *   `model_load_failed` when ONNX Runtime refuses the file
   */
  static async open(model: Model, options: InferenceOptions, clock: Clock, log: Logger): Promise<ModelSession> {
    const ort = await import('onnxruntime-node');
    // Every failure is thrown with its text; the library's own lines would break up the log.
    ort.env.logLevel = 'fatal';
    const failures: string[] = [];
    for (const provider of options.providers) {
      try {
        requireBackend(ort, provider);
        const session = await ort.InferenceSession.create(model.file, sessionOptions(provider, options.threads));
        return new ModelSession(ort, session, provider, model, clock);
      } catch (error) {
        const why = errorMessage(error);
        if (provider === 'cpu') throw loadFailure(model, why, error);
        failures.push(`${provider}: ${why}`);
        if (options.required) break;
        log.warn('provider is not available, trying the next', { provider, why });
      }
    }
    if (!options.required && !options.providers.includes('cpu')) {
      return ModelSession.open(model, { ...options, providers: ['cpu'] }, clock, log);
    }
    throw new WindhoverError('provider_unavailable', 'the provider that must run the model is not available', {
      option: 'providers',
      expected: options.providers[0] ?? 'a provider',
      got: failures.join('; '),
      hint: 'install its libraries (bun pm trust onnxruntime-node), or set required: false to fall back to the CPU',
    });
  }

  /**
   * Runs the model on a frame of the size and format of `model.request`.
   * @returns the outputs that the plan names, in its order; valid until the next run
   */
  async run(frame: FrameData): Promise<readonly OutputTensor[]> {
    this.#feeds[this.#model.image.name] = this.#prepare === null ? this.#tensor(frame) : this.#prepare(frame);
    for (const { data } of this.#outputs) release(data);
    this.#outputs = [];
    const startMs = this.#clock.monoMs();
    const results = await this.#session.run(this.#feeds, this.#outputNames);
    this.inferenceMs = this.#clock.monoMs() - startMs;
    const { image, inferred } = this.#model;
    this.#outputs = inferred.plan.outputs.map(({ name, dims }) => {
      const output = toOutput(name, results[name]);
      return dims[0] === 1 ? firstPicture(output, image.batch) : output;
    });
    return this.#outputs;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  #tensor(frame: FrameData): Tensor {
    const known = this.#tensorOf.get(frame);
    if (known !== undefined) return known;
    const { dims } = this.#model.image;
    const tensor =
      frame instanceof Float32Array
        ? new this.#ort.Tensor('float32', frame, dims)
        : new this.#ort.Tensor('uint8', frame, dims);
    this.#tensorOf.set(frame, tensor);
    return tensor;
  }
}

/** Asked for a provider that it was built without, the library would leave it out and say so on stderr only. */
function requireBackend(ort: Ort, provider: Provider): void {
  const known = ort.listSupportedBackends().map(({ name }) => name);
  if (!known.includes(provider)) throw new Error(`this build of ONNX Runtime has only ${known.join(', ')}`);
}

/** How a model is run; exported for the tests of the library's own optimizations. */
export function sessionOptions(provider: Provider, threads: number): InferenceSession.SessionOptions {
  return {
    // What it can't run falls to the CPU, which needs no mention.
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // A plan of all buffers of a run comes on top of those of the first run, and saves no time.
    enableMemPattern: false,
    logSeverityLevel: 4,
    // Threads that wait by spinning take the cores that decoding needs; sleeping ones cost nothing measurable.
    extra: {
      session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } },
      // Moves the zeros of a Pad into the MaxPool after it, where they lose against negative numbers.
      optimization: { disable_specified_optimizers: 'Pad_Fusion' },
    },
  };
}

function loadFailure(model: Model, why: string, cause: unknown): WindhoverError {
  return new WindhoverError('model_load_failed', `ONNX Runtime can't load ${model.file}: ${why}`, {
    option: 'model',
    hint: 'export it again with standard operators, all weights in the one file',
    cause,
  });
}

function constantTensor(ort: Ort, { type, values }: ConstantFeed): Tensor {
  const dims = [1, values.length];
  if (type === 'int64') return new ort.Tensor('int64', BigInt64Array.from(values, BigInt), dims);
  if (type === 'int32') return new ort.Tensor('int32', Int32Array.from(values), dims);
  return new ort.Tensor('float32', Float32Array.from(values), dims);
}

/** What has to be done to a frame before the model takes it; null when its memory is taken as it is. */
function preparation({ Tensor }: Ort, { image, style, request }: Model): ((data: FrameData) => Tensor) | null {
  const { type, planes, dims, batch } = image;
  const ready = type === 'uint8' ? !planes : type === 'float32' && planes && style.normalize === undefined;
  if (ready && batch === 1) return null;
  const plane = image.size.w * image.size.h;
  const floatFrames = request.format.endsWith('f32');
  const unit = 1 / (type === 'uint8' ? 255 : style.white);
  const scaled = { mean: [0, 0, 0], std: [unit, unit, unit] };
  const normalize = (type === 'uint8' ? undefined : style.normalize) ?? scaled;
  const given: InputStyle = floatFrames ? style : { ...style, white: 255 };
  const steps: Steps = { from: floatFrames ? 1 : 3, to: planes ? 1 : 3 };
  const values = new { uint8: Uint8Array, float16: Float16Array, float32: Float32Array }[type](plane * 3 * batch);
  const tensor = new Tensor(type, values as Uint8Array & Uint16Array & Float32Array, dims);
  // The library's native part knows half floats as their bits only.
  if (type === 'float16') Object.defineProperty(tensor, 'data', { value: new Uint16Array(values.buffer) });
  return (data) => {
    normalizePlanes(data, values, plane, given, normalize, steps);
    return tensor;
  };
}

/** From one value of a channel to the next: 1 in planes, 3 where the channels of a pixel lie together. */
interface Steps {
  readonly from: 1 | 3;
  readonly to: 1 | 3;
}

/** value → (value − mean) / std for each channel; mean and std are meant for values from 0 to 1, in RGB order. */
export function normalizePlanes(
  from: ArrayLike<number>,
  to: { [index: number]: number },
  plane: number,
  style: InputStyle,
  { mean, std }: NonNullable<InputStyle['normalize']>,
  steps: Steps = { from: 1, to: 1 },
): void {
  for (let position = 0; position < 3; position++) {
    const channel = style.color === 'rgb' ? position : 2 - position;
    const scale = 1 / ((std[channel] ?? 1) * style.white);
    const offset = -(mean[channel] ?? 0) / (std[channel] ?? 1);
    let source = steps.from === 1 ? position * plane : position;
    let target = steps.to === 1 ? position * plane : position;
    for (let i = 0; i < plane; i++, source += steps.from, target += steps.to) {
      to[target] = (from[source] ?? 0) * scale + offset;
    }
  }
}

/** An output in one of the forms that decoders read. */
function toOutput(name: string, output: Tensor | undefined): OutputTensor {
  const { data, dims = [], type = 'nothing' } = output ?? {};
  if (data instanceof Float32Array || data instanceof BigInt64Array || data instanceof Int32Array)
    return { data, dims };
  if (['float64', 'float16', 'uint8', 'int8'].includes(type))
    return { data: Float32Array.from(data as Uint8Array), dims };
  throw new WindhoverError('model_output_unsupported', `the output ${name} of the model can't be read`, {
    option: 'model',
    expected: 'float32, int32 or int64',
    got: type,
  });
}

/** The part of an output that belongs to the first picture of a batch. */
function firstPicture({ data, dims }: OutputTensor, batch: number): OutputTensor {
  if (batch === 1 || dims[0] !== batch) return { data, dims };
  return { data: data.subarray(0, data.length / batch) as OutputData, dims: [1, ...dims.slice(1)] };
}

/** Frees the memory of an output now. */
function release({ buffer }: OutputData): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}
