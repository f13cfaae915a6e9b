/** What another process needs to stop an Octagon camera, and the stop itself. */
import type { Stopper } from '../guardian/stop-for-sure.ts';
import type { LoginRecord } from '../network/login-policy.ts';
import type { DriverTime } from '../time.ts';
import { OctagonApi } from './api.ts';
import { OctagonClient } from './client.ts';
import type { OctagonAddress } from './options.ts';

/** Plain data. */
export interface OctagonStopJob {
  readonly kind: 'octagon';
  readonly address: OctagonAddress;
  readonly login: LoginRecord;
}

export function octagonStopper({ address, login }: OctagonStopJob, time: DriverTime): Stopper {
  const client = new OctagonClient(address, time);
  client.policy.learn(login, time.clock.monoMs());
  const api = new OctagonApi(client, address);
  return {
    policy: client.policy,
    roundTripMs: () => client.roundTripMs ?? 0,
    check: (signal) => api.ping(signal),
    async stop(signal) {
      const lens = api.hasLens ? api.lensMove('stop', signal) : Promise.resolve();
      const [head] = await Promise.allSettled([api.stopPanTilt(signal), lens]);
      if (head.status === 'rejected') throw head.reason;
    },
  };
}
