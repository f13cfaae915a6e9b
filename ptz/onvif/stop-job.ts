/** What another process needs to stop an ONVIF camera, and the stop itself. */
import { NO_VELOCITY } from '../driver.ts';
import type { Stopper } from '../guardian/stop-for-sure.ts';
import type { LoginRecord } from '../network/login-policy.ts';
import type { CameraAddress } from '../network/options.ts';
import type { DriverTime } from '../time.ts';
import { type Connection, soapClient } from './connect.ts';
import { PtzCalls } from './ptz-calls.ts';
import { refusedError } from './soap-answer.ts';
import type { LoginMethod } from './soap-client.ts';

/** Plain data. */
export interface OnvifStopJob {
  readonly kind: 'onvif';
  readonly address: CameraAddress;
  readonly ptzUrl: string;
  readonly connection: Omit<Connection, 'ptzUrl' | 'notes'>;
  /** The login that was negotiated. */
  readonly method: LoginMethod | null;
  readonly clockOffsetMs: number;
  readonly login: LoginRecord;
}

export function onvifStopper(job: OnvifStopJob, time: DriverTime): Stopper {
  const client = soapClient(job.address, time);
  client.method = job.method;
  client.clockOffsetMs = job.clockOffsetMs;
  client.policy.learn(job.login, time.clock.monoMs());
  const calls = new PtzCalls(client, { ...job.connection, ptzUrl: new URL(job.ptzUrl), notes: [] });
  return {
    policy: client.policy,
    roundTripMs: () => client.roundTripMs ?? 0,
    check: (signal) => calls.ping(signal),
    async stop(signal) {
      // Both at once: there is no time to find out which of them the camera obeys.
      const forms = [calls.stop(signal), calls.continuous(NO_VELOCITY, null, signal)];
      await Promise.any(
        forms.map(async (form) => {
          const refusal = await form;
          if (refusal !== null) throw refusedError('Stop and a velocity of zero', refusal);
        }),
      );
    },
  };
}
