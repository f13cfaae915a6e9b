/** What users of trackers, cameras and servers reported is right now: the cases that run fast. */
import { describeCases } from './describe-cases.ts';

// Cameras that turn the other way: test/nodes/autotrack/turned.
describeCases(({ name, isSlow }) => !isSlow && !name.startsWith('ptz/33-turned'));
