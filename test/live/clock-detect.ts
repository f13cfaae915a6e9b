/**
 * In place of a detector, for the pictures of the live peers: finds the bar that moves through them, and tells when each
 * picture was taken, which it shows.
 */
import { type Detection, defineNode, Type, topic } from '../../runtime/node.ts';
import { BAR, PICTURE, shownTime } from './shown-time.ts';

/** Of a picture. */
export interface Shown {
  readonly type: 'shown';
  readonly frame_index: number;
  readonly taken_unix_ms: number;
}

const shown = topic({
  doc: 'When each picture was taken, by what it shows',
  schema: Type.Object({
    type: Type.Literal('shown'),
    frame_index: Type.Integer(),
    taken_unix_ms: Type.Integer(),
  }),
  keep: 'every',
});

export default defineNode({
  name: 'clock-detect',
  doc: 'Reads the time that a picture shows, and finds the bar in it.',
  params: Type.Object({}),
  inputs: { frames: { kind: 'frame', request: () => ({ ...PICTURE, format: 'gray8', fit: 'stretch' }) } },
  outputs: { detections: { kind: 'detections' } },
  topics: { shown },
  open: ({ emit, publish }) => ({
    on: {
      async frames({ meta, data }) {
        await publish('shown', { type: 'shown', frame_index: meta.index, taken_unix_ms: shownTime(data) });
        await emit.detections({ frame: meta, detections: bar(data), inferenceMs: 0 });
      },
    },
  }),
});

function bar(grey: Uint8Array | Float32Array): Detection[] {
  const from = PICTURE.width * (BAR.y + BAR.height / 2);
  const x = grey.subarray(from, from + PICTURE.width).findIndex((level) => level > 0xa0);
  if (x < 0) return [];
  return [{ bboxPx: { x, y: BAR.y, w: BAR.width, h: BAR.height }, confidence: 0.9, label: 'bar' }];
}
