/** Reads a scene file for a camera in this process. What is wrong is told at once, without places in the file. */
import { readFileSync } from 'node:fs';
import { Value } from '@sinclair/typebox/value';
import { errorMessage, WindhoverError } from '../../runtime/errors.ts';
import { contentFaults, type SceneFile, sceneFileSchema } from './scene-file.ts';

const MAX_SCENE_BYTES = 4 * 1024 * 1024;
const MAX_FAULTS_TOLD = 5;
const HINT = 'bun run camera --scene FILE reports the line and column';

/** @throws WindhoverError `scene_unreadable`, `scene_invalid` */
export function loadScene(path: string): SceneFile {
  const scene: unknown = Value.Default(sceneFileSchema, parse(path, readText(path)));
  if (!Value.Check(sceneFileSchema, scene)) {
    throw invalid(
      path,
      [...Value.Errors(sceneFileSchema, scene)].map(({ path: place, message }) => `${place || '/'}: ${message}`),
    );
  }
  const faults = contentFaults(scene);
  if (faults.length > 0) {
    throw invalid(
      path,
      faults.map(({ keys, message }) => `/${keys.join('/')}: ${message}`),
    );
  }
  return scene;
}

/** @throws WindhoverError `scene_unreadable` */
export function readText(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length <= MAX_SCENE_BYTES) return text;
  } catch (cause) {
    throw new WindhoverError('scene_unreadable', `${path}: cannot be read`, {
      got: errorMessage(cause),
      option: 'scene',
      cause,
    });
  }
  throw new WindhoverError('scene_unreadable', `${path}: too large`, {
    expected: `at most ${MAX_SCENE_BYTES} bytes`,
    option: 'scene',
  });
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WindhoverError('scene_invalid', `${path}: can't be read as JSON`, {
      got: errorMessage(cause),
      option: 'scene',
      cause,
    });
  }
}

function invalid(path: string, faults: readonly string[]): WindhoverError {
  const told = faults.slice(0, MAX_FAULTS_TOLD);
  const more = faults.length > told.length ? ` and ${faults.length - told.length} more` : '';
  return new WindhoverError('scene_invalid', `${path}: ${told.join('; ')}${more}`, { hint: HINT, option: 'scene' });
}
