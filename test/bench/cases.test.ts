/** What users of trackers, cameras and servers reported is right now: the cases that run fast. */
import { describeCases } from './describe-cases.ts';

describeCases(
  ({ isSlow }) => !isSlow,
  [
    'tracking/14b-label-flips-long',
    'tracking/16-at-1-fps',
    'tracking/19-partial-hiding',
    'tracking/22-shaking-camera',
    'events/54-loiter-hidden',
    'events/55-end-after-below-memory',
    'events/58-label-change-is-told',
    'events/61-unseen-for-exactly-a-second',
  ],
);
