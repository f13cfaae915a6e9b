/** What users of trackers, cameras and servers reported is right now: the cases that run in processes and in real time. */
import { describeCases } from './describe-cases.ts';

describeCases(({ isSlow }) => isSlow);
