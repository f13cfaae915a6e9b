/** Boxes, scores and classes in outputs of their own, or in the columns of finished rows. */
import {
  apart,
  bytes,
  CORNERS,
  imShape,
  names,
  out,
  QUIET,
  SURE,
  scaleFactor,
  testFound,
  testRefused,
  three,
} from './scenes.ts';

testFound({
  'UltraFace: softmax with the background first, fractions, class_names leaves it out': [
    'boxes-class-scores',
    {
      outputs: apart({ rows: 84, form: 'corners', per: 64, rest: [0.97, 0.03], drone: [0.1, 0.9] }, [
        'boxes',
        'scores',
      ]).toReversed(),
    },
    { class_names: ['drone'] },
    { fit: 'stretch' },
  ],
  'the same, the background named': [
    'boxes-class-scores',
    {
      outputs: apart({ rows: 84, form: 'corners', per: 64, rest: [0.97, 0.03], drone: [0.1, 0.9] }, [
        'boxes',
        'scores',
      ]),
      metadata: { names: "['BACKGROUND', 'drone']" },
    },
  ],
  'SSD with the background last, as wide as the boxes': [
    'boxes-class-scores',
    {
      outputs: apart({ rows: 100, form: 'corners', per: 64, rest: [...QUIET, 0.96], drone: [...SURE, 0.02] }, [
        'loc_boxes',
        'class_prob',
      ]),
      metadata: names,
    },
  ],
  'a softmax where the drone is second to the background': [
    'boxes-class-scores',
    {
      outputs: apart({ rows: 84, form: 'corners', per: 64, rest: [0.97, 0.03], drone: [0.1, 0.9] }, [
        'boxes',
        'scores',
      ]),
      metadata: { names: '["__background__", "drone"]' },
    },
    { confidence: 0.5 },
  ],
  'YOLO-NAS, its outputs called by numbers': [
    'boxes-class-scores',
    { outputs: apart({ rows: 84, form: 'corners', ...three }, ['913', '904']), metadata: names },
  ],
  'YOLO-NAS, its outputs called by the wrong names': [
    'boxes-class-scores',
    {
      outputs: apart({ rows: 84, form: 'corners', ...three }, ['pred_logits', 'pred_boxes']),
      metadata: { ...names, model_family: 'yolonas' },
    },
    {},
    { fit: 'letterbox' },
  ],
  'centre and size in fractions': [
    'boxes-class-scores',
    { outputs: apart({ rows: 84, form: 'centred', per: 64, ...three }, ['boxes', 'scores']), metadata: names },
  ],
  'PP-YOLOE without its NMS: classes before boxes, fed scale_factor': [
    'boxes-class-scores',
    {
      extraInputs: [scaleFactor],
      outputs: apart({ rows: 84, form: 'corners', ...three }, ['tmp_16', 'concat_14.tmp_0'], true),
      metadata: names,
    },
  ],
  'PicoDet with its NMS: class, score, box, and how many': [
    'boxes-scores-classes',
    {
      extraInputs: [imShape, scaleFactor],
      outputs: [
        out('multiclass_nms3_0.tmp_0', ['?', 6], [1, 0.9, ...CORNERS, 0, 0.01, 1, 1, 9, 9], { actualDims: [2, 6] }),
        out('multiclass_nms3_0.tmp_2', ['?'], [2], { actualDims: [1], type: 'int32' }),
      ],
      metadata: names,
    },
    {},
    { fit: 'stretch' },
  ],
  'YOLOv7 end to end: picture, box, class, score': [
    'boxes-scores-classes',
    {
      outputs: [out('output', ['n', 7], [0, ...CORNERS, 1, 0.9, 1, 0, 0, 9, 9, 0, 0.8], { actualDims: [2, 7] })],
      metadata: names,
    },
    {},
    { fit: 'letterbox' },
  ],
  'YOLO-NAS flat: picture, box, score, class': [
    'boxes-scores-classes',
    {
      outputs: [out('graph2_flat_predictions', ['n', 7], [0, ...CORNERS, 0.9, 1], { actualDims: [1, 7] })],
      metadata: names,
    },
  ],
  'EfficientDet: y before x, pixel after pixel': [
    'boxes-scores-classes',
    {
      image: bytes,
      outputs: [out('detections:0', [1, 2, 7], [0, 19, 22, 29, 42, 0.9, 2, 0, 0, 0, 0, 0, 0, 0])],
      metadata: names,
    },
    {},
    { fit: 'letterbox-topleft', format: 'rgb24' },
  ],
  'DetectionOutput of SSD: picture, class, score, box in fractions': [
    'boxes-scores-classes',
    {
      outputs: [
        out('detection_out', [1, 1, 'n', 7], [0, 1, 0.9, ...CORNERS.map((v) => v / 64)], { actualDims: [1, 1, 1, 7] }),
      ],
      metadata: names,
    },
  ],
  'mmdeploy: boxes with their scores, and classes': [
    'boxes-scores-classes',
    {
      outputs: [
        out('dets', ['batch', 'n', 5], [...CORNERS, 0.9, 0, 0, 0, 0, 0], { actualDims: [1, 2, 5] }),
        out('labels', ['batch', 'n'], [1, 0], { actualDims: [1, 2], type: 'int64' }),
      ],
      metadata: names,
    },
  ],
  'SSD-MobileNet of TensorFlow, its shapes not stated': [
    'boxes-scores-classes',
    {
      image: { ...bytes, dims: ['unk__1', 'unk__2', 'unk__3', 3] },
      outputs: [
        out('num_detections:0', [1], [2], { shapeless: true }),
        out(
          'detection_boxes:0',
          [1, 2, 4],
          [19, 22, 29, 42, 0, 0, 0, 0].map((v) => v / 64),
          { shapeless: true },
        ),
        out('detection_scores:0', [1, 2], [0.9, 0], { shapeless: true }),
        out('detection_classes:0', [1, 2], [2, 1], { shapeless: true }),
      ],
      metadata: names,
    },
    { input_size: 64 },
    { fit: 'stretch' },
  ],
  'SSD-MobileNet of TensorFlow: fractions, y before x, the background among the names': [
    'boxes-scores-classes',
    {
      image: bytes,
      outputs: [
        out(
          'detection_boxes:0',
          [1, 2, 4],
          [19, 22, 29, 42, 0, 0, 0, 0].map((v) => v / 64),
        ),
        out('detection_classes:0', [1, 2], [1, 0]),
        out('detection_scores:0', [1, 2], [0.9, 0]),
        out('num_detections:0', [1], [2]),
      ],
      metadata: { names: JSON.stringify(['background', 'drone']) },
    },
    {},
    { fit: 'stretch' },
  ],
  'a picture without a batch': [
    'boxes-scores-classes',
    {
      image: { name: 'image', type: 'float32', dims: [3, 64, 64] },
      outputs: [
        out('boxes', ['n', 4], CORNERS, { actualDims: [1, 4] }),
        out('labels', ['n'], [1], { actualDims: [1], type: 'int64' }),
        out('scores', ['n'], [0.9], { actualDims: [1] }),
      ],
      metadata: names,
    },
  ],
  'boxes and scores of one width without a name, their order given': [
    'boxes-class-scores',
    {
      outputs: apart({ rows: 84, form: 'corners', rest: [...QUIET, 0], drone: [...SURE, 0] }, ['913', '904']),
      metadata: { names: "['person', 'drone', 'bird', 'plane']" },
    },
    { outputs: ['913', '904'] },
  ],
});

const offsets = (rows: number) => Float32Array.from({ length: rows * 4 }, (_, i) => Math.sin(i * 7.3));
testRefused({
  'boxes and scores of one width, without a name': [
    "'outputs' can name the two, boxes first",
    {
      outputs: apart({ rows: 84, form: 'corners', rest: [...QUIET, 0], drone: [...SURE, 0] }, ['913', '904']),
      metadata: { names: "['a', 'b', 'c', 'd']" },
    },
  ],
  'offsets from anchors that nobody has decoded (RetinaFace, EfficientDet)': [
    'they look like offsets, not decoded yet',
    {
      outputs: [out('loc', [1, 84, 4], offsets(84)), out('conf', [1, 84, 2], Array(84).fill([0.98, 0.02]).flat())],
      metadata: { names: "['background', 'face']" },
    },
  ],
  'a background column that the names leave out and nothing tells': [
    "give 'class_names' an empty name at its place",
    {
      outputs: apart({ rows: 84, form: 'corners', rest: [0.01, 0.02, 0.01, 0.01] }, ['boxes', 'scores']),
      metadata: names,
    },
  ],
  'a background that the names call something else': [
    'have a score of 0.5 or more on an empty grey picture',
    { outputs: apart({ rows: 84, form: 'corners', rest: [0.97, 0.01, 0.01] }, ['boxes', 'scores']), metadata: names },
  ],
});
