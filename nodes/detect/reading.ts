/** How the outputs of a model become detections: all that live options change. */
import type { Detection, DetectionClasses, FrameView } from '../../runtime/node.ts';
import { Candidates } from './candidates.ts';
import type { OutputTensor } from './families/family.ts';
import type { Model } from './model.ts';
import { Selector } from './nms.ts';
import type { DetectOptions } from './options.ts';
import { type DetectionStyle, toDetections } from './to-detections.ts';

export interface FrameReader {
  /** The names that detections choose from; only where they carry probabilities. */
  readonly classes: DetectionClasses | null;
  /** The boxes of the last frame, before doubles were dropped. */
  readonly candidates: Candidates;
  /** The detections in the outputs of a run on this frame, most confident first. */
  readonly read: (frame: FrameView, outputs: readonly OutputTensor[]) => readonly Detection[];
}

export function frameReader(params: DetectOptions, { inferred, reading, labels, thresholds }: Model): FrameReader {
  const { plan } = inferred;
  const byObjectness = reading.scoring === 'objectness';
  const selector = new Selector({
    iou: params.iou ?? plan.nmsIou,
    // An object whose class wavers between two rows is still one object.
    classAgnostic: params.class_agnostic_nms || byObjectness,
    max: params.max_detections,
  });
  const style: DetectionStyle = {
    names: labels.names,
    withProbabilities: byObjectness,
    margin: params.tight_boxes ? reading.margin : null,
  };
  const decode = plan.decoder(reading.scoring);
  const candidates = new Candidates();
  return {
    classes: byObjectness ? { names: labels.names, unknown: reading.unknownLabel } : null,
    candidates,
    read: (frame, outputs) => {
      candidates.clear();
      decode(outputs, thresholds, candidates);
      return toDetections(frame, candidates, selector.select(candidates), outputs, style);
    },
  };
}
