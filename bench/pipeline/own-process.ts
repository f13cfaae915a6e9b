/** Runs a graph in a session's process of its own, as in production: native memory goes with it. */
import { SystemClock } from '../../runtime/clock.ts';
import type { EngineGraph } from '../../runtime/engine/engine-graph.ts';
import { type ErrorRecord, WindhoverError } from '../../runtime/errors.ts';
import type { FromChild } from '../../runtime/session/messages.ts';
import { SessionProcess } from '../../runtime/session/session-process.ts';
import { MODEL_FOLDERS } from './input.ts';

/**
 * @param name of the run, for its errors
 * @param ends asks it to end before it does by itself
 * @throws WindhoverError with the code of the fault when a node fails
 */
export function runInOwnProcess(
  graph: EngineGraph,
  name: string,
  take: (report: FromChild) => void,
  ends?: AbortSignal,
): Promise<void> {
  const clock = new SystemClock();
  const options = {
    file: 'bench.yaml',
    camera: 'bench',
    sessionId: 'bench',
    pace: graph.pace,
    // Nothing that is sent may be dropped.
    recording: true,
    modelFolders: MODEL_FOLDERS,
  };
  return new Promise((resolve, reject) => {
    let error: ErrorRecord | undefined;
    let done = false;
    const child = new SessionProcess({ graph, options, kept: new Map() }, clock, {
      message: (message) => {
        take(message);
        if (message.type === 'failed') error = message.error;
        else if (message.type === 'done') done = true;
      },
      output: (line) => process.stderr.write(`${line}\n`),
      exited: (how) => {
        if (error) reject(new WindhoverError(error.code, `${name}: ${error.message}`));
        else if (done) resolve();
        else reject(new WindhoverError('session_process_died', `${name}: the process died (${how})`));
      },
    });
    ends?.addEventListener('abort', () => child.stop());
  });
}
