/** What stops the camera of a job, by its protocol. */
import type { StopJob } from '../network/motion-watch.ts';
import type { Stopper } from '../network/stopper.ts';
import { octagonStopper } from '../octagon/stop-job.ts';
import { onvifStopper } from '../onvif/stop-job.ts';
import type { DriverTime } from '../time.ts';

export function stopperFor(job: StopJob, time: DriverTime): Stopper {
  return job.kind === 'onvif' ? onvifStopper(job, time) : octagonStopper(job, time);
}
