/** The picture as a stream of JPEGs over HTTP (multipart/x-mixed-replace), for FFmpeg. */
import type { PictureSize } from '../scene/scene.ts';
import { toJpeg } from './jpeg.ts';
import { takePicture, type Watched } from './onlookers.ts';

const BOUNDARY = 'picture';
export const STREAM_TYPE = `multipart/x-mixed-replace; boundary=${BOUNDARY}`;

/** Pictures at a steady rate while there is a reader; a slow reader gets fewer. */
export async function* videoStream(watched: Watched, size: PictureSize, fps: number): AsyncGenerator<Uint8Array> {
  let dueMs = performance.now();
  while (true) {
    const jpeg = await toJpeg(takePicture(watched, size).picture);
    yield Buffer.from(`--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
    yield jpeg;
    yield Buffer.from('\r\n');
    dueMs = Math.max(dueMs + 1000 / fps, performance.now());
    await Bun.sleep(dueMs - performance.now());
  }
}
