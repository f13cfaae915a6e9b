/** From what nodes have counted to the families of Prometheus. */
import { expect, test } from 'bun:test';
import { droppedFrames, type Metrics } from '../../../runtime/node.ts';
import { Families } from '../../../runtime/sinks/metrics/families.ts';
import { viewOf } from '../../server/fake-sessions.ts';

const metrics: Metrics = {
  late: droppedFrames('late'),
  torn: droppedFrames('torn'),
  error_ms: { kind: 'gauge', name: 'error', doc: 'Error.', unit: 'ms' },
  runs_on: { kind: 'gauge', name: 'provider_info', doc: 'Provider.', wordLabel: 'provider' },
  took_ms: { kind: 'histogram', name: 'took', doc: 'Time.', unit: 'ms', buckets: [1, 10] },
  never: { kind: 'gauge', name: 'never', doc: 'Not set.' },
};

function samplesOf(families: Families, name: string) {
  const found = families.all.find((family) => family.name === name);
  return found?.samples.map(({ metricName, labels, value }) => [metricName ?? '', labels, value]);
}

test('counters, gauges, words and histograms come in base units, with camera and node', () => {
  const families = new Families();
  const stats = { late: 3, error_ms: 250, runs_on: 'cpu', unknown: 7 };
  const histograms = { took_ms: { counts: [5, 2, 1], sum: 64 } };
  const nodes = [{ id: 'detect', metrics, stats, histograms, waiting: 4 }];
  families.addSession({ view: viewOf('s', 'cam01'), pid: undefined, nodes });
  const own = { camera: 'cam01', node: 'detect' };
  expect(samplesOf(families, 'windhover_frames_dropped_total')).toEqual([
    ['', { ...own, reason: 'late' }, 3],
    ['', { ...own, reason: 'torn' }, 0],
  ]);
  expect(samplesOf(families, 'windhover_error_seconds')).toEqual([['', own, 0.25]]);
  expect(samplesOf(families, 'windhover_provider_info')).toEqual([['', { ...own, provider: 'cpu' }, 1]]);
  expect(samplesOf(families, 'windhover_took_seconds')).toEqual([
    ['windhover_took_seconds_bucket', { ...own, le: 0.001 }, 5],
    ['windhover_took_seconds_bucket', { ...own, le: 0.01 }, 7],
    ['windhover_took_seconds_bucket', { ...own, le: '+Inf' }, 8],
    ['windhover_took_seconds_sum', own, 0.064],
    ['windhover_took_seconds_count', own, 8],
  ]);
  expect(samplesOf(families, 'windhover_node_queue')).toEqual([['', own, 4]]);
  expect(families.all.map(({ name }) => name)).not.toContain('windhover_never');
  expect(JSON.stringify(families.all)).not.toContain('unknown');
});

test('a name has one kind: what another graph declares otherwise is left out', () => {
  const families = new Families();
  families.add('gauge', 'windhover_x', 'First.', { labels: {}, value: 1 });
  families.add('counter', 'windhover_x', 'Second.', { labels: {}, value: 2 });
  expect(samplesOf(families, 'windhover_x')).toEqual([['', {}, 1]]);
});
