/**
 * detect: finds objects in frames with an ONNX model.
 *
 * In: frames as the model wants them (size, format and fit are read from the model file; the producer converts). Out:
 * detections in source pixels, most confident first. How models are recognized and read: README.md and families/.
 */
import {
  type Box,
  type Detection,
  defineNode,
  type FrameView,
  type NodeContext,
  type Size,
  toSourcePx,
} from '../../runtime/node.ts';
import { Candidates } from './candidates.ts';
import { loadModel, type Model } from './model.ts';
import { Selector } from './nms.ts';
import { DetectOptions } from './options.ts';
import { ModelSession } from './session.ts';
import { checkOutputs, greyFrame } from './warm-up.ts';

const inputs = {
  frames: {
    kind: 'frame',
    doc: 'Frames in the size, format and fit of the model.',
    request: (params: DetectOptions, context: { readonly modelFolders: readonly string[] }) =>
      loadModel(params, context).request,
  },
} as const;
const outputs = {
  detections: { kind: 'detections', doc: 'Boxes in source pixels, most confident first.' },
} as const;

export default defineNode({
  name: 'detect',
  doc: 'Finds objects in frames with an ONNX model (YOLO, YOLOX, DETR and relatives).',
  params: DetectOptions,
  inputs,
  outputs,
  blocks: true,
  validate: (params, context) => {
    loadModel(params, context);
  },
  open,
});

async function open(context: NodeContext<DetectOptions, typeof outputs>) {
  const { params, log } = context;
  const model = loadModel(params, context.prepare);
  const session = await ModelSession.open(model, params, context.clock, log);
  const { plan } = model.inferred;
  try {
    checkOutputs(model.inferred, await session.run(greyFrame(model.request)));
  } catch (error) {
    await session.close();
    throw error;
  }
  publishModel(context, model, session);

  const candidates = new Candidates();
  const decode = plan.decoder();
  const selector = new Selector({
    iou: params.iou ?? plan.nmsIou,
    classAgnostic: params.class_agnostic_nms,
    max: params.maxDetections,
  });
  return {
    on: {
      frames: async (frame: FrameView) => {
        const results = await session.run(frame.data);
        candidates.clear();
        decode(results, model.thresholds, candidates);
        if (candidates.unnamed > 0) context.count('unnamed_classes', candidates.unnamed);
        if (candidates.broken > 0) context.count('broken_boxes', candidates.broken);
        await context.emit.detections({
          frame: frame.meta,
          detections: toDetections(frame, candidates, selector.select(candidates), model.labels.names),
          inferenceMs: session.inferenceMs,
        });
      },
    },
    close: () => session.close(),
  };
}

/** Says what runs: in the log, and in the gauges that sessions show. */
function publishModel(context: NodeContext<DetectOptions, typeof outputs>, model: Model, session: ModelSession): void {
  const { labels, inferred, image } = model;
  const provider = session.provider;
  const wanted = context.params.providers[0];
  const input = `${image.size.w}×${image.size.h}`;
  context.log.info('model is ready', { model: model.name, family: inferred.family, input, provider });
  context.log.debug('how the model is read', { layout: inferred.plan.layout, why: inferred.why });
  if (labels.assumed) {
    const classes = labels.names.length;
    context.log.info('the model has no class names: its number of classes is that of COCO, whose names are used', {
      classes,
    });
  }
  if (provider !== wanted) context.log.warn('the model runs on another provider than wanted', { wanted, provider });
  context.gauge('model', model.name);
  context.gauge('family', inferred.family);
  context.gauge('labels', labels.assumed ? labels.source : `${labels.names.length} (${labels.source})`);
  context.gauge('provider', provider);
}

/** The selected candidates as detections: mapped to the source, clipped to its frame, empty ones left out. */
function toDetections(
  frame: FrameView,
  boxes: Candidates,
  selected: Int32Array,
  names: readonly string[],
): readonly Detection[] {
  const detections: Detection[] = [];
  for (const i of selected) {
    const x = boxes.x1[i] ?? 0;
    const y = boxes.y1[i] ?? 0;
    const inSlot = { x, y, w: (boxes.x2[i] ?? 0) - x, h: (boxes.y2[i] ?? 0) - y };
    const bboxPx = clip(toSourcePx(frame.mapping, inSlot), frame.meta.size);
    const label = names[boxes.classId[i] ?? -1] ?? '';
    if (bboxPx === null || label === '') continue;
    // Quantized models give 1.0005.
    detections.push({ bboxPx, confidence: Math.min(1, boxes.score[i] ?? 0), label });
  }
  return detections;
}

/** The part of a box inside the frame; null when there is none. */
function clip(box: Box, frame: Size): Box | null {
  const x = Math.max(0, box.x);
  const y = Math.max(0, box.y);
  const w = Math.min(frame.w, box.x + box.w) - x;
  const h = Math.min(frame.h, box.y + box.h) - y;
  return w > 0 && h > 0 ? { x, y, w, h } : null;
}
