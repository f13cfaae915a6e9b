/** What another process needs to stop a camera. */
import type { OctagonStopJob } from '../octagon/stop-job.ts';
import type { OnvifStopJob } from '../onvif/stop-job.ts';

/** Plain data, login included: it goes through a pipe and nowhere else. */
export type StopJob = OnvifStopJob | OctagonStopJob;
