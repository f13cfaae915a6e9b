/**
 * Class names of the COCO data set (Lin et al., "Microsoft COCO: Common Objects in Context").
 *
 * Category ids run to 90 with ten left out (`null`); models number the 80 in use either from 0 (`coco80`) or by their id
 * with 0 as the background (`coco91`).
 */
const BY_ID: readonly (string | null)[] = [
  ...[null, 'person', 'bicycle', 'car', 'motorcycle', 'airplane', 'bus', 'train', 'truck', 'boat', 'traffic light'],
  ...['fire hydrant', null, 'stop sign', 'parking meter', 'bench', 'bird', 'cat', 'dog', 'horse', 'sheep', 'cow'],
  ...['elephant', 'bear', 'zebra', 'giraffe', null, 'backpack', 'umbrella', null, null, 'handbag', 'tie', 'suitcase'],
  ...['frisbee', 'skis', 'snowboard', 'sports ball', 'kite', 'baseball bat', 'baseball glove', 'skateboard'],
  ...['surfboard', 'tennis racket', 'bottle', null, 'wine glass', 'cup', 'fork', 'knife', 'spoon', 'bowl', 'banana'],
  ...['apple', 'sandwich', 'orange', 'broccoli', 'carrot', 'hot dog', 'pizza', 'donut', 'cake', 'chair', 'couch'],
  ...['potted plant', 'bed', null, 'dining table', null, null, 'toilet', null, 'tv', 'laptop', 'mouse', 'remote'],
  ...['keyboard', 'cell phone', 'microwave', 'oven', 'toaster', 'sink', 'refrigerator', null, 'book', 'clock', 'vase'],
  ...['scissors', 'teddy bear', 'hair drier', 'toothbrush'],
];

/** The 80 names, numbered from 0. */
export const COCO_80: readonly string[] = BY_ID.filter((name) => name !== null);

/** By category id, 0 to 90; `''` for the background and the ids that are not in use. */
export const COCO_91: readonly string[] = BY_ID.map((name) => name ?? '');
