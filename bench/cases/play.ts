/** Plays a file or a stream through source and decode, in a session's own process. */
import { join } from 'node:path';
import { builtinNodes } from '../../nodes/index.ts';
import { sessionGraph } from '../../runtime/catalog/session-graph.ts';
import { errorCode, errorMessage, WindhoverError } from '../../runtime/errors.ts';
import { formatFault } from '../../runtime/graph/faults.ts';
import { checkGraph } from '../../runtime/graph/load.ts';
import { ROOT } from '../pipeline/input.ts';
import { runInOwnProcess } from '../pipeline/own-process.ts';
import type { SeenFrame } from './frames-node.ts';

export interface Played {
  readonly frames: readonly SeenFrame[];
  /** How it ended: `ended`, `asked to end`, or the error. */
  readonly end: string;
  readonly warnings: readonly string[];
}

export interface PlayOptions {
  readonly source?: Readonly<Record<string, unknown>>;
  readonly decode?: Readonly<Record<string, unknown>>;
  /** Asked to end after so many frames; default: it ends by itself. */
  readonly frames?: number;
  /** Asked to end after this time in any case. */
  readonly longestMs?: number;
}

const LONGEST_MS = 12_000;

export async function playFile(url: string, options: PlayOptions): Promise<Played> {
  const { source = {}, decode = {}, frames: most, longestMs = LONGEST_MS } = options;
  const frames: SeenFrame[] = [];
  const warnings: string[] = [];
  const ends = new AbortController();
  let fault = '';
  const late = setTimeout(() => ends.abort(), longestMs);
  const graph = await graphOf(url, source, decode);
  let end = 'ended';
  try {
    await runInOwnProcess(
      graph,
      'run',
      (report) => {
        if (report.type === 'published') addFrame(frames, JSON.parse(report.message.json));
        if (report.type === 'log' && /^(warn|error)$/.test(report.entry.level)) warnings.push(report.entry.message);
        if (report.type === 'fault' && report.fault) fault = `${report.fault.code}: ${report.fault.message}`;
        if (most !== undefined && frames.length >= most) ends.abort();
      },
      ends.signal,
    );
    if (ends.signal.aborted) end = frames.length >= (most ?? Number.POSITIVE_INFINITY) ? 'asked to end' : 'never ends';
  } catch (error) {
    end = `${errorCode(error)}: ${errorMessage(error)}`;
  } finally {
    clearTimeout(late);
  }
  return { frames, end: end === 'never ends' && fault ? `${end}, ${fault}` : end, warnings };
}

/** Sources of streams publish the state of their clock, too. */
function addFrame(frames: SeenFrame[], told: SeenFrame | { readonly type: string }): void {
  if ('mediaTimeS' in told) frames.push(told);
}

async function graphOf(url: string, source: object, decode: object) {
  const nodes = {
    source: { use: 'source', with: { url, pace: 'asap', ...source } },
    decode: { use: 'decode', from: 'source', with: decode },
    frames: { use: join(import.meta.dir, 'frames-node.ts'), from: 'decode' },
  };
  const { graph, faults } = await checkGraph(JSON.stringify({ version: 1, camera: 'case', nodes }), 'case.yaml', {
    builtins: builtinNodes,
    env: {},
    sets: [],
    cwd: ROOT,
    prepare: { modelFolders: [] },
  });
  if (!graph) throw new WindhoverError(faults[0]?.code ?? 'graph', faults.map(formatFault).join('\n'));
  return sessionGraph(graph).engine;
}
