/** What users of trackers, cameras and servers reported is right now: the cases that run fast. */
import { describeCases } from './describe-cases.ts';

describeCases(({ isSlow }) => !isSlow, ['tracking/19-partial-hiding', 'tracking/22-shaking-camera']);
