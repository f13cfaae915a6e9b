/** What users of trackers, cameras and servers reported is right now: the cases that run in processes and in real time. */
import { describeCases, FOLLOWING } from './describe-cases.ts';

// Those that take longest: following.long.
describeCases(({ name, isSlow }) => isSlow && !FOLLOWING.test(name));
