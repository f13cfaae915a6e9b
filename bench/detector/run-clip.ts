/** Runs a clip through the runtime itself, in a session's process, and gives back what came out for each frame. */
import { builtinNodes } from '../../nodes/index.ts';
import { sessionGraph } from '../../runtime/catalog/session-graph.ts';
import { SystemClock } from '../../runtime/clock.ts';
import type { Detection, DetectionClasses, DetectionsMessage, Track, TracksMessage } from '../../runtime/data.ts';
import type { EngineGraph } from '../../runtime/engine/engine-graph.ts';
import { type ErrorRecord, WindhoverError } from '../../runtime/errors.ts';
import { formatFault } from '../../runtime/graph/faults.ts';
import { checkGraph } from '../../runtime/graph/load.ts';
import { SessionProcess } from '../../runtime/session/session-process.ts';
import { MODEL_FOLDERS, ROOT } from '../pipeline/input.ts';
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
  /** Names of the class probabilities, where the model gives them. */
  readonly classes?: DetectionClasses;
}

/** What record-node.ts sends. */
interface RecordedPart {
  readonly detections?: DetectionsMessage;
  readonly tracks?: TracksMessage;
}

/** @throws WindhoverError with the code of the fault when the graph or a node fails */
export async function runClip(video: string, options: RunOptions): Promise<FrameRecord[]> {
  const records = new Map<number, RecordedPart>();
  await runGraph(await clipGraph(video, options), video, (part) => {
    const index = (part.detections ?? part.tracks)?.frame.index ?? -1;
    records.set(index, { ...records.get(index), ...part });
  });
  return [...records]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([frame, { detections, tracks }]) =>
      detections
        ? {
            ...(detections.classes ? { classes: detections.classes } : {}),
            frame,
            mediaTimeS: detections.frame.mediaTimeS,
            detections: detections.detections,
            tracks: tracks?.tracks ?? [],
            inferenceMs: detections.inferenceMs,
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

/** One process a clip, as in production: native memory goes with it. */
function runGraph(graph: EngineGraph, name: string, take: (part: RecordedPart) => void): Promise<void> {
  const clock = new SystemClock();
  const options = {
    file: 'bench.yaml',
    camera: 'bench',
    sessionId: 'bench',
    pace: graph.pace,
    // Nothing that is sent may be dropped.
    recording: true,
    modelFolders: MODEL_FOLDERS,
    clockEpochMs: clock.epochMs,
  };
  return new Promise((resolve, reject) => {
    let error: ErrorRecord | undefined;
    let done = false;
    new SessionProcess({ graph, options, kept: {} }, clock, {
      message: (message) => {
        if (message.type === 'published') take(JSON.parse(message.message.json));
        else if (message.type === 'failed') error = message.error;
        else if (message.type === 'done') done = true;
      },
      output: (line) => process.stderr.write(`${line}\n`),
      exited: (how) => {
        if (error) reject(new WindhoverError(error.code, `${name}: ${error.message}`));
        else if (done) resolve();
        else reject(new WindhoverError('session_process_died', `${name}: the process died (${how})`));
      },
    });
  });
}

function modulePath(name: string): string {
  return `${import.meta.dir}/${name}.ts`;
}
