/** Cases of `design/`: parts that did not hold what the whole needs. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { controlOptions } from '../../nodes/autotrack/control/options.ts';
import { Steering } from '../../nodes/autotrack/steering.ts';
import { RingReader, RingWriter } from '../../runtime/engine/ring.ts';
import { createRing } from '../../runtime/engine/ring-layout.ts';
import { ROOT, RunningCommand, runCommand } from '../../test/support/command.ts';
import { until } from '../../test/support/patience.ts';
import { WireClient } from '../../test/support/wire-client.ts';
import type { Case } from './case.ts';
import { scratchFolder } from './live-run.ts';

const NODE_API = join(ROOT, 'runtime/node.ts');
/** From Ctrl-C to the end. */
const MOST_END_MS = 2000;

export function designCases(root: string): Case[] {
  return [ringCase(), knownAgainCase(), passwordCase(root), starvedCase(), opensLaterCase(root), staleTargetCase()];
}

/** Each slot of a ring may be left by a writer or reader that dies. */
function ringCase(): Case {
  return {
    name: 'design/ring-reattach',
    expected: 'a new writer: 8 of 8 frames seen; a new reader: none skipped',
    isSlow: false,
    run: () => {
      const request = { width: 16, height: 16, format: 'gray8', fit: 'stretch' } as const;
      const ring = createRing({ id: 'r', slots: 4, readers: 1, pace: 'realtime', request });
      const reader = new RingReader(ring, 0);
      const first = pass(new RingWriter(ring), reader, 0, 10);
      const second = pass(new RingWriter(ring), reader, 10, 8);
      const { skipped } = new RingReader(ring, 0);
      return {
        pass: first === 10 && second === 8 && skipped === 0,
        got: `${second} of 8 frames seen, ${skipped} skipped`,
      };
    },
  };
}

function pass(writer: RingWriter, reader: RingReader, from: number, frames: number): number {
  const box = { x: 0, y: 0, w: 1, h: 1 };
  let seen = 0;
  for (let index = from; index < from + frames; index++) {
    const slot = writer.acquire();
    if (slot === undefined) continue;
    const times = { mediaTimeS: 0, captureUnixMs: 0, captureMonoMs: 0, decodedMonoMs: 0 };
    writer.publish(slot, { index, ...times, size: { w: 1, h: 1 } }, { viewportPx: box, contentPx: box });
    const taken = reader.take();
    if (taken === undefined) continue;
    seen += 1;
    reader.release(taken);
  }
  return seen;
}

function knownAgainCase(): Case {
  return {
    name: 'design/known-again',
    expected: 'a target chosen half a second after it was lost is known again under its new id, in the first frame',
    isSlow: false,
    run: () => {
      const choice = { auto: false, required_zones: [], labels: [], min_confidence: 0.3, min_age_s: 0 };
      const times = { grace_s: 2, hold_s: 4, search_s: 10, return_after_s: 100, stationary_release_s: 0 };
      const steering = new Steering({ ...Value.Create(controlOptions), ...choice, ...times, hasHome: false }, null);
      const see = (index: number, id: number | null) => {
        const ms = index * 100;
        const stamps = { mediaTimeS: ms / 1000, captureUnixMs: ms, captureMonoMs: ms, decodedMonoMs: ms };
        const bboxPx = { x: 200 + 2 * index, y: 150, w: 30, h: 20 };
        const track = { label: 'drone', confidence: 0.9, bboxPx, velocityPxPerS: { x: 20, y: 0 } };
        const tracks = id === null ? [] : [{ id, ...track }];
        return steering.see({ index, ...stamps, size: { w: 640, h: 360 } }, tracks, ms, true);
      };
      for (let index = 0; index < 20; index++) see(index, 17);
      for (let index = 20; index < 25; index++) see(index, null);
      steering.operate(17, 2450);
      const phase = see(25, 23);
      const { selection } = steering;
      return {
        pass: selection?.id === 23 && selection.by === 'operator' && phase === 'tracking',
        got: `selected ${selection?.id} by ${selection?.by}, ${phase}`,
      };
    },
  };
}

function passwordCase(root: string): Case {
  return {
    name: 'design/probe1',
    expected: 'the password p@ss/word is not shown, no part of it',
    isSlow: false,
    run: async () => {
      const { stdout, stderr } = await runCommand(['check', join(root, 'design/probe1.yaml')]);
      const said = stdout + stderr;
      return { pass: !/p@ss|word@|ss\/word/.test(said) && said.includes('***'), got: said.trim().slice(-80) };
    },
  };
}

/** A source that can't keep up: its pictures are wanted faster than they can be made. */
function starvedCase(): Case {
  return {
    name: 'design/starved-source',
    expected: `figures of source and decode appear, Ctrl-C ends it within ${MOST_END_MS} ms with 0`,
    isSlow: true,
    run: async () => {
      using folder = scratchFolder();
      const starved = ['--set', 'source.fps=60', '--set', 'source.size=[1920,1080]'];
      const args = ['graph', 'graphs/cam01.yaml', '--port', '0', '--state', folder.path, ...starved];
      await using command = new RunningCommand(args);
      const { url } = await command.ready();
      const view = await command.untilView(url, 'figures', ({ nodes }) => Object.keys(nodes.decode ?? {}).length > 0);
      const startMs = performance.now();
      command.signal('SIGINT');
      const { exitCode } = await command.finished();
      const tookMs = performance.now() - startMs;
      const figures = `source ${JSON.stringify(view.nodes.source)}, decode ${JSON.stringify(view.nodes.decode)}`;
      return {
        pass: exitCode === 0 && tookMs <= MOST_END_MS,
        got: `exit ${exitCode} after ${tookMs.toFixed(0)} ms; ${figures.slice(0, 120)}`,
      };
    },
  };
}

function opensLaterCase(root: string): Case {
  return {
    name: 'design/open-fails-once',
    expected: 'opened again: the session runs',
    isSlow: true,
    run: async () => {
      using folder = scratchFolder();
      const graph = nodeGraph(root, 'open-fails-once', folder);
      const args = ['graph', graph, '--port', '0', '--state', join(folder.path, 'state')];
      // It leaves a mark where it runs, and does not fail where there is one.
      await using command = new RunningCommand(args, { cwd: folder.path });
      const { url } = await command.ready();
      const { state } = await command.untilView(url, 'running', (view) => view.state === 'running');
      const failed = command.log().find(({ message }) => String(message).includes('device busy'));
      return { pass: state === 'running' && failed !== undefined, got: `${state} after: ${failed?.message}` };
    },
  };
}

/** What autotrack does to a lost target: told 17, it goes on with the same object under 23. */
const RENAMES = (log: string) => `import { appendFileSync } from 'node:fs';
import { defineNode, sleep, targetRequests, topics, Type } from '${NODE_API}';
export default defineNode({
  name: 'renames', doc: 'Follows 23 when told 17.', params: Type.Object({}), inputs: {}, outputs: {},
  topics: { tick: topics.tick }, requests: targetRequests, pace: () => 'realtime',
  open({ publish, count, gauge, kept, keep, sessionId, graph }) {
    const say = (line) => appendFileSync('${log}', line + '\\n');
    let target = kept ?? null;
    say('open with ' + target);
    const set = (id) => { say('told ' + id); target = id === null ? null : 23; keep(target); };
    return {
      requests: { set_target_id: ({ target_id }) => set(target_id), clear_target: () => set(null) },
      async run(signal) {
        for (let index = 0; !signal.aborted; index++) {
          await sleep(100, signal);
          count('decoded'); count('processed'); gauge('settled', index + 1);
          await publish('tick', { schema: 'drone-ptz-metadata/1', type: 'metadata_tick', session_id: sessionId, camera_id: graph.camera,
            ts_unix_ms: Date.now(), frame_index: index, space: 'source', frame_size: { w: 64, h: 36 }, selected_target_id: target,
            tracking_phase: target === null ? 'idle' : 'tracking', tracks: [] });
        }
      },
    };
  },
});
`;

/** The session's process is killed while it follows the renamed target. */
function staleTargetCase(): Case {
  return {
    name: 'design/renames',
    expected: 'the new process opens with the target 23 and is not told 17 again',
    isSlow: true,
    run: async () => {
      using folder = scratchFolder();
      const log = join(folder.path, 'renames.log');
      folder.write('renames.ts', RENAMES(log));
      const graph = folder.write('renames.yaml', 'version: 1\ncamera: cam\nnodes:\n  node: { use: ./renames.ts }\n');
      const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
      await using command = new RunningCommand(['graph', graph, '--port', '0', '--state', join(folder.path, 'state')]);
      const { url, session } = await command.ready();
      using client = await WireClient.open(url, session);
      await client.ask({ type: 'set_target_id', target_id: 17 });
      await command.untilView(url, 'the target 23', (view) => view.selected_target_id === 23);
      const [pid] = command.sessions;
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      await until('a new process', () => lines().filter((line) => line.startsWith('open')).length > 1);
      const { selected_target_id: target } = await command.untilView(url, 'running', (v) => v.state === 'running');
      // What is sent again would come with the first frames.
      await Bun.sleep(1500);
      const after = lines().slice(lines().findLastIndex((line) => line.startsWith('open')));
      return { pass: after.join() === 'open with 23' && target === 23, got: `${after.join(', ')}; target ${target}` };
    },
  };
}

/** Copies a graph and its one node, with this project's node API. @returns the graph's path */
function nodeGraph(root: string, name: string, folder: ReturnType<typeof scratchFolder>): string {
  const read = (suffix: string) => readFileSync(join(root, 'design', name + suffix), 'utf8');
  folder.write(`${name}.ts`, read('.ts').replaceAll('<checkout>/runtime/node.ts', NODE_API));
  return folder.write(`${name}.yaml`, read('.yaml'));
}
