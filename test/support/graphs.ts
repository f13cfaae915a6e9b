/** Graph files for tests, in a folder that goes when the test ends. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './command.ts';

export const SKY = join(ROOT, 'fixtures', 'sky.mp4');
/** Sees the aircraft of the fixtures in a tenth of the time that the default model takes. */
export const COMPACT_MODEL = join(ROOT, 'test', 'compact-model', 'compact.onnx');

/** A shipped graph in real time, until it is told to stop; with the model that costs little. */
export const LIVE = ['graph', 'graphs/clip.yaml', '--port', '0', '--set', `detect.model=${COMPACT_MODEL}`];

/** Path of one of the nodes made for tests. */
export function testNode(name: string): string {
  return join(ROOT, 'test', 'fixtures-nodes', `${name}.ts`);
}

export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'windhover-test-'));

  /** Writes a file and gives its path. */
  write(name: string, text: string): string {
    const path = this.file(name);
    writeFileSync(path, text);
    return path;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A graph of these nodes, one a line: `{ source: '{ use: source, … }' }`. */
export function graphText(nodes: Readonly<Record<string, string>>, camera = 'cam'): string {
  const lines = Object.entries(nodes).map(([id, node]) => `  ${id}: ${node}`);
  return `version: 1\ncamera: ${camera}\nnodes:\n${lines.join('\n')}\n`;
}

/** A source that plays the clip of the project. */
export function sky(options: { pace: 'realtime' | 'asap'; loop?: boolean; worker?: string }): string {
  const worker = options.worker === undefined ? '' : `worker: ${options.worker}, `;
  return `{ use: source, ${worker}with: { url: ${SKY}, pace: ${options.pace}, loop: ${options.loop ?? false} } }`;
}

/** Source to publish, without a camera to move. `changed` replaces or adds nodes. */
export function chain(
  pace: 'realtime' | 'asap',
  changed: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    source: sky({ pace, loop: pace === 'realtime' }),
    decode: '{ use: decode, from: source }',
    detect: `{ use: detect, from: decode, with: { model: ${COMPACT_MODEL} } }`,
    track: '{ use: track, from: detect }',
    publish: '{ use: publish, from: track }',
    ...changed,
  };
}

/** Nodes in which no video and no model has a part: one track that stays. */
export const ONE_TRACK = {
  track: `{ use: ${testNode('renamed')} }`,
  publish: '{ use: publish, from: track }',
} as const;

/** What the shipped graphs of real cameras want from the environment; nobody is there. */
export const CAMERA_ENV = {
  CAM_HOST: 'camera.invalid',
  CAM_USER: 'user',
  CAM_PASSWORD: 'no-password',
  CAM_URL: 'rtsp://camera.invalid/sub',
  OCTAGON_HOST: 'head.invalid',
  OCTAGON_USER: 'user',
  OCTAGON_PASSWORD: 'no-password',
} as const;
