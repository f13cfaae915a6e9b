/** A run in which no frame was processed is none: it ends with a reason, and not with exit code 0. */
import { expect, test } from 'bun:test';
import { RunningCommand } from '../support/command.ts';
import { chain, Folder, graphText, sky, testNode } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';

const OFFLINE = '{ use: source, with: { url: "rtsp://127.0.0.1:1/x" } }';
const EMPTY = '{ "width": 640, "height": 360, "fps": 25 }\n';

test.each([
  {
    why: 'the camera is offline',
    nodes: chain('realtime', { source: OFFLINE }),
    args: ['--for', '1'],
    says: /^no frame was processed: (rtsp:\/\/127\.0\.0\.1:1\/x: cannot be opened|no frame yet)/,
  },
  {
    why: 'the file holds no frame',
    nodes: {
      replay: '{ use: replay, with: { path: empty.jsonl } }',
      track: '{ use: track, from: replay }',
      publish: '{ use: publish, from: track }',
    },
    args: ['--exit-at-end'],
    says: /^no frame was processed: the source gave none$/,
  },
  {
    why: 'no frame comes to the end of the graph',
    nodes: {
      source: sky({ pace: 'asap' }),
      decode: '{ use: decode, from: source }',
      frames: `{ use: ${testNode('frames')}, from: decode, with: { counts: false } }`,
    },
    args: ['--exit-at-end'],
    says: /^no frame was processed: 300 were decoded, none went through$/,
  },
])(
  '$why',
  async ({ nodes, args, says }) => {
    using folder = new Folder();
    folder.write('empty.jsonl', EMPTY);
    const file = folder.write('graph.yaml', graphText(nodes));
    await using command = new RunningCommand(['graph', file, '--port', '0', ...args]);
    expect((await command.finished()).exitCode).toBe(1);
    const errors = command.log().filter(({ level }) => level === 'error');
    expect(errors).toEqual([expect.objectContaining({ code: 'no_frames', message: expect.stringMatching(says) })]);
  },
  TEST_LIMIT_MS,
);
