/**
 * track: gives detections an identity over time (ByteTrack).
 *
 * In: detections of every frame, in order. Out: for each of them the tracks seen in that frame, in source pixels.
 */
import { boardTopics, defineNode, WindhoverError } from '../../runtime/node.ts';
import { ByteTrack, type ByteTrackState } from './byte-track.ts';
import { EgoMotion } from './ego-motion.ts';
import { Held, untilOf } from './held.ts';
import { trackOptions } from './options.ts';

export default defineNode({
  name: 'track',
  doc: 'Follows detected objects from frame to frame and gives each a number that is never used twice (ByteTrack).',
  params: trackOptions,
  light: true,
  inputs: { detections: { kind: 'detections', doc: 'Detections of every frame, also of frames without any.' } },
  outputs: { tracks: { kind: 'tracks', doc: 'The tracks seen in each frame.' } },
  metrics: {
    gaps: { kind: 'counter', name: 'track_gaps', doc: 'Gaps in time after which tracks were not carried on.' },
    invalid_detections: { kind: 'counter', name: 'track_invalid_detections', doc: 'Detections that are no box.' },
  },
  board: { watches: [boardTopics.camera, boardTopics.tracksOver] },
  validate: ({ low_confidence, high_confidence }) => {
    if (low_confidence <= high_confidence) return;
    throw new WindhoverError('track_confidence_order', 'low_confidence is above high_confidence', {
      expected: `low_confidence at most ${high_confidence}`,
      got: String(low_confidence),
      option: 'low_confidence',
    });
  },
  open: (context) => {
    // Changed in place: all tracks go by it.
    const options = { ...context.params };
    const before = isHandover(context.kept) ? context.kept : undefined;
    // Ids go on above those given out before a crash: clients may still hold on to them.
    let keptNextId = before?.tracker.nextId ?? nextIdOf(context.kept);
    const tracker = before ? ByteTrack.from(before.tracker, options) : new ByteTrack(options, keptNextId);
    const camera = new EgoMotion(before?.camera);
    const held = new Held(before?.held);
    context.board.watch(boardTopics.camera, (news) => camera.add(news));
    context.board.watch(boardTopics.tracksOver, ({ ids }) => {
      tracker.drop(ids);
      held.drop(ids);
    });
    return {
      update: (changed) => void Object.assign(options, changed),
      handover: (): Handover => ({ tracker: tracker.state, camera: camera.state, held: held.state }),
      on: {
        detections: ({ frame, detections, classes, views, inferenceMs, looked = true }) => {
          const { captureMonoMs } = frame;
          const timeS = held.timeS(captureMonoMs, looked);
          if (!looked) return context.emit.tracks({ frame, ...held.at(captureMonoMs), inferenceMs });
          const motion = camera.step(frame.captureMonoMs, frame.size);
          const facts = {
            widthPx: frame.size.w,
            heightPx: frame.size.h,
            motion,
            ...(classes === undefined ? {} : { classes }),
            ...(views === undefined ? {} : { views }),
          };
          const { tracks, remembered, invalid, gap } = tracker.step(timeS, detections, facts);
          if (invalid > 0) context.count('invalid_detections', invalid);
          if (gap) context.count('gaps');
          if (tracker.nextId !== keptNextId) {
            // Before the tracks are sent: an id that is out must be on record.
            keptNextId = tracker.nextId;
            context.keep({ nextId: keptNextId });
          }
          held.keep({ tracks, remembered });
          return context.emit.tracks({ frame, tracks, remembered: untilOf(remembered, captureMonoMs), inferenceMs });
        },
      },
    };
  },
});

/** What a successor goes on with. */
interface Handover {
  readonly tracker: ByteTrackState;
  readonly camera: EgoMotion['state'];
  readonly held?: Held['state'];
}

function isHandover(kept: unknown): kept is Handover {
  return typeof kept === 'object' && kept !== null && 'tracker' in kept;
}

function nextIdOf(kept: unknown): number {
  if (typeof kept !== 'object' || kept === null || !('nextId' in kept)) return 1;
  return Number.isSafeInteger(kept.nextId) ? Math.max(1, Number(kept.nextId)) : 1;
}
