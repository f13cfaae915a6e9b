/** Cases of `server/`: graph files that once misled, and a slow node behind the tracker. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runCommand } from '../../test/support/command.ts';
import { type Case, unknownCase } from './case.ts';
import { modernized, runFor, scratchFolder } from './live-run.ts';
import { lifeFaults } from './truth.ts';

/** What is right in words, and the fault that says so; null: the graph runs. */
type Expected = readonly [words: string, fault: RegExp | null];

const GRAPHS: Readonly<Record<string, Expected>> = {
  '06c-bom-mid': ['refused at 2:1: a byte order mark', /:2:1: .*(U\+FEFF|byte order mark)/],
  '09c-deep-seq-block': ['refused in line 10: nested too deep', /:10:\d+: .*(nest|deep)/],
  '13-multidoc': ['refused in line 9: a second document', /:9:1: .*document/],
  '13e-second-broken': ['refused in line 9: a second document', /:9:1: .*document/],
  '14n-nested-text': ['refused at 4:45: a variable in a default', /:4:45 .*variable/],
  '15d-id-constructor': ['runs', null],
  '15e-id-toString': ['runs', null],
  '18b-fanout20pub': ['refused: one node publishes', /:9:\d+ nodes\.publish0: .*publishes/],
  '19c-two-publish': ['refused: one node publishes', /nodes\.publish2?: .*publishes/],
  '26-windows-path': ['refused in line 4: backslashes in double quotes', /:4:\d+.*backslash/],
};

const FOLDER = 'server';
const FLAP_S = 20;
const FLAP_MS = 500;

export function serverCases(root: string): Case[] {
  const folder = join(root, FOLDER, 'graphs');
  const graphs = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .toSorted();
  return [...graphs.map((file) => graphCase(join(folder, file))), fastCase(root), flapCase(root)];
}

function graphCase(file: string): Case {
  const name = basename(file, '.yaml');
  const expected = GRAPHS[name];
  if (!expected) return unknownCase(`${FOLDER}/${name}`);
  const [words, fault] = expected;
  return {
    name: `${FOLDER}/${name}`,
    expected: fault === null ? 'checked, runs, ends with 0' : words,
    isSlow: fault === null,
    run: () => (fault === null ? running(file, 6) : refused(file, fault)),
  };
}

async function refused(file: string, fault: RegExp) {
  const { exitCode, stderr } = await runCommand(['check', file]);
  const lines = stderr.trim().split('\n');
  const isClean = !/\p{Cc}/u.test(lines.join(''));
  const said = lines.find((line) => fault.test(line)) ?? lines[0] ?? 'nothing';
  const got = `exit ${exitCode}, ${said.slice(said.indexOf(basename(file)))}${isClean ? '' : ' (with control characters)'}`;
  return { pass: exitCode === 1 && fault.test(said) && isClean, got };
}

async function running(file: string, seconds: number) {
  using folder = scratchFolder();
  const graph = folder.write(basename(file), modernized(readFileSync(file, 'utf8')));
  const { exitCode, messages, log } = await runFor(graph, seconds, []);
  const ticks = messages.filter(({ type }) => type === 'metadata_tick').length;
  return { pass: exitCode === 0 && ticks > 0, got: `exit ${exitCode}, ${ticks} ticks${log}` };
}

function fastCase(root: string): Case {
  return {
    name: `${FOLDER}/fast`,
    expected: 'checked, runs, ends with 0',
    isSlow: true,
    run: () => running(join(root, FOLDER, 'fast.yaml'), 3),
  };
}

/** A node like a large model on a small computer, between tracker and publish. */
const SLOW_NODE = `import { defineNode, Type } from '${join(import.meta.dir, '../../runtime/node.ts')}';
export default defineNode({
  name: 'slow', doc: 'Takes its time.', params: Type.Object({ ms: Type.Number({ default: ${FLAP_MS} }) }),
  inputs: { tracks: { kind: 'tracks' } }, outputs: { tracks: { kind: 'tracks' } },
  open: ({ params, emit }) => ({ on: { async tracks(message) { await Bun.sleep(params.ms); return emit.tracks(message); } } }),
});
`;

function flapCase(root: string): Case {
  return {
    name: `${FOLDER}/flap`,
    expected: `${FLAP_MS} ms of latency at 1.8 pictures a second for ${FLAP_S} s: each id one new and one end, at most 3 ids`,
    isSlow: true,
    run: async () => {
      using folder = scratchFolder();
      folder.write('slow.ts', SLOW_NODE);
      const text = readFileSync(join(root, FOLDER, 'flap/slow.yaml'), 'utf8');
      const graph = folder.write('slow.yaml', modernized(text));
      const { exitCode, messages, log } = await runFor(graph, FLAP_S, []);
      const events = messages.filter((message) => message.type === 'track_event');
      const opened = events.filter(({ event }) => event === 'new').length;
      const faults = lifeFaults(messages);
      const got = `exit ${exitCode}, ${opened} new, ${events.length} events${faults.length > 0 ? `, ${faults.join(', ')}` : ''}${log}`;
      return { pass: exitCode === 0 && opened > 0 && opened <= 3 && faults.length === 0, got };
    },
  };
}
