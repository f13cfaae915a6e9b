/** What users of trackers, cameras and servers reported is right now: the cases that run in processes and in real time. */
import { describeCases } from './describe-cases.ts';

describeCases(
  ({ isSlow }) => isSlow,
  ['time/30-drifting-stamps: stamps of 25 fps, 21 come', 'time/30-drifting-stamps: an honest stream of 25 fps'],
);
