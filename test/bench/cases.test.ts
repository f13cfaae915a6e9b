/** What users of trackers, cameras and servers reported is right now: the cases that run fast. */
import { describeCases } from './describe-cases.ts';

describeCases(
  ({ isSlow }) => !isSlow,
  [
    'tracking/19-partial-hiding',
    'tracking/22-shaking-camera',
    'time/34-time: every 50th frame 3 s ahead',
    'time/34-time: every 50th frame 9 s ahead',
    'time/34-time: goes back by 0.9 s every 100 frames',
    'time/34-time: goes back by 0.3 s every 10 frames',
    'time/34-time: stamps of 25 fps, 21 come',
    'time/34-time: all stamps equal',
  ],
);
