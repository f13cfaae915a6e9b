/** `when: motion`: what moves in each frame, and whether the model rests in it. */
import type { Detection, DetectionsMessage, FrameView } from '../../runtime/node.ts';
import { LookGate } from './gate.ts';
import type { DetectOptions } from './options.ts';
import { PictureWatch } from './picture-watch.ts';

/** What is known of a frame without a look at it. */
export interface Glanced {
  /** Of the message about the frame. */
  readonly told: Pick<DetectionsMessage, 'motion'>;
  readonly rests: boolean;
}

export class Resting {
  readonly #watch = new PictureWatch();
  readonly #gate: LookGate;

  constructor(params: DetectOptions) {
    this.#gate = new LookGate(params.look_every_s * 1000);
  }

  update(params: DetectOptions): void {
    this.#gate.everyMs = params.look_every_s * 1000;
  }

  /** The next frame. @returns undefined: it does not show the whole picture */
  see(frame: FrameView): Glanced | undefined {
    const { viewportPx } = frame.mapping;
    if (viewportPx.w < frame.meta.size.w || viewportPx.h < frame.meta.size.h) return undefined;
    const motion = this.#watch.see(frame);
    const { moved, regions } = motion;
    return {
      told: { motion: { moved, regions } },
      rests: !this.#gate.looks({ atMs: frame.meta.captureMonoMs, motion }),
    };
  }

  /** What a look at it has found, or by that one and those before is there. */
  found({ meta }: FrameView, detections: readonly Pick<Detection, 'bboxPx' | 'confidence'>[]): void {
    this.#gate.found(meta.captureMonoMs, detections);
  }
}
