/** Runs a clip through the runtime itself, in a session's process, and gives back what came out for each frame. */
import { builtinNodes } from '../../nodes/index.ts';
import { sessionGraph } from '../../runtime/catalog/session-graph.ts';
import type { Detection, DetectionClasses, DetectionsMessage, Track, TracksMessage } from '../../runtime/data.ts';
import type { EngineGraph } from '../../runtime/engine/engine-graph.ts';
import { WindhoverError } from '../../runtime/errors.ts';
import { formatFault } from '../../runtime/graph/faults.ts';
import { checkGraph } from '../../runtime/graph/load.ts';
import { MODEL_FOLDERS, ROOT } from '../pipeline/input.ts';
import { runInOwnProcess } from '../pipeline/own-process.ts';
import type { ModelFacts } from './model-facts.ts';

/** Curves need the boxes that are not put out in production as well. */
export const CURVE_CONFIDENCE = 0.02;

export interface RunOptions {
  readonly model: ModelFacts;
  /** `node.parameter=value`, for tuning; the nodes are source, decode, detect, confident, track and record. */
  readonly sets: readonly string[];
}

export interface FrameRecord {
  /** 0-based index of the decoded frame. */
  readonly frame: number;
  readonly mediaTimeS: number;
  /** From {@link CURVE_CONFIDENCE} up. */
  readonly detections: readonly Detection[];
  /** As published for this frame. */
  readonly tracks: readonly Track[];
  readonly inferenceMs: number;
  /** Parts of the picture that were looked at; absent: the whole. */
  readonly views?: number;
  /** CPU time of the process so far. */
  readonly cpuMs?: number;
  /** Names of the class probabilities, where the model gives them. */
  readonly classes?: DetectionClasses;
}

/** What record-node.ts sends. */
interface RecordedPart {
  readonly detections?: DetectionsMessage;
  readonly tracks?: TracksMessage;
  readonly cpuMs?: number;
}

/** @throws WindhoverError with the code of the fault when the graph or a node fails */
export async function runClip(video: string, options: RunOptions): Promise<FrameRecord[]> {
  const records = new Map<number, RecordedPart>();
  await runInOwnProcess(await clipGraph(video, options), video, (report) => {
    if (report.type !== 'published') return;
    const part: RecordedPart = JSON.parse(report.message.json);
    const index = (part.detections ?? part.tracks)?.frame.index ?? -1;
    records.set(index, { ...records.get(index), ...part });
  });
  return [...records]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([frame, { detections, tracks, cpuMs }]) =>
      detections
        ? {
            ...(detections.classes ? { classes: detections.classes } : {}),
            frame,
            mediaTimeS: detections.frame.mediaTimeS,
            detections: detections.detections,
            tracks: tracks?.tracks ?? [],
            inferenceMs: detections.inferenceMs,
            ...(detections.views ? { views: detections.views.length } : {}),
            ...(cpuMs === undefined ? {} : { cpuMs }),
          }
        : [],
    );
}

async function clipGraph(video: string, { model, sets }: RunOptions): Promise<EngineGraph> {
  const nodes = {
    source: { use: 'source', with: { url: video, pace: 'asap' } },
    decode: { use: 'decode', from: 'source' },
    detect: { use: 'detect', from: 'decode', with: { model: model.file, confidence: CURVE_CONFIDENCE } },
    confident: { use: modulePath('confident-node'), from: 'detect', with: { confidence: model.confidence } },
    track: { use: 'track', from: 'confident' },
    record: { use: modulePath('record-node'), from: { detections: 'detect', tracks: 'track' } },
  };
  const { graph, faults } = await checkGraph(JSON.stringify({ version: 1, camera: 'bench', nodes }), 'bench.yaml', {
    builtins: builtinNodes,
    env: {},
    sets,
    cwd: ROOT,
    prepare: { modelFolders: MODEL_FOLDERS },
  });
  if (graph) return sessionGraph(graph).engine;
  throw new WindhoverError('bench_graph', faults.map(formatFault).join('\n'));
}

function modulePath(name: string): string {
  return `${import.meta.dir}/${name}.ts`;
}
