/** Heads and finished boxes in the one output of a YOLO or a relative, and pictures of any size and type. */
import {
  CORNERS,
  columnHead,
  head,
  masks,
  names,
  out,
  points,
  QUIET,
  rowHead,
  SURE,
  testFound,
  testRefused,
  three,
} from './scenes.ts';

testFound({
  'RTMDet: corners in rows, its picture by its name': [
    'yolo',
    { outputs: [rowHead({ rows: 84, form: 'corners', ...three })], metadata: { ...names, model_family: 'rtmdet' } },
    {},
    { format: 'bgrf32', fit: 'letterbox-topleft', pad: 114 / 255 },
  ],
  'PicoDet with four strides': [
    'yolo',
    { outputs: [rowHead({ rows: 85, form: 'corners', ...three })], metadata: { ...names, model_family: 'picodet' } },
    {},
    { fit: 'stretch' },
  ],
  'SSD in columns: a grid of its own': [
    'yolo',
    { outputs: [columnHead({ rows: 500, form: 'corners', ...three })], metadata: { ...names, model_family: 'ssd' } },
    {},
    { fit: 'stretch' },
  ],
  'YOLOv8 in fractions, as TensorFlow exports it': [
    'yolo',
    { outputs: [columnHead({ rows: 84, form: 'centred', per: 64, ...three })], metadata: names },
  ],
  'YOLOv8 with masks': [
    'yolo',
    {
      outputs: [
        columnHead({ rows: 84, form: 'centred', rest: [...QUIET, ...masks], drone: [...SURE, ...masks] }),
        out('output1', [1, 8, 16, 16], new Float32Array(2048)),
      ],
      metadata: { ...names, task: 'segment' },
    },
  ],
  'YOLOv5 with masks, the metadata silent': [
    'yolo',
    {
      outputs: [
        rowHead({ rows: 252, form: 'centred', rest: [0.01, ...QUIET, ...masks], drone: [0.9, 0, 1, 0, ...masks] }),
        out('output1', [1, 8, 16, 16], new Float32Array(2048)),
      ],
      metadata: names,
    },
  ],
  'a feature map beside the head, and another word for the task': [
    'yolo',
    {
      outputs: [
        columnHead({ rows: 84, form: 'centred', ...three }),
        out('features', [1, 64, 2, 2], new Float32Array(256)),
      ],
      metadata: { ...names, task: 'object-detection' },
    },
  ],
  'thousands of candidates with a score and a class each: doubles are dropped': [
    'yolo-nms-free',
    {
      outputs: [
        out(
          'output',
          [1, 1200, 6],
          new Float32Array(7200).map((_, i) => (i < 600 ? ([...CORNERS, 0.9, 1][i % 6] ?? 0) : 0)),
        ),
      ],
      metadata: names,
    },
  ],
  'YOLOv8 with key points': [
    'yolo',
    {
      outputs: [columnHead({ rows: 84, form: 'centred', rest: [0.01, ...points], drone: [0.9, ...points] })],
      metadata: { names: "{0: 'drone'}", task: 'pose', kpt_shape: '[17, 3]' },
    },
  ],
  'the same without metadata: the option task': [
    'yolo',
    { outputs: [columnHead({ rows: 84, form: 'centred', rest: [0.01, ...points], drone: [0.9, ...points] })] },
    { class_names: ['drone'], task: 'pose' },
  ],
  'YOLO26 with key points': [
    'yolo-nms-free',
    {
      outputs: [
        out(
          'output0',
          [1, 300, 57],
          new Float32Array(300 * 57).map((_, i) => [...CORNERS, 0.9, 0, ...points][i] ?? 0),
        ),
      ],
      metadata: { names: "{0: 'drone'}", task: 'pose', kpt_shape: '[17, 3]', end2end: 'True' },
    },
  ],
  'finished boxes beside the head that they come from': [
    'yolo-nms-free',
    {
      outputs: [
        out(
          'output',
          [1, 20, 6],
          new Float32Array(120).map((_, i) => [...CORNERS, 0.9, 1][i] ?? 0),
        ),
        columnHead({ rows: 84, form: 'centred', ...three }),
      ],
      metadata: names,
    },
  ],
  'a batch of four': [
    'yolo',
    {
      image: { name: 'images', type: 'float32', dims: [4, 3, 64, 64] },
      outputs: [
        out(
          'output0',
          [4, 84, 7],
          new Float32Array(4 * 84 * 7).map((_, i) => head({ rows: 84, form: 'centred', ...three })[i] ?? 0.5),
        ),
      ],
      metadata: names,
    },
  ],
  'half precision at both ends': [
    'yolo',
    {
      image: { name: 'images', type: 'float16', dims: [1, 3, 64, 64] },
      outputs: [{ ...rowHead({ rows: 84, form: 'centred', ...three }), type: 'float16' }],
      metadata: names,
    },
  ],
  'an input that is no square': [
    'yolo',
    {
      image: { name: 'images', type: 'float32', dims: [1, 3, 64, 96] },
      outputs: [columnHead({ rows: 126, form: 'centred', w: 96, ...three })],
      metadata: names,
    },
    {},
    { width: 96, height: 64 },
  ],
  'an open input, a size that is no multiple of 32': [
    'yolo',
    {
      side: 'side',
      outputs: [columnHead({ rows: 9 * 8 + 5 * 4 + 3 * 2, form: 'centred', ...three })],
      metadata: names,
    },
    { input_size: [72, 60] },
    { width: 72, height: 60 },
  ],
  'an open input, its size as another exporter notes it': [
    'yolo',
    {
      side: 'side',
      outputs: [columnHead({ rows: 126, form: 'centred', ...three })],
      metadata: { ...names, imgsz: '96', imgsz_h: '64', imgsz_w: '96' },
    },
    {},
    { width: 96, height: 64 },
  ],
  'a head whose file does not state its shape: one run tells': [
    'yolo',
    { outputs: [{ ...columnHead({ rows: 84, form: 'centred', ...three }), shapeless: true }], metadata: names },
  ],
  'a head with every dimension open': [
    'yolo',
    {
      outputs: [
        { ...columnHead({ rows: 84, form: 'centred', ...three }), dims: ['b', 'c', 'n'], actualDims: [1, 7, 84] },
      ],
      metadata: names,
    },
  ],
  'two heads, the one to read named': [
    'yolo',
    {
      outputs: [out('aux', [1, 7, 84], new Float32Array(588)), columnHead({ rows: 84, form: 'centred', ...three })],
      metadata: names,
    },
    { outputs: ['output0'] },
  ],
});

testRefused({
  'two heads of one shape': [
    "found 2: 'outputs' can name it",
    {
      outputs: [columnHead({ rows: 84, form: 'centred', ...three }), out('aux', [1, 7, 84], new Float32Array(588))],
      metadata: names,
    },
  ],
  'rotated boxes': [
    'the metadata says task obb',
    { outputs: [columnHead({ rows: 84, form: 'centred', ...three })], metadata: { ...names, task: 'obb' } },
  ],
  'key points without a word about them': [
    "'task'",
    { outputs: [columnHead({ rows: 84, form: 'centred', rest: [0.01, ...points] })], metadata: { names: "['drone']" } },
  ],
  'an output that is not there': [
    'model_output_unknown',
    { outputs: [columnHead({ rows: 84, form: 'centred', ...three })], metadata: names },
    { outputs: ['out'] },
  ],
});
