/** Measures how the picture moves as a whole, and tells it on the board, for as long as some node wants to know. */
import type { Frame } from 'node-av/lib';
import { GlobalMotion, greySize } from '../../motion/index.ts';
import { boardTopics, type Clock, type FrameMeta, frameBytes, type NodeBoard } from '../../runtime/node.ts';
import { FrameConverter } from './converter.ts';

/** Frames further apart do not follow one another. */
const LONGEST_GAP_MS = 1000;

export class MotionReporter {
  readonly #board: NodeBoard;
  readonly #clock: Clock;
  #wantedUntilMs = Number.NEGATIVE_INFINITY;
  #eye: GreyEye | null = null;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(board: NodeBoard, clock: Clock) {
    [this.#board, this.#clock] = [board, clock];
    board.watch(boardTopics.motionWanted, ({ forMs }) => {
      this.#wantedUntilMs = Math.max(this.#wantedUntilMs, clock.monoMs() + forMs);
    });
  }

  /** A frame was decoded. */
  see(frame: Frame, { captureMonoMs: atMs, size }: FrameMeta): void {
    if (this.#clock.monoMs() > this.#wantedUntilMs) {
      this.close();
      return;
    }
    if (this.#eye?.source !== `${size.w}x${size.h}`) {
      this.close();
      this.#eye = new GreyEye(size);
    }
    const fromMs = this.#lastMs;
    this.#lastMs = atMs;
    const isNext = atMs > fromMs && atMs - fromMs <= LONGEST_GAP_MS;
    if (!isNext) this.#eye.motion.reset();
    const moved = this.#eye.step(frame);
    if (isNext) this.#board.post(boardTopics.motion, { fromMs, atMs, moved });
  }

  close(): void {
    this.#eye?.close();
    this.#eye = null;
    this.#lastMs = Number.NEGATIVE_INFINITY;
  }
}

/** Sees frames of one size, small and grey. */
class GreyEye {
  readonly source: string;
  readonly motion: GlobalMotion;
  readonly #converter: FrameConverter;
  readonly #grey: Uint8Array<SharedArrayBuffer>;

  constructor(size: FrameMeta['size']) {
    const grey = greySize(size);
    const request = { width: grey.w, height: grey.h, format: 'gray8', fit: 'stretch' } as const;
    this.source = `${size.w}x${size.h}`;
    this.motion = new GlobalMotion(grey);
    this.#converter = new FrameConverter(request);
    this.#grey = new Uint8Array(new SharedArrayBuffer(frameBytes(request)));
  }

  step(frame: Frame) {
    const { buffer, byteOffset, byteLength } = this.#grey;
    this.#converter.convert(frame, { buffer, byteOffset, byteLength, key: 0, fresh: false });
    return this.motion.step(this.#grey);
  }

  close(): void {
    this.#converter.close();
  }
}
