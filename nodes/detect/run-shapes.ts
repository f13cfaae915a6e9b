/**
 * Shapes of outputs that a file does not state, by one run on a grey picture. It runs in a process of its own: the one that
 * checks graphs stays free of native code and answers meanwhile.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errorMessage } from '../../runtime/node.ts';

/** What one input is fed: the values over and over. */
export interface ShapeFeed {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

export type Shapes = Readonly<Record<string, readonly number[]>>;

const LONGEST_RUN_MS = 60_000;

/** @returns the shape of each output, or why the model can't run */
export async function runShapes(file: string, feeds: readonly ShapeFeed[]): Promise<Shapes | string> {
  const script = join(import.meta.dirname, 'run-shapes-process.ts');
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script, file, JSON.stringify(feeds)], {
      timeout: LONGEST_RUN_MS,
      killSignal: 'SIGKILL',
    });
    const answer: { shapes: Shapes } | { error: string } = JSON.parse(stdout);
    return 'error' in answer ? answer.error : answer.shapes;
  } catch (error) {
    return errorMessage(error).split('\n', 1).join();
  }
}
