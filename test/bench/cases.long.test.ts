/** What users of trackers, cameras and servers reported is right now: the cases that run in processes and in real time. */
import { describeCases, FOLLOWING } from './describe-cases.ts';

// Those in which the whole program follows a camera: test/e2e/reported-cases.long.test.ts.
describeCases(({ name, isSlow }) => isSlow && !FOLLOWING.test(name));
