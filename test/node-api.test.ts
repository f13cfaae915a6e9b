/**
 * The node API (runtime/node.ts), name by name: nodes of other people are written against it, so that it changes on
 * purpose or not at all. A change here belongs into CHANGELOG.md.
 */
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as api from '../runtime/node.ts';

const TYPES = `
  AboutFrame AnyNode BackoffLimits BoardTopic BoardUse Box CameraNews CaptureClock Clock Detection
  DetectionClasses DetectionsMessage Direction Emit EmitValue Fit FrameMapping FrameMeta FrameMotion FramePart FrameRequest
  FrameSource FrameView HangLimits HeadAxis HeadNews InputPort Inputs LinkKind LinkValue LinkValues Logger
  MessageOf MessageOptions MetadataMessage Metric Metrics ModelCard ModelTrial Moment MotionNews MotionRegion MotorCommand NodeBoard NodeContext NodeContract NodeFault NodeHandlers
  NodeStore OutputPort Outputs Pace PacketMessage PerAxis PixelFormat PortKind Pose PrepareContext
  PtzMessage Ray RefusedModel RememberedTrack RequestSpec Requests RetryOptions ScaleFilter SharedSlot Size Static TSchema
  Topic Topics Track TrackingPhase TracksMessage ViewSeen
`;
const FILE = join(import.meta.dir, '../runtime/node.ts');

test('values', () => {
  const values = Object.entries(api).map(([name, value]) => `${name}: ${typeof value}`);
  expect(values.toSorted()).toEqual([
    'Backoff: function',
    'FITS: object',
    'LATENCY_BUCKETS_MS: object',
    'PACKET_TICKS_PER_S: number',
    'SCALE_FILTERS: object',
    'SiteSchema: object',
    'TargetPhase: function',
    'Type: object',
    'WallTime: function',
    'WindhoverError: function',
    'angleOf: function',
    'autotrackRequests: object',
    'boardTopic: function',
    'boardTopics: object',
    'defineNode: function',
    'directionOf: function',
    'droppedFrames: function',
    'errorCode: function',
    'errorMessage: function',
    'focalLength: function',
    'frameBytes: function',
    'hfovAt: function',
    'maskPasswords: function',
    'momentOf: function',
    'panScale: function',
    'pathOption: function',
    'percentDecoded: function',
    'pointOf: function',
    'previewRequests: object',
    'rayOf: function',
    'retry: function',
    'shareOf: function',
    'sleep: function',
    'targetRequests: object',
    'toSourcePx: function',
    'topic: function',
    'topics: object',
    'wrapDeg: function',
  ]);
});

test('types', () => {
  const values = Object.keys(api);
  const types = exportsOf(FILE).filter((name) => !values.includes(name));
  expect(types.toSorted()).toEqual(TYPES.trim().split(/\s+/));
});

/** Names that a file exports, also by way of `export *`. */
function exportsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const all = [...text.matchAll(/^export (?:type )?\* from '([^']+)'/gm)].flatMap(([, from = '']) =>
    exportsOf(join(dirname(file), from)),
  );
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) => names.split(','));
  const listed = lists.map((name) => name.trim().replace(/^type /, ''));
  const declared = [...text.matchAll(/^export (?:class|interface|type) (\w+)/gm)].map(([, name = '']) => name);
  return [...new Set([...all, ...listed, ...declared])].filter((name) => name !== '');
}
