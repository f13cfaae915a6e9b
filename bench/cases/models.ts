/** Cases of `models/`: files that others exported, each run over a clip in a session's own process. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionOptions } from '../../nodes/detect/session.ts';
import { builtinNodes } from '../../nodes/index.ts';
import { sessionGraph } from '../../runtime/catalog/session-graph.ts';
import type { DetectionsMessage } from '../../runtime/data.ts';
import { errorCode, errorMessage, WindhoverError } from '../../runtime/errors.ts';
import { formatFault } from '../../runtime/graph/faults.ts';
import { checkGraph } from '../../runtime/graph/load.ts';
import { MODEL_FOLDERS, ROOT } from '../pipeline/input.ts';
import { runInOwnProcess } from '../pipeline/own-process.ts';
import { type Case, type Outcome, unknownCase } from './case.ts';

/** Options of detect, what is right in words, and the text that it shows in. */
type Expected = readonly [options: Readonly<Record<string, unknown>>, words: string, shows: RegExp];

const found = (label: string, options: Readonly<Record<string, unknown>> = {}): Expected => [
  options,
  `read, and finds ${label} in each picture`,
  new RegExp(`^\\S+ finds ${label} .* in each`),
];
const nothing = (options: Readonly<Record<string, unknown>> = {}): Expected => [
  options,
  'read, and finds nothing',
  /^\S+ finds nothing$/,
];

const EXPECTED: Readonly<Record<string, Expected>> = {
  'detr-open-queries-one-name': found('1 b'),
  'detr-open-queries-two-names': found('1 b'),
  'detr-softmax': [{ class_names: 'coco91' }, 'refused as a softmax, or nothing is found', /softmax|finds nothing$/],
  'fp16-output': found('1 a'),
  'init-as-input-bsc': [{}, 'read, without a box below 0.1', /^boxes-scores-classes finds \d+ a .* in each/],
  'init-as-input-detr': nothing(),
  'late-inf-score': [
    {},
    'one a of 0.90 and no other box; says that numbers are broken',
    /^yolo finds 1 a 0\.90 .*warns/,
  ],
  'late-nan-all': [{}, 'a fault: the model is blind', /fault model_output_broken/],
  'late-score-5': [{}, 'one a of 0.90 and no other box; says that numbers are broken', /^yolo finds 1 a 0\.90 .*warns/],
  'multi-input-yolo': [{}, 'refused: conf_thres is fed by nobody', /^refused: .*conf_thres/],
  'names-emptynames': [{}, 'refused: a class has no name', /^refused: .*empty name/],
  'names-json-sorted': found('1 c0'),
  'names-name-to-id': found('1 a'),
  'names-reversed': found('1 a'),
  'nchw-uint8': found('1 a'),
  'nhwc-float': found('1 a'),
  'nms-free-comma-names': [{}, 'read with the names a, b, c', /^yolo-nms-free finds \d+ a /],
  'nms-free-defaultdict-names': [{}, 'read with the names a, b, c', /^yolo-nms-free finds \d+ a /],
  'ssd-boxes-classprobs': nothing(),
  'tf-ssd': [{ class_names: 'coco91' }, 'cats, the surest 0.90', /^boxes-scores-classes finds \d+ cat 0\.90/],
  'ultraface-like': nothing(),
  // Its numbers are all 0.1, which no boxes in pixels are.
  'v5-old-4-outputs': [{}, 'known as a YOLO, and finds nothing', /^yolo finds nothing|^refused: .*behave like yolo/],
  'v7-e2e-2d': found('1 b'),
  'yolox-open-columns': [{}, 'read as 3 classes in columns', /^yolox finds nothing/],
  'yunet-like': [{}, 'refused, or nothing is found', /^refused: .*not recognized|finds nothing$/],
};

const FOLDER = 'models';
const PAD = 'pad-maxpool';
const VIDEO = join(ROOT, 'fixtures/sky.mp4');
/** The clip is long enough for models that go wrong late. */
const STRIDE_FPS = 2;

export function modelCases(root: string): Case[] {
  const folder = join(root, FOLDER);
  const files = readdirSync(folder).filter((file) => file.endsWith('.onnx'));
  return files.toSorted().map((file) => {
    const name = basename(file, '.onnx');
    const expected = EXPECTED[name];
    if (name === PAD) return padCase(join(folder, file));
    return expected ? modelCase(join(folder, file), name, expected) : unknownCase(`${FOLDER}/${name}`);
  });
}

function modelCase(file: string, name: string, [options, words, shows]: Expected): Case {
  return {
    name: `${FOLDER}/${name}`,
    expected: words,
    isSlow: true,
    run: async (): Promise<Outcome> => {
      const got = await outcomeOf(file, options);
      return { pass: shows.test(got), got };
    },
  };
}

async function outcomeOf(file: string, options: Readonly<Record<string, unknown>>): Promise<string> {
  const pictures: DetectionsMessage[] = [];
  const said = new Set<string>();
  let family = '';
  try {
    await runInOwnProcess(await graphOf(file, options), basename(file), (report) => {
      if (report.type === 'published') pictures.push(JSON.parse(report.message.json).detections);
      if (report.type === 'log' && report.entry.level === 'warn') said.add(`warns: ${report.entry.message}`);
      if (report.type === 'fault' && report.fault) said.add(`fault ${report.fault.code}`);
      if (report.type === 'stats') family = String(report.nodes.get('detect')?.family ?? family);
    });
  } catch (error) {
    return `refused: ${errorMessage(error)} [${errorCode(error)}]`;
  }
  return [`${family} ${inWords(pictures)}`, ...said].join('; ');
}

async function graphOf(model: string, options: Readonly<Record<string, unknown>>) {
  const nodes = {
    source: { use: 'source', with: { url: VIDEO, pace: 'asap' } },
    decode: { use: 'decode', from: 'source', with: { fps: STRIDE_FPS } },
    detect: { use: 'detect', from: 'decode', with: { model, ...options } },
    record: { use: join(ROOT, 'bench/detector/record-node.ts'), from: { detections: 'detect', tracks: 'track' } },
    track: { use: 'track', from: 'detect' },
  };
  const { graph, faults } = await checkGraph(JSON.stringify({ version: 1, camera: 'bench', nodes }), 'case.yaml', {
    builtins: builtinNodes,
    env: {},
    sets: [],
    cwd: ROOT,
    prepare: { modelFolders: MODEL_FOLDERS },
  });
  if (!graph) throw new WindhoverError(faults[0]?.code ?? 'graph', faults.map(formatFault).join('\n'));
  return sessionGraph(graph).engine;
}

/** `finds 1 b 0.88 at 220,80,200,200 in each of 10 pictures` */
function inWords(pictures: readonly DetectionsMessage[]): string {
  const boxes = pictures.filter(Boolean);
  const counts = boxes.map(({ detections }) => detections.length);
  const best = boxes.flatMap(({ detections }) => detections).toSorted((a, b) => b.confidence - a.confidence)[0];
  if (!best) return 'finds nothing';
  const { x, y, w, h } = best.bboxPx;
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const where = least === most ? `in each of ${boxes.length} pictures` : `at least ${least}, at most ${most} a picture`;
  return `finds ${most} ${best.label} ${best.confidence.toFixed(2)} at ${[x, y, w, h].map(Math.round)} ${where}`;
}

/** No detector: a Pad of zeros before a MaxPool, through ONNX Runtime as detect starts it. */
function padCase(file: string): Case {
  return {
    name: `${FOLDER}/${PAD}`,
    expected: '-1,0,0,0',
    isSlow: false,
    run: async (): Promise<Outcome> => {
      const session = await InferenceSession.create(file, sessionOptions('cpu', 1));
      const dims = [1, 1, 2, 2];
      const outputs = await session.run({
        [session.inputNames[0] ?? '']: new Tensor('float32', Array(4).fill(-1), dims),
      });
      await session.release();
      const got = String(outputs[session.outputNames[0] ?? '']?.data);
      return { pass: got === '-1,0,0,0', got };
    },
  };
}
