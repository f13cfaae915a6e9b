/** The MQTT bridge over sessions that a test drives by hand. */
import { Value } from '@sinclair/typebox/value';
import { connect } from 'mqtt';
import { SystemClock } from '../../../runtime/clock.ts';
import { createLog } from '../../../runtime/log.ts';
import { Bridge } from '../../../runtime/sinks/mqtt/bridge.ts';
import { MqttOptions } from '../../../runtime/sinks/mqtt/options.ts';
import type { SinkFault } from '../../../runtime/sinks/sink.ts';
import { FakeSessions } from '../../server/fake-sessions.ts';
import { until } from '../../support/patience.ts';

export class BridgeRig implements AsyncDisposable {
  readonly sessions = new FakeSessions(['cam01']);
  readonly bridge: Bridge;
  fault: SinkFault | null = null;
  readonly id: string;
  readonly #ending = new AbortController();
  #sent = 0;

  constructor(options: Partial<MqttOptions>, library = connect) {
    this.id = this.sessions.create().view.session_id;
    const all = Value.Default(MqttOptions, { ...options }) as MqttOptions;
    this.bridge = new Bridge(library, all, {
      ...{ sessions: this.sessions, clock: new SystemClock(), stateFolder: '/tmp', signal: this.#ending.signal },
      log: createLog({ write: () => undefined, pretty: false }),
      onAudit: () => () => undefined,
      report: (fault) => {
        this.fault = fault;
      },
    });
  }

  connected(): Promise<void> {
    return until('the bridge is connected', () => this.bridge.figures().connected === 1);
  }

  /** An event of the next track, which is open from then on. */
  event(label = 'drone', zones: readonly string[] = []): void {
    this.#sent += 1;
    this.#tell('new', { id: this.#sent, label, zones, start_ts_unix_ms: 1, end_ts_unix_ms: null });
  }

  /** The track is over, if there was one. */
  endOf(id: number): void {
    if (id > 0) this.#tell('end', { id, label: 'drone', start_ts_unix_ms: 1, end_ts_unix_ms: 2 });
  }

  #tell(event: string, after: object): void {
    const about = { session_id: this.id, camera_id: 'cam01', ts_unix_ms: 1, before: null };
    this.sessions.emit(this.id, 'tracks', JSON.stringify({ type: 'track_event', event, ...about, after }));
  }

  state(topic: 'tick' | 'ptz' | 'autotrack', message: object): void {
    this.sessions.emit(this.id, topic, JSON.stringify(message));
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.bridge.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
