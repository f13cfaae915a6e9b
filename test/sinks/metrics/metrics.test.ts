/** GET /metrics of a session at work, read as Prometheus, the rules and the dashboard read it. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SystemClock } from '../../../runtime/clock.ts';
import { createApp } from '../../../runtime/server/app.ts';
import { FakeLog } from '../../server/fake-sessions.ts';
import { ROOT } from '../../support/command.ts';
import { until } from '../../support/patience.ts';
import { TestSession } from '../../support/sessions.ts';

const GRAPH = `
version: 1
camera: sky
nodes:
  source: { use: source, with: { url: ${ROOT}/fixtures/sky.mp4, pace: realtime, loop: true } }
  decode: { use: decode, from: source }
  detect: { use: detect, from: decode, with: { model: fast } }
  track: { use: track, from: detect }
  autotrack: { use: autotrack, from: track }
  publish: { use: publish, from: [track, autotrack] }
`;
const RULES = join(ROOT, 'deploy/prometheus/rules.yml');
const DASHBOARD = join(ROOT, 'deploy/grafana/windhover.json');
const hasPromtool = Bun.which('promtool') !== null;
if (!hasPromtool) console.warn('metrics: what promtool says is skipped, it is not installed');

let session: TestSession;
let text = '';

beforeAll(async () => {
  session = await TestSession.start(GRAPH);
  await session.until('events, and times', ({ nodes: { publish, source } }) => {
    return Number(publish?.events_new ?? 0) > 0 && source?.capture_error_ms !== undefined;
  });
  const sinkFigures = () => ({ mqtt: { events_dropped: 3, note: 'a word' } });
  const clock = new SystemClock();
  const app = createApp({ sessions: session.set, sinkFigures, version: '1', clock, log: new FakeLog() });
  // Histograms come with the reports of the workers, each at its time.
  await until('what each worker has counted', async () => {
    const answer = await app.handle(new Request('http://localhost/metrics'));
    expect(answer.headers.get('content-type')).toStartWith('text/plain; version=0.0.4');
    text = await answer.text();
    return ['inference', 'stage', 'end_to_end'].every((name) =>
      new RegExp(`^windhover_${name}_seconds_count\\{.*\\} [1-9]`, 'm').test(text),
    );
  });
});
afterAll(() => session[Symbol.asyncDispose]());

test.skipIf(!hasPromtool)('promtool finds nothing to say against it', () => {
  const { exitCode, stdout, stderr } = Bun.spawnSync(['promtool', 'check', 'metrics'], { stdin: Buffer.from(text) });
  expect({ exitCode, said: `${stdout}${stderr}` }).toEqual({ exitCode: 0, said: '' });
});

test('what the nodes have counted is in it', () => {
  const value = (series: string) => Number(text.match(new RegExp(`^${series} (.+)$`, 'm'))?.[1]);
  const camera = 'camera="sky"';
  const inferences = value(`windhover_inference_seconds_count{${camera},node="detect"}`);
  expect(inferences).toBeGreaterThan(0);
  // In the same report, which may come while a frame is in work: those of other workers come at other times.
  const frames = value(`windhover_stage_seconds_count{${camera},node="detect"}`);
  expect([frames, frames + 1]).toContain(inferences);
  expect(value(`windhover_inference_seconds_bucket{${camera},node="detect",le="\\+Inf"}`)).toBe(inferences);
  expect(value(`windhover_stage_seconds_count{${camera},node="track"}`)).toBeGreaterThan(0);
  expect(value(`windhover_end_to_end_seconds_sum{${camera},node="publish"}`)).toBeGreaterThan(0);
  expect(value(`windhover_session_process_resident_memory_bytes{${camera}}`)).toBeGreaterThan(1e7);
  expect(value('windhover_sink{sink="mqtt",figure="events_dropped"}')).toBe(3);
  expect(value(`windhover_session_state{${camera},state="running"}`)).toBe(1);
});

test.each([
  ['rules', RULES],
  ['dashboard', DASHBOARD],
])('every metric that the %s name is in it', (_what, file) => {
  const named = new Set(readFileSync(file, 'utf8').match(/\b(windhover|process)_[a-z_]+\b(?=[{[\\) "]|$)/gm));
  const known = new Set(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', kind]) => {
      return kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name];
    }),
  );
  expect(named.size).toBeGreaterThan(5);
  expect([...named].filter((name) => !known.has(name))).toEqual([]);
});

test.skipIf(!hasPromtool)('promtool takes the rules', () => {
  const { exitCode, stdout, stderr } = Bun.spawnSync(['promtool', 'check', 'rules', RULES]);
  expect({ exitCode, said: `${stdout}${stderr}` }).toMatchObject({ exitCode: 0 });
});
