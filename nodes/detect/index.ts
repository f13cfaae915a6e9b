/**
 * detect: finds objects in frames with an ONNX model.
 *
 * In: frames as the model wants them (size, format and fit are read from the model file; the producer converts). Out:
 * detections in source pixels, most confident first. How models are recognized and read: README.md and families/.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type Detection,
  defineNode,
  type FramePart,
  type FrameView,
  LATENCY_BUCKETS_MS,
  type Metrics,
  type NodeContext,
  WindhoverError,
} from '../../runtime/node.ts';
import { inspectModel } from './inspect.ts';
import { fileVersion, learnModel, type Model } from './model.ts';
import { DetectOptions } from './options.ts';
import { OutputWatch } from './output-watch.ts';
import { frameReader } from './reading.ts';
import { ModelSession } from './session.ts';
import { checkOutputs, firstRun } from './warm-up.ts';

const inputs = {
  frames: {
    kind: 'frame',
    doc: 'Frames in the size, format and fit of the model.',
    request: async (params: DetectOptions, context: { readonly modelFolders: readonly string[] }) =>
      (await learnModel(params, context)).request,
  },
} as const;
const outputs = {
  detections: { kind: 'detections', doc: 'Boxes in source pixels, most confident first.' },
} as const;

const left = (reason: string) =>
  ({
    kind: 'counter',
    name: 'detections_left_out',
    doc: 'Values of the model that are no box.',
    labels: { reason },
  }) as const;
const metrics: Metrics = {
  inference_ms: {
    kind: 'histogram',
    name: 'inference',
    doc: 'Time in the model.',
    unit: 'ms',
    buckets: LATENCY_BUCKETS_MS,
  },
  provider: { kind: 'gauge', name: 'inference_provider_info', doc: 'What runs the model.', wordLabel: 'provider' },
  model: { kind: 'gauge', name: 'inference_model_info', doc: 'The model.', wordLabel: 'model' },
  idle_still: {
    kind: 'counter',
    name: 'frames_not_looked_at',
    doc: 'Frames that the model was not run on.',
    labels: { reason: 'still' },
  },
  unnamed_classes: left('unnamed_class'),
  broken_values: left('broken_value'),
  broken_boxes: left('broken_box'),
};

export default defineNode({
  name: 'detect',
  doc: 'Finds objects in frames with an ONNX model (YOLO, YOLOX, DETR and relatives).',
  params: DetectOptions,
  inputs,
  outputs,
  metrics,
  blocks: true,
  stateless: true,
  validate: async (params, context) => {
    await learnModel(params, context);
  },
  inspect: inspectModel,
  open,
});

async function open(context: NodeContext<DetectOptions, typeof outputs>) {
  const { params, log } = context;
  const model = await learnModel(params, context.prepare);
  const session = await ModelSession.open(model, params, context.clock, log);
  try {
    if (fileVersion(model.file) !== model.version) throw modelChanged(model);
    checkOutputs(model, await firstRun(model, session));
  } catch (error) {
    await session.close();
    throw error;
  }
  publishModel(context, model, session);

  // Other providers have cores of their own.
  const isShared = session.provider === 'cpu';
  const inTurn = <R>(work: () => Promise<R>) => (isShared ? context.turn(params.threads, work) : work());
  const watch = new OutputWatch(context);
  // Loaded where they are used, for the memory of the worker. What they know is no more than where to look: a successor
  // that knows nothing looks.
  const { Looks } = params.roi === 'auto' ? await import('./looks.ts') : { Looks: null };
  const { Resting } = params.when === 'motion' ? await import('./resting.ts') : { Resting: null };
  const looks = Looks && new Looks(params, model, context.graph.pace);
  const resting = Resting && new Resting(params);
  let reader = frameReader(params, model);
  return {
    on: {
      frames: async (frame: FrameView) => {
        if (!isDeepStrictEqual({ ...frame.request }, model.request)) throw modelChanged(model);
        const { classes, candidates } = reader;
        const glanced = resting?.see(frame);
        const about = { frame: frame.meta, ...glanced?.told, ...(classes ? { classes } : {}) };
        const parts: readonly FramePart[] = looks ? looks.begin(frame, glanced) : glanced?.rests ? [] : [frame];
        if (glanced?.rests) {
          context.count('idle_still');
          return context.emit.detections({ ...about, detections: [], looked: false, inferenceMs: 0 });
        }
        const found: (readonly Detection[])[] = [];
        let inferenceMs = 0;
        for (const part of parts) {
          const results = await inTurn(() => session.run(part.data));
          found.push(reader.read({ ...frame, ...part }, results));
          if (candidates.unnamed > 0) context.count('unnamed_classes', candidates.unnamed);
          context.observe('inference_ms', session.inferenceMs);
          inferenceMs += session.inferenceMs;
          watch.look(results, candidates.broken);
        }
        const outcome = looks ? looks.finish(frame, parts, found, inferenceMs) : { detections: found[0] ?? [] };
        resting?.found(frame, looks ? looks.known : outcome.detections);
        await context.emit.detections({ ...about, ...outcome, inferenceMs });
      },
    },
    update: async (changed: DetectOptions) => {
      const now = await learnModel(changed, context.prepare);
      if (now.version !== model.version) throw modelChanged(model);
      reader = frameReader(changed, now);
      looks?.update(changed);
      resting?.update(changed);
    },
    close: () => session.close(),
  };
}

/** The frames, or what is known about the model, belong to another file than the one that is there now. */
function modelChanged({ file, request }: Model): WindhoverError {
  const { width, height, format, fit } = request;
  return new WindhoverError('model_changed', `the model file ${file} was replaced while it was in use`, {
    got: `a model for ${width}×${height} ${format}, ${fit}`,
    hint: 'the session starts again, and its frames are planned for the model that is there then',
  });
}

/** Reports the loaded model in the log and in the gauges of the session. */
function publishModel(context: NodeContext<DetectOptions, typeof outputs>, model: Model, session: ModelSession): void {
  const { labels, inferred, image } = model;
  const provider = session.provider;
  const wanted = context.params.providers[0];
  const input = `${image.size.w}×${image.size.h}`;
  context.log.info('model is ready', { model: model.name, family: inferred.family, input, provider });
  context.log.debug('model layout', { layout: inferred.plan.layout, why: inferred.why });
  const { notRead } = inferred.plan;
  if (notRead !== undefined) context.log.info('only the boxes of the model are read', { notRead });
  if (labels.assumed) {
    const classes = labels.names.length;
    context.log.info('the model has no class names; its number of classes matches COCO, so the COCO names are used', {
      classes,
    });
  }
  if (provider !== wanted) context.log.warn('the model runs on another provider than requested', { wanted, provider });
  context.gauge('model', model.name);
  context.gauge('family', inferred.family);
  context.gauge('labels', labels.assumed ? labels.source : `${labels.names.length} (${labels.source})`);
  context.gauge('provider', provider);
}
