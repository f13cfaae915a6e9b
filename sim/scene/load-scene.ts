/** Reads a scene file for a camera in this process. What is wrong is told at once, without places in the file. */
import { readFileSync } from 'node:fs';
import { Value } from '@sinclair/typebox/value';
import { type ErrorDetails, errorMessage, WindhoverError } from '../../runtime/errors.ts';
import { contentFaults, type SceneFile, sceneFileSchema } from './scene-file.ts';

const MAX_SCENE_BYTES = 4 * 1024 * 1024;
const MAX_FAULTS_TOLD = 5;
const HINT = 'bun run camera --scene FILE reports the line and column';

/** @throws WindhoverError `scene_unreadable`, `scene_invalid` */
export function loadScene(path: string): SceneFile {
  const scene: unknown = Value.Default(sceneFileSchema, parse(path, readText(path)));
  if (!Value.Check(sceneFileSchema, scene)) {
    const errors = [...Value.Errors(sceneFileSchema, scene)];
    throw invalid(
      path,
      errors.map((error) => `${error.path || '/'}: ${error.message}`),
    );
  }
  const faults = contentFaults(scene);
  if (faults.length === 0) return scene;
  throw invalid(
    path,
    faults.map(({ keys, message }) => `/${keys.join('/')}: ${message}`),
  );
}

/** @throws WindhoverError `scene_unreadable` */
export function readText(path: string): string {
  const refuse = (what: string, details: ErrorDetails) =>
    new WindhoverError('scene_unreadable', `${path}: ${what}`, { option: 'scene', ...details });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw refuse('cannot be read', { got: errorMessage(cause), cause });
  }
  if (text.length > MAX_SCENE_BYTES) throw refuse('too large', { expected: `at most ${MAX_SCENE_BYTES} bytes` });
  return text;
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const details = { got: errorMessage(cause), option: 'scene', cause };
    throw new WindhoverError('scene_invalid', `${path}: can't be read as JSON`, details);
  }
}

function invalid(path: string, faults: readonly string[]): WindhoverError {
  const told = faults.slice(0, MAX_FAULTS_TOLD);
  const more = faults.length > told.length ? ` and ${faults.length - told.length} more` : '';
  return new WindhoverError('scene_invalid', `${path}: ${told.join('; ')}${more}`, { hint: HINT, option: 'scene' });
}
