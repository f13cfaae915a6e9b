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
    'time/34-time: every 50th frame 3 s ahead',
    'time/34-time: every 50th frame 9 s ahead',
    'time/34-time: goes back by 0.9 s every 100 frames',
    'time/34-time: goes back by 0.3 s every 10 frames',
    'time/34-time: stamps of 25 fps, 21 come',
    'time/34-time: all stamps equal',
    'ptz/32-seam',
    'ptz/40-onvif-oddities: addresses without a host',
    'ptz/40-onvif-oddities: each service at its own path, relative addresses',
    'ptz/40-onvif-oddities: no zoom: moves with a Zoom are refused',
    'ptz/40-onvif-oddities: Stop answered by 200 without a body',
    'ptz/40-onvif-oddities: moves and Stop answered by 200 without a body',
    'ptz/40-onvif-oddities: positions with a decimal comma',
    'ptz/40-onvif-oddities: at the seam, velocities without end',
  ],
);
