/** Opens the detect node on a model and runs frames through it, with what it published kept for inspection. */
import { Value } from '@sinclair/typebox/value';
import detect from '../../../nodes/detect/index.ts';
import { DetectOptions } from '../../../nodes/detect/options.ts';
import {
  type DetectionsMessage,
  type FrameMapping,
  type FrameRequest,
  type FrameView,
  frameBytes,
  type NodeContext,
  type Outputs,
  type Size,
} from '../../../runtime/node.ts';

export interface Running {
  readonly request: FrameRequest;
  readonly gauges: Map<string, number | string>;
  readonly counts: Map<string, number>;
  readonly warnings: string[];
  readonly infos: string[];
  /** Codes of the faults that were reported, null where they were over. */
  readonly faults: (string | null)[];
  /** Runs one frame. Without data: a grey slot; `made`: for this request instead of its own. Without mapping: the slot is the whole source, unscaled. */
  detect(frame?: {
    data?: FrameView['data'];
    mapping?: FrameMapping;
    size?: Size;
    made?: FrameRequest;
    atMs?: number;
  }): Promise<DetectionsMessage>;
  /** Changes options while it runs; those not given are as they were. */
  update(options: Partial<DetectOptions>): Promise<void>;
  close(): Promise<void>;
}

/** Options with the defaults of the schema, as the graph checker fills them in. */
export function withDefaults(options: Partial<DetectOptions>): DetectOptions {
  const params: unknown = Value.Default(DetectOptions, structuredClone(options));
  return Value.Decode(DetectOptions, params);
}

export async function openDetect(options: Partial<DetectOptions>, modelFolders: string[] = []): Promise<Running> {
  const params = withDefaults(options);
  const emitted: DetectionsMessage[] = [];
  const gauges = new Map<string, number | string>();
  const counts = new Map<string, number>();
  const warnings: string[] = [];
  const infos: string[] = [];
  const faults: (string | null)[] = [];
  const prepare = { modelFolders };
  const request = await detect.inputs.frames?.request?.(params, prepare);
  if (request === undefined) throw new Error('detect states no frame request');
  const context = {
    id: 'detect',
    graph: { file: 'test.yaml', camera: 'cam', pace: 'asap' },
    params,
    sessionId: 's',
    clock: { unixMs: () => 0, monoMs: () => performance.now() },
    log: {
      debug: () => undefined,
      info: (text: string) => infos.push(text),
      warn: (text: string) => warnings.push(text),
      error: (text: string) => warnings.push(text),
    },
    emit: { detections: (value: DetectionsMessage) => void emitted.push(value) },
    gauge: (name: string, value: number | string) => void gauges.set(name, value),
    count: (name: string, by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by),
    observe: () => undefined,
    fault: (fault: { code: string } | null) => void faults.push(fault?.code ?? null),
    prepare,
    turn: (_threads: number, work: () => unknown) => work(),
  };
  const handlers = await detect.open(context as unknown as NodeContext<Record<string, unknown>, Outputs>);
  const handler = handlers.on?.frames;
  if (handler === undefined) throw new Error('detect handles no frames');
  let index = 0;
  return {
    request,
    gauges,
    counts,
    warnings,
    infos,
    faults,
    async detect({ made = request, data = greySlot(made), mapping, size, atMs = 0 } = {}) {
      const view = frameView(made, data, mapping, size, index++);
      await handler({ ...view, meta: { ...view.meta, captureMonoMs: atMs } } as never);
      const last = emitted.at(-1);
      if (last === undefined) throw new Error('nothing was emitted');
      return last;
    },
    update: async (changed) => handlers.update?.(withDefaults({ ...options, ...changed }) as never),
    close: async () => handlers.close?.(),
  };
}

/** A slot as the runtime makes them: a view over shared memory. */
export function greySlot(request: FrameRequest, level = 0.5): FrameView['data'] {
  const bytes = new SharedArrayBuffer(frameBytes(request));
  if (!request.format.endsWith('f32')) return new Uint8Array(bytes).fill(level * 255);
  return new Float32Array(bytes).fill(level * (request.white ?? 1));
}

function frameView(
  request: FrameRequest,
  data: FrameView['data'],
  mapping: FrameMapping | undefined,
  size: Size | undefined,
  index: number,
): FrameView {
  const whole = { x: 0, y: 0, w: request.width, h: request.height };
  return {
    meta: {
      index,
      mediaTimeS: index / 10,
      captureUnixMs: 0,
      captureMonoMs: 0,
      decodedMonoMs: 0,
      size: size ?? { w: request.width, h: request.height },
    },
    mapping: mapping ?? { viewportPx: whole, contentPx: whole },
    request,
    data,
  };
}
