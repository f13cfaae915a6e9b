/** Parameters of the track node; the README says where a default departs from ByteTrack's reference and why. */
import { type Static, Type } from '../../runtime/node.ts';

const share = { minimum: 0, maximum: 1 };
const overlap = { minimum: 0.01, maximum: 1 };

export const trackOptions = Type.Object({
  high_confidence: Type.Number({
    ...share,
    default: 0.5,
    live: true,
    description: 'Detections at or above this confidence (0..1) are matched first and may start tracks.',
  }),
  low_confidence: Type.Number({
    ...share,
    default: 0.1,
    live: true,
    description: 'Detections from this confidence (0..1) up to high_confidence only keep tracks alive; below, ignored.',
  }),
  new_track_confidence: Type.Number({
    ...share,
    default: 0.65,
    live: true,
    description: 'A detection that matches nothing starts a track at or above this confidence (0..1).',
  }),
  match_iou: Type.Number({
    ...overlap,
    default: 0.2,
    live: true,
    description:
      'First matching: least IoU of a predicted box and a detection (0..1), times its confidence with fuse_confidence.',
  }),
  low_match_iou: Type.Number({
    ...overlap,
    default: 0.3,
    live: true,
    description: 'Second matching, with detections of low confidence: least IoU (0..1).',
  }),
  confirm_match_iou: Type.Number({
    ...overlap,
    default: 0.3,
    live: true,
    description:
      'Least IoU (0..1), times confidence with fuse_confidence, of a new track and the detection that confirms it.',
  }),
  fuse_confidence: Type.Boolean({
    default: true,
    live: true,
    description: 'Multiply the IoU by the confidence of the detection, so that confident detections are matched first.',
  }),
  duplicate_iou: Type.Number({
    ...overlap,
    default: 0.85,
    live: true,
    description: 'A seen and a lost track that overlap by more than this IoU (0..1) are one: the older one stays.',
  }),
  lost_after_s: Type.Number({
    minimum: 0.01,
    maximum: 60,
    default: 1,
    live: true,
    description:
      'A track unseen for longer than this many seconds is gone; its id does not come back. ' +
      'Must be longer than the time between two frames.',
  }),
  refind_size_ratio: Type.Number({
    minimum: 1.05,
    maximum: 100,
    default: 1.6,
    live: true,
    description: 'A lost track is not found again in a box that is this many times taller or shorter than its own.',
  }),
  per_class: Type.Boolean({
    default: true,
    live: true,
    description:
      'A track is matched by detections of its own label first, and by those of others only on its very spot. False: by ' +
      'any. The most frequent label counts. Without effect where detections carry class probabilities.',
  }),
  least_match_size: Type.Number({
    minimum: 0,
    maximum: 0.2,
    default: 0.03,
    live: true,
    description:
      'For matching, boxes narrower or lower than this share of the frame width (0..0.2) count as that large, so that ' +
      'small objects that move by more than their own size are followed. 0: off.',
  }),
  label_memory_s: Type.Number({
    minimum: 0.1,
    maximum: 3600,
    default: 6,
    live: true,
    description:
      'With class probabilities: time in seconds after which a sighting counts for about a third (1/e) of its weight in ' +
      'the label of a track.',
  }),
  label_evidence: Type.Number({
    minimum: 0,
    maximum: 1000,
    default: 4,
    live: true,
    description: 'With class probabilities: least summed confidence of the sightings before a track is given a label.',
  }),
  label_share: Type.Number({
    ...share,
    default: 0.45,
    live: true,
    description:
      'With class probabilities: least share (0..1) of the evidence that a class takes to be the label; a label is ' +
      'dropped when it falls by 0.1 below.',
  }),
});

export type TrackOptions = Static<typeof trackOptions>;
