/** Edits of graph files while `graph` and `serve` run: real sessions, real clients. */
import { expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import type { Readiness, SessionView } from '../../runtime/session/api.ts';
import type { MetadataTick } from '../../schemas/index.ts';
import { RunningCommand } from '../support/command.ts';
import { chain, Folder, graphText, ONE_TRACK } from '../support/graphs.ts';
import { PATIENCE_MS, TEST_LIMIT_MS, until } from '../support/patience.ts';
import { WireClient } from '../support/wire-client.ts';

interface Ready extends Readiness {
  readonly warnings: readonly { readonly file: string; readonly message: string }[];
}

async function ready(url: string): Promise<{ status: number; body: Ready }> {
  const answer = await fetch(`${url}/readyz`);
  return { status: answer.status, body: (await answer.json()) as Ready };
}

async function sessions(url: string): Promise<SessionView[]> {
  const answer = (await (await fetch(`${url}/sessions`)).json()) as { sessions: SessionView[] };
  return answer.sessions;
}

/** Messages of the log that begin so. */
const said = (command: RunningCommand, start: string) =>
  command.log().filter(({ message }) => String(message).startsWith(start));

const GRAPH = graphText(chain('realtime'));
const withDetect = (options: string) => GRAPH.replace('compact.onnx }', `compact.onnx, ${options} }`);

test.concurrent(
  'an edit takes effect while a client is connected; a broken one is reported and changes nothing until it is fixed',
  async () => {
    using folder = new Folder();
    const file = folder.write('cam.yaml', withDetect('confidence: 0.3'));
    await using command = new RunningCommand(['graph', file, '--port', '0', '--set', 'publish.hz=10']);
    const { url, session } = await command.ready();
    using client = await WireClient.open(url, session);
    const tracks = (tick: MetadataTick | undefined) => tick?.tracks.map(({ id }) => id) ?? [];
    const before = tracks(await client.tick('a track', (tick) => tick.tracks.length > 0));

    folder.write('cam.yaml', withDetect('confidence: 0.35'));
    await until('the change', () => said(command, 'changed detect.confidence (live)').length === 1);
    // Tracks go on; one may have come to its end by itself.
    const ended = () => client.events.filter(({ event }) => event === 'end').map(({ after: { id } }) => id);
    await client.tick('the same tracks', (tick) => before.every((id) => [...tracks(tick), ...ended()].includes(id)));
    expect(await ready(url)).toMatchObject({ status: 200, body: { warnings: [] } });

    folder.write('cam.yaml', withDetect('confidence: 35'));
    const message = `${file}:6:`;
    await until('the fault', () => said(command, message).length === 1);
    const { status, body } = await ready(url);
    expect(status).toBe(200);
    expect(body).toMatchObject({ ready: true, reasons: [], warnings: [{ file }] });
    expect(body.warnings[0]?.message).toEndWith(' nodes.detect.with.confidence: must be between 0 and 1, got 35');
    await client.tick('a tick meanwhile', () => true);

    folder.write('cam.yaml', withDetect('confidence: 0.35'));
    await until('that it is good', () => said(command, 'the graph file is valid again').length === 1);
    expect(await ready(url)).toMatchObject({ status: 200, body: { warnings: [] } });
    // What is as before is no change, and --set was none at any time.
    expect(said(command, 'changed')).toHaveLength(1);
    expect(said(command, message)).toHaveLength(1);
    expect(await command.sessionView(url, session)).toMatchObject({ restarts: 0, running: true });
    expect(client.isOpen).toBe(true);
    const frames = client.ticks.map(({ frame_index = -1 }) => frame_index);
    expect(frames).toEqual(frames.toSorted((a, b) => a - b));
    // No track has begun again.
    const begun = client.events.filter(({ event }) => event === 'new').map(({ after: { id } }) => id);
    expect(begun).toEqual([...new Set(begun)]);
  },
  TEST_LIMIT_MS,
);

test.concurrent(
  'serve: cameras come, change their name and go with their files',
  async () => {
    using folder = new Folder();
    folder.write('a.yaml', graphText(ONE_TRACK, 'a'));
    await using command = new RunningCommand(['serve', folder.path, '--start', '--port', '0']);
    const url = await command.url();
    const cameras = async () =>
      (await sessions(url)).filter(({ running }) => running).map(({ camera_id }) => camera_id);
    const untilCameras = async (wanted: string[]) => {
      const end = performance.now() + PATIENCE_MS;
      while ((await cameras()).toSorted().join() !== wanted.join()) {
        if (performance.now() > end) throw new Error(`not in time: ${wanted}; ${command.stderr}`);
        await Bun.sleep(10);
      }
    };
    await untilCameras(['a']);
    folder.write('b.yaml', graphText(ONE_TRACK, 'b'));
    await untilCameras(['a', 'b']);
    const [first] = await sessions(url);
    using client = await WireClient.open(url, first?.session_id ?? '');
    folder.write('a.yaml', graphText(ONE_TRACK, 'c'));
    await untilCameras(['b', 'c']);
    await until('that clients of the old name are told', () => client.closed !== undefined);
    rmSync(folder.file('b.yaml'));
    await untilCameras(['c']);
    expect(command.sessions).toHaveLength(1);
  },
  TEST_LIMIT_MS,
);

test.concurrent(
  '--no-watch: files are read once',
  async () => {
    using folder = new Folder();
    const file = folder.write('cam.yaml', GRAPH);
    await using command = new RunningCommand(['graph', file, '--port', '0', '--no-watch']);
    const { url, session } = await command.ready();
    using client = await WireClient.open(url, session);
    folder.write('cam.yaml', 'nonsense');
    // Longer than it would take to see the edit, even on a slow beat.
    await until('25 ticks', () => client.ticks.length >= 25);
    expect((await ready(url)).body.warnings).toEqual([]);
    expect(command.log().filter(({ level }) => level === 'error')).toEqual([]);
  },
  TEST_LIMIT_MS,
);
