/** Detections read from a file: what the readers return and how they refuse a line. */
import { type Detection, type Size, WindhoverError } from '../../runtime/node.ts';

export interface Recording {
  readonly size: Size;
  readonly fps: number;
  /** Frames from 0 to the last one in the file. */
  readonly frameCount: number;
  /** Detections by frame index; frames without any may be absent. */
  readonly detections: ReadonlyMap<number, readonly Detection[]>;
}

/** What a file may leave open. */
export interface RecordingDefaults {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly fps?: number | undefined;
  readonly label: string;
}

/** A larger frame index means a broken line: a hundred hours at 25 fps. */
export const LAST_FRAME_INDEX = 9_000_000;

/** The error for one line that can't be used. `line` counts from 1. */
export function badLine(path: string, line: number, expected: string, got: string): WindhoverError {
  const shown = got.length > 60 ? `${got.slice(0, 60)}…` : got;
  return new WindhoverError('replay_bad_line', `${path}:${line}: not a line of detections`, {
    expected,
    got: shown,
    at: `${path}:${line}`,
    option: 'path',
  });
}

/** Size and rate of the source frames. @throws WindhoverError `replay_source_unknown` when one is not given anywhere */
export function sourceOf(
  path: string,
  { width, height, fps }: Omit<RecordingDefaults, 'label'>,
  hint: string,
): { size: Size; fps: number } {
  if (width !== undefined && height !== undefined && fps !== undefined) return { size: { w: width, h: height }, fps };
  const missing = Object.entries({ width, height, fps }).flatMap(([name, value]) =>
    value === undefined ? [name] : [],
  );
  throw new WindhoverError('replay_source_unknown', `${path} does not state the size and frame rate of its source`, {
    expected: 'width, height and fps of the source',
    got: `no ${missing.join(', no ')}`,
    hint,
    at: `${path}:1`,
    option: 'path',
  });
}
