/**
 * A detector that is always right: asks a virtual camera on this machine what was in the picture when it was taken. For
 * tests that are about what comes after detecting.
 */
import { existsSync } from 'node:fs';
import { type Detection, defineNode, Type } from '../../runtime/node.ts';
import type { DebugState } from '../../sim/camera/onlookers.ts';

export default defineNode({
  name: 'truth-detect',
  doc: 'Finds what a virtual camera says that there is.',
  params: Type.Object({
    camera: Type.String({ minLength: 1, description: 'http://host:port of the virtual camera.' }),
    blind_while: Type.String({ default: '', description: 'Sees nothing while this file is there.' }),
  }),
  inputs: { frames: { kind: 'frame', request: () => ({ width: 32, height: 18, format: 'gray8', fit: 'stretch' }) } },
  outputs: { detections: { kind: 'detections' } },
  open({ params, emit }) {
    /** The camera's own time minus Unix time. */
    let offsetS: number | null = null;
    return {
      on: {
        async frames({ meta }) {
          let detections: Detection[] = [];
          if (params.blind_while === '' || !existsSync(params.blind_while)) {
            const { w, h } = meta.size;
            offsetS ??= offsetOf(await debugState(params.camera, ''));
            const query = `size=${w}x${h}&t=${meta.captureUnixMs / 1000 + (offsetS ?? 0)}`;
            const state = offsetS === null ? null : await debugState(params.camera, query);
            detections = detectionsIn(state);
          }
          await emit.detections({ frame: meta, detections, inferenceMs: 0 });
        },
      },
    };
  },
});

function offsetOf(state: DebugState | null): number | null {
  return state && state.time_s - state.time_unix_ms / 1000;
}

function detectionsIn(state: DebugState | null): Detection[] {
  const targets = state?.targets ?? [];
  return targets.flatMap(({ label, box }) => (box ? [{ bboxPx: box, confidence: 0.9, label }] : []));
}

/** Null: the camera is away. */
async function debugState(camera: string, query: string): Promise<DebugState | null> {
  try {
    const response = await fetch(`${camera}/debug/state?${query}`, { signal: AbortSignal.timeout(1000) });
    return (await response.json()) as DebugState;
  } catch {
    // A detector that can't see its picture has found nothing in it.
    return null;
  }
}
