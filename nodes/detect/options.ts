/** The options of detect: type, default, range, unit and meaning, declared once. */
import { FITS, pathOption, SCALE_FILTERS, type Static, Type } from '../../runtime/node.ts';
import { BOX_FORMATS, FAMILY_NAMES } from './families/family.ts';

const words = <const T extends readonly string[]>(values: T) => values.map((value) => Type.Literal<T[number]>(value));

const PROVIDERS = ['cpu', 'cuda', 'tensorrt', 'webgpu', 'coreml', 'dml'] as const;
const ofThree = { minItems: 3, maxItems: 3 };
const side = Type.Integer({ minimum: 32, maximum: 4096 });
const ratio = { minimum: 0, maximum: 1 };

export const DetectOptions = Type.Object({
  model: Type.String({
    ...pathOption({ names: true }),
    model: true,
    default: 'default',
    minLength: 1,
    description: 'Path of an .onnx file, or the name of a model: NAME.onnx in the model folders.',
  }),
  confidence: Type.Number({
    ...ratio,
    default: 0.1,
    live: true,
    description:
      'Least confidence of a detection, from 0 to 1. Low, for track: it starts no track with such a detection, but keeps ' +
      'one alive.',
  }),
  class_confidence: Type.Optional(
    Type.Record(Type.String(), Type.Number(ratio), {
      live: true,
      description: 'Least confidence by label, from 0 to 1, in place of `confidence`: { drone: 0.5 }.',
    }),
  ),
  labels: Type.Optional(
    Type.Union([Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }), Type.String({ minLength: 1 })], {
      live: true,
      ...pathOption({ names: true }),
      description:
        'Only these labels are detected: a list, one label, or the path of a text file with one per line. Default: all of ' +
        'the model. For a model that has no class names of its own: its class names, by number.',
    }),
  ),
  max_detections: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 100,
    live: true,
    description: 'Most detections per frame; the most confident ones are kept.',
  }),
  iou: Type.Optional(
    Type.Number({
      ...ratio,
      live: true,
      description:
        'Overlap (intersection over union) above which the less confident of two boxes of a class is dropped. ' +
        'Default: 0.45 for yolo and yolox; models that give each object once are not filtered.',
    }),
  ),
  class_agnostic_nms: Type.Boolean({
    default: false,
    live: true,
    description: 'Boxes of different classes suppress each other too. Always on where confidence is objectness.',
  }),
  tight_boxes: Type.Boolean({
    default: true,
    live: true,
    description:
      'For models whose boxes have a margin around the visible object (metadata key box_margin): remove it. ' +
      'False: publish the boxes as the model gives them.',
  }),
  class_names: Type.Optional(
    Type.Union([Type.Array(Type.String(), { minItems: 1 }), Type.String({ minLength: 1 })], {
      ...pathOption({ names: true }),
      description:
        'Names of the classes by number: a list, the path of a text file with one per line (or JSON), coco80 or coco91. ' +
        'Default: those in the model.',
    }),
  ),
  family: Type.Union(words(['auto', ...FAMILY_NAMES]), {
    default: 'auto',
    description: "How the model's outputs are read. auto: inferred from shapes and metadata.",
  }),
  box_format: Type.Optional(
    Type.Union(words(BOX_FORMATS), {
      description:
        'Corners or centre and size, in pixels of the input or in fractions of it. ' +
        "Default: the model's metadata key box_format, else as the boxes themselves tell.",
    }),
  ),
  outputs: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      maxItems: 16,
      description:
        'Names of the outputs to read, where the model has more than one that could be read; the others are left out. ' +
        'Of boxes and scores, boxes first.',
    }),
  ),
  task: Type.Optional(
    Type.Union(words(['detect', 'segment', 'pose']), {
      description:
        'What a YOLO also gives: in segment and pose, the columns after the classes are masks or key points, which are ' +
        "not read. Default: the model's metadata key task, else detect.",
    }),
  ),
  input_size: Type.Optional(
    Type.Union([side, Type.Array(side, { minItems: 2, maxItems: 2 })], {
      description:
        'Size of the input in pixels, one side or [width, height], for models that leave it open; an error for others ' +
        "unless equal. Default: the model's metadata key imgsz, else 640.",
    }),
  ),
  input: Type.Optional(
    Type.Object(
      {
        color: Type.Optional(Type.Union(words(['rgb', 'bgr']), { description: 'Order of the channels.' })),
        white: Type.Optional(
          Type.Union([Type.Literal(1), Type.Literal(255)], { description: 'Value of full white in float inputs.' }),
        ),
        fit: Type.Optional(Type.Union(words(FITS), { description: 'How the frame is fitted.' })),
        pad: Type.Optional(
          Type.Integer({ minimum: 0, maximum: 255, description: 'Grey level of the padding, 0 to 255.' }),
        ),
        filter: Type.Optional(
          Type.Union(words(SCALE_FILTERS), {
            description:
              "How the frame is scaled: bilinear and area average when shrinking, the -cv ones sample as OpenCV's " +
              'INTER_LINEAR and INTER_NEAREST do, which many models were trained with. Default: bilinear.',
          }),
        ),
        mean: Type.Optional(
          Type.Array(Type.Number({ minimum: 0 }), {
            ...ofThree,
            description:
              'Subtracted from each channel, in the order of `color`; above 2: of samples from 0 to 255, else to 1.',
          }),
        ),
        std: Type.Optional(
          Type.Array(Type.Number({ exclusiveMinimum: 0 }), {
            ...ofThree,
            description: 'What each channel is divided by after that, in the same unit.',
          }),
        ),
      },
      {
        additionalProperties: false,
        description:
          'Form of the input picture, if the model was trained in another way than its family. Default: the metadata ' +
          'keys input_color, input_white, input_fit, input_pad, input_mean, input_std and input_filter, else as the family does.',
      },
    ),
  ),
  roi: Type.Union(words(['off', 'auto']), {
    default: 'off',
    description:
      'auto: large pictures are not only looked at as a whole, shrunk to the input of the model, but also by parts at ' +
      'native resolution, round what was found and in turn over the rest; a fifth more runs of the model than frames.',
  }),
  budget_ms: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 64_000,
      live: true,
      description:
        'With roi: auto in realtime pace, most time in the model a second, in ms: 500 is half a core. Frames beyond it are not ' +
        'looked at. Default: all frames are.',
    }),
  ),
  when: Type.Union(words(['always', 'motion']), {
    default: 'always',
    description:
      'Which frames are looked at. motion: those in which something moves, or the camera has turned, and what was found ' +
      'again each second; nothing is lost by it in the others but what moves too little to be seen.',
  }),
  look_every_s: Type.Number({
    minimum: 0.1,
    maximum: 60,
    default: 2,
    live: true,
    description: 'With `when: motion`: longest time in seconds between two frames that are looked at.',
  }),
  threads: Type.Integer({
    minimum: 0,
    maximum: 64,
    default: 1,
    description: 'Threads of one inference; 0: one per core.',
  }),
  providers: Type.Array(Type.Union(words(PROVIDERS)), {
    minItems: 1,
    default: ['cpu'],
    description: 'What runs the model, in order of preference.',
  }),
  required: Type.Boolean({
    default: false,
    description: 'True: refuse to run when the first of `providers` is not available. False: fall back and warn.',
  }),
});

export type DetectOptions = Static<typeof DetectOptions>;
