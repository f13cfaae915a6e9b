/** A model file that is replaced by one of another size: the next process of the session gets frames made for that one. */
import { expect, test } from 'bun:test';
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, RunningCommand } from '../support/command.ts';
import { COMPACT_MODEL, chain, Folder, graphText } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';

/** Takes frames of another size than the compact one. */
const FAST_MODEL = join(ROOT, 'models', 'fast.onnx');

test.each([
  { how: 'dies by itself', signal: true },
  { how: 'can no longer be opened as it was planned', signal: false },
])(
  'a session that $how',
  async ({ signal }) => {
    using folder = new Folder();
    const model = folder.file('model.onnx');
    const put = (file: string) => {
      copyFileSync(file, `${model}.new`);
      renameSync(`${model}.new`, model);
    };
    put(COMPACT_MODEL);
    const detect = `{ use: detect, from: decode, with: { model: ${model} } }`;
    const file = folder.write('graph.yaml', graphText(chain('realtime', { detect })));
    // Replaced between the check of the graph and the first frame: the session finds out by itself.
    await using command = new RunningCommand(signal ? ['graph', file, '--port', '0'] : ['serve', file, '--port', '0']);
    const url = await command.url();
    if (signal) {
      await command.ready();
      put(FAST_MODEL);
      for (const pid of command.sessions) process.kill(pid, 'SIGKILL');
    } else {
      put(FAST_MODEL);
      await fetch(`${url}/sessions`, { method: 'POST' });
    }
    const view = await command.untilView(url, 'frames of the other model', ({ restarts, state, frames }) => {
      return restarts > 0 && state === 'running' && frames.processed > 20;
    });
    expect(view).toMatchObject({ restarts: 1, fault: null });
    const input = command
      .log()
      .filter(({ message }) => message === 'model is ready')
      .map((entry) => entry.input);
    expect(new Set(input).size).toBe(signal ? 2 : 1);
    const changed = command.log().filter(({ code }) => code === 'model_changed');
    expect(changed.length).toBe(signal ? 0 : 1);
  },
  TEST_LIMIT_MS,
);
