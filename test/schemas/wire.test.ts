/** Every wire schema, in both forms (TypeBox and JSON Schema through ajv), against the contract's examples and mutants. */
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import Ajv2020 from 'ajv/dist/2020';
import fc from 'fast-check';
import {
  AckSchema,
  AutotrackStateSchema,
  ClockStateSchema,
  CommandSchema,
  ErrorReplySchema,
  MetadataTickSchema,
  PtzStateSchema,
  TrackEventSchema,
} from '../../schemas/index.ts';
import { wireSchemas } from '../../schemas/write.ts';
import { arbitrary, fieldPaths, type JsonSchema, mutants, openObjects } from './mutations.ts';

const FOLDER = join(import.meta.dir, '../../schemas');
const TYPEBOX: Record<string, TSchema> = {
  metadata_tick: MetadataTickSchema,
  track_event: TrackEventSchema,
  command: CommandSchema,
  ptz_state: PtzStateSchema,
  autotrack_state: AutotrackStateSchema,
  clock_state: ClockStateSchema,
};
const read = (file: string): unknown => JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
const EXAMPLES = join(import.meta.dir, '../../fixtures/contract');
const example = (file: string): unknown => JSON.parse(readFileSync(join(EXAMPLES, file), 'utf8'));
const examples = (kind: string) => readdirSync(EXAMPLES).filter((f) => f.startsWith(`${kind}.`));

/** Asks both forms and insists that they agree. */
function verdicts(kind: string) {
  const schema = wireSchemas()[`${kind}.schema.json`] as JsonSchema;
  const typebox = TYPEBOX[kind] as TSchema;
  const compiled = new Map<JsonSchema, (value: unknown) => boolean>();
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  const check = (part: JsonSchema, value: unknown): boolean => {
    const validate = compiled.get(part) ?? ajv.compile(part);
    compiled.set(part, validate);
    return validate(value);
  };
  const accepts = (value: unknown): boolean => {
    const byAjv = check(schema, value);
    const byTypebox = Value.Check(typebox, value);
    if (byAjv !== byTypebox) throw new Error(`ajv ${byAjv}, TypeBox ${byTypebox}: ${JSON.stringify(value)}`);
    return byAjv;
  };
  return { schema, check, accepts };
}

for (const kind of Object.keys(TYPEBOX)) {
  describe(kind, () => {
    const { schema, check, accepts } = verdicts(kind);

    test('the file on disk is what the schemas say', () => {
      expect(read(`${kind}.schema.json`)).toEqual(wireSchemas()[`${kind}.schema.json`] ?? {});
    });

    test.each(examples(kind))('accepts %s', (file) => {
      expect(accepts(example(file))).toBe(true);
    });

    test('every object at every level is closed', () => {
      expect(openObjects(schema)).toEqual([]);
    });

    test('every field is exercised, and each mutant refused', () => {
      const seen = new Set<string>();
      const samples = fc.sample(arbitrary(schema, true), { numRuns: 20, seed: 7 });
      for (const sample of samples) {
        expect(accepts(sample)).toBe(true);
        for (const mutant of mutants(schema, sample, check)) {
          seen.add(mutant.what.replace(/\[\d+\]/g, '[]').split(/ |=/)[0] ?? '');
          if (accepts(mutant.value)) throw new Error(`accepted ${mutant.what}`);
        }
      }
      expect([...fieldPaths(schema)].filter((path) => !seen.has(path))).toEqual([]);
    });

    test('property: accepts what it generates, refuses any mutant of it', () => {
      fc.assert(
        fc.property(arbitrary(schema), fc.nat(), (value, pick) => {
          expect(accepts(value)).toBe(true);
          const all = mutants(schema, value, check);
          const mutant = all[pick % all.length];
          if (mutant && accepts(mutant.value)) throw new Error(`accepted ${mutant.what}`);
        }),
        { numRuns: 25 },
      );
    });
  });
}

test('each schema has a name of its own, and v1 has kept its', () => {
  const ids = Object.values(wireSchemas()).map((document) => (document as { $id: string }).$id);
  expect(ids).toEqual([
    'urn:drone-ptz-metadata:1:metadata_tick',
    'urn:drone-ptz-metadata:1:track_event',
    'urn:drone-ptz-metadata:1:command',
    'urn:drone-ptz-ptz:1:ptz_state',
    'urn:drone-ptz-autotrack:1:autotrack_state',
    'urn:drone-ptz-clock:1:clock_state',
    'urn:drone-ptz-stats:1:stats',
    'urn:drone-ptz-stats:1:camera_stats',
    'urn:drone-ptz-topics:1:topic_request',
    'urn:drone-ptz-topics:1:topic_message',
  ]);
});

describe('rules of the contract that the types alone do not show', () => {
  const event = verdicts('track_event').accepts;
  const load = (name: string) => example(`track_event.${name}.example.json`) as Record<string, Record<string, unknown>>;

  test.each([
    ['new with a before', { ...load('new'), before: load('update').before }],
    ['new that has ended', { ...load('new'), after: load('end').after }],
    ['update that has ended', { ...load('update'), after: load('end').after }],
    ['end without an end time', { ...load('end'), after: load('update').after }],
    ['an unknown event', { ...load('new'), event: 'begin' }],
  ])('refuses %s', (_what, value) => {
    expect(event(value)).toBe(false);
  });

  test('optional fields of a summary may all be absent', () => {
    const { track_id, zones, best_bbox, ...after } = load('new').after ?? {};
    expect([track_id, zones, best_bbox]).not.toContain(undefined);
    expect(event({ ...load('new'), after })).toBe(true);
  });

  test.each([
    [AckSchema, { type: 'ack', command: 'set_target_id', target_id: 17 }, true],
    [AckSchema, { type: 'ack', command: 'clear_target' }, true],
    [AckSchema, { type: 'ack', command: 'clear_target', target_id: 1 }, false],
    [AckSchema, { type: 'ack', command: 'set_target_id' }, false],
    [ErrorReplySchema, { type: 'error', error: 'rate_limited' }, true],
    [ErrorReplySchema, { type: 'error', error: 'nope' }, false],
  ])('replies: %#', (schema, value, accepted) => {
    expect(Value.Check(schema, value)).toBe(accepted);
  });
});

describe('the contract spelled out by hand, in case a schema forgot a rule', () => {
  const ofKind = Object.fromEntries(Object.keys(TYPEBOX).map((kind) => [kind, verdicts(kind)]));
  const tick = example('metadata_tick.edge_cases.example.json');
  const ended = example('track_event.end.example.json');
  const ptz = example('ptz_state.example.json');
  const autotrack = example('autotrack_state.example.json');
  const command = example('command.set_target_id.example.json');
  const rows: [kind: string, base: unknown, path: string, refused: unknown[]][] = [
    ['metadata_tick', tick, 'schema', ['drone-ptz-metadata/2', undefined]],
    ['metadata_tick', tick, 'session_id', ['', 1, undefined]],
    ['metadata_tick', tick, 'camera_id', ['', null, undefined]],
    ['metadata_tick', tick, 'ts_unix_ms', [-1, 1.5, '1', undefined]],
    ['metadata_tick', tick, 'ts_mono_ms', [-1, 0.5, null]],
    ['metadata_tick', tick, 'frame_index', [-1, 0.5, null]],
    ['metadata_tick', tick, 'space', ['screen', undefined]],
    ['metadata_tick', tick, 'frame_size.w', [0, 1.5, undefined]],
    ['metadata_tick', tick, 'frame_size.h', [0, -1, undefined]],
    ['metadata_tick', tick, 'selected_target_id', [-1, 0.5, '1', undefined]],
    ['metadata_tick', tick, 'tracking_phase', ['found', null, undefined]],
    ['metadata_tick', tick, 'ptz.control_mode', ['visca', undefined]],
    ['metadata_tick', tick, 'ptz.active', [1, undefined]],
    ...['pan', 'tilt', 'zoom'].map((axis): (typeof rows)[number] => [
      'metadata_tick',
      tick,
      `ptz.cmd.${axis}`,
      [-1.01, 1.01, null, undefined],
    ]),
    ['metadata_tick', tick, 'tracks', [null, {}, undefined]],
    ['metadata_tick', tick, 'tracks.0.id', [-1, 0.5, undefined]],
    ['metadata_tick', tick, 'tracks.0.label', ['', undefined]],
    ['metadata_tick', tick, 'tracks.0.conf', [-0.01, 1.01, undefined]],
    ...['x', 'y', 'w', 'h'].map((side): (typeof rows)[number] => [
      'metadata_tick',
      tick,
      `tracks.0.bbox.${side}`,
      [-0.01, 1.01, null, undefined],
    ]),
    ['metadata_tick', tick, 'tracks.0.velocity.x', ['1', null, undefined]],
    ['metadata_tick', tick, 'tracks.0.zones', [[''], 'sky', [1], null]],
    ['track_event', ended, 'before.end_ts_unix_ms', [1, undefined]],
    ['track_event', ended, 'after.top_conf', [1.01, -0.01, undefined]],
    ['track_event', ended, 'after.end_ts_unix_ms', [null, -1, 1.5, undefined]],
    ['track_event', ended, 'after.best_bbox.w', [1.01, undefined]],
    ['track_event', ended, 'after', [null, undefined]],
    ['track_event', ended, 'before', [undefined, {}]],
    ['ptz_state', ptz, 'schema', ['drone-ptz-metadata/1', undefined]],
    ['ptz_state', ptz, 'control_mode', ['visca', undefined]],
    ['ptz_state', ptz, 'link.state', ['open', null, undefined]],
    ['ptz_state', ptz, 'link.reason', ['', undefined]],
    ['ptz_state', ptz, 'moving', ['no', 0, undefined]],
    ['ptz_state', ptz, 'pan_deg', ['12', undefined]],
    ['ptz_state', ptz, 'zoom', [-0.01, 1.01, undefined]],
    ['ptz_state', ptz, 'hfov_deg', [-1, 181, undefined]],
    ['ptz_state', ptz, 'preset', ['', 1, undefined]],
    ['ptz_state', ptz, 'cmd.pan', [-1.01, 1.01, null, undefined]],
    ['ptz_state', ptz, 'round_trip_ms', [-1, undefined]],
    ['autotrack_state', autotrack, 'schema', ['drone-ptz-ptz/1', undefined]],
    ['autotrack_state', autotrack, 'enabled', [null, 1, undefined]],
    ['autotrack_state', autotrack, 'reason', ['off', { code: 'x' }, { code: '', message: 'x' }, undefined]],
    ['autotrack_state', autotrack, 'state', ['tracking', null, undefined]],
    ['autotrack_state', autotrack, 'target_id', [-1, 0.5, undefined]],
    ['autotrack_state', autotrack, 'selected_by', ['me', undefined]],
    ['autotrack_state', autotrack, 'rung', ['presets', undefined]],
    ['autotrack_state', autotrack, 'stops_by_itself', [true, null, undefined]],
    ['autotrack_state', autotrack, 'rejected.0.rung', [null, 'none', undefined]],
    ['autotrack_state', autotrack, 'notes', [[''], 'none', undefined]],
    ['autotrack_state', autotrack, 'calibration.state', ['over', null, undefined]],
    ['autotrack_state', autotrack, 'calibration.repeatability', [1.01, -0.01, undefined]],
    ['autotrack_state', autotrack, 'calibration.at_unix_ms', [1.5, -1, undefined]],
    ['autotrack_state', autotrack, 'error_share', [-0.1, undefined]],
    ['command', command, 'target_id', [-1, 1.5, '1', true, null, undefined, 2 ** 53]],
  ];
  test.each(rows)('refuses what breaks %s: %#', (kind, base, path, refused) => {
    const accepts = (ofKind[kind] ?? verdicts(kind)).accepts;
    for (const value of refused)
      expect([path, value, accepts(replaced(base, path.split('.'), value))]).toEqual([path, value, false]);
  });
});

/** A copy with the value at the path replaced; `undefined` takes the field away. */
function replaced(value: unknown, [key, ...rest]: string[], leaf: unknown): unknown {
  if (key === undefined) return leaf;
  const copy = structuredClone(value) as Record<string, unknown>;
  if (!(key in copy)) throw new Error(`no ${key} in the example`);
  copy[key] = replaced(copy[key], rest, leaf);
  return JSON.parse(JSON.stringify(copy));
}
