/** What users of trackers, cameras and servers reported is right now: the cases that run in processes and in real time. */
import { describeCases } from './describe-cases.ts';

describeCases(
  ({ isSlow }) => isSlow,
  [
    'video/http-faults /401',
    'video/http-faults /404',
    'video/http-faults /500',
    'video/http-faults /noclen',
    'video/http-faults /once',
    'video/http-faults /half',
    'video/http-faults /stall',
    'video/http-faults /hang',
    'time/30-drifting-stamps: stamps of 25 fps, 21 come',
    'time/30-drifting-stamps: an honest stream of 25 fps',
  ],
);
