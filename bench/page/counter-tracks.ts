/**
 * In place of detector and tracker: reads the number that each frame of the pattern shows, and places a box by it. So a
 * box tells which frame it belongs to, wherever it is drawn.
 */
import { defineNode, type Track, Type } from '../../runtime/node.ts';
import { boxOfFrame, COUNTER_FPS, FRAME_SIZE, readCounter } from './counter.ts';

export default defineNode({
  name: 'counter-tracks',
  doc: 'Tracks whose place says the number in the frame.',
  params: Type.Object({ tracks: Type.Integer({ default: 1, minimum: 1, maximum: 1000 }) }),
  inputs: { frames: { kind: 'frame', request: () => ({ ...FRAME_SIZE, format: 'gray8', fit: 'stretch' }) } },
  outputs: { tracks: { kind: 'tracks' } },
  open: ({ params, emit, count, gauge }) => ({
    on: {
      frames: async ({ meta, data }) => {
        const number = readCounter(data);
        if (number === null) count('unreadable');
        else gauge('shown', number);
        const tracks = number === null ? [] : Array.from({ length: params.tracks }, (_, row) => trackOf(number, row));
        await emit.tracks({ frame: meta, tracks, inferenceMs: 0 });
      },
    },
  }),
});

function trackOf(number: number, row: number): Track {
  const [here, next] = [boxOfFrame(number, row), boxOfFrame(number + 1, row)];
  const px = ({ x, y, w, h }: typeof here) => {
    const { width, height } = FRAME_SIZE;
    return { x: x * width, y: y * height, w: w * width, h: h * height };
  };
  const x = (px(next).x - px(here).x) * COUNTER_FPS;
  return { id: row + 1, label: 'marker', confidence: 0.9, bboxPx: px(here), velocityPxPerS: { x, y: 0 } };
}
