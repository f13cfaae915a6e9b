/** What is told of ticks: each in its form and at its rate, and of those that wait the latest. */
import type { MetadataTick } from '../../../schemas/metadata-tick.ts';
import { RateLimit } from '../../rate-limit.ts';
import { MODULE, sceneOf } from '../onvif/scene.ts';
import type { MqttOptions } from './options.ts';

interface Form {
  readonly hz: number;
  readonly topic: (camera: string) => string;
  readonly payload: (tick: MetadataTick, json: string) => string;
}

export class TickTopics {
  /** By topic. */
  readonly due = new Map<string, string>();
  readonly #forms: readonly Form[];
  readonly #rates = new Map<string, RateLimit>();

  constructor({ prefix, tick_hz, onvif_hz }: MqttOptions) {
    const forms: Form[] = [
      { hz: tick_hz, topic: (camera) => `${prefix}/${camera}/tick`, payload: (_tick, json) => json },
      {
        hz: onvif_hz,
        topic: (camera) => `${prefix}/onvif-mj/VideoAnalytics/${camera}/${MODULE}`,
        payload: (tick) => JSON.stringify(sceneOf(tick)),
      },
    ];
    this.#forms = forms.filter(({ hz }) => hz > 0);
  }

  take(camera: string, tick: MetadataTick, json: string, nowMs: number): void {
    for (const { hz, topic, payload } of this.#forms) {
      const name = topic(camera);
      const rate = this.#rates.get(name) ?? new RateLimit(hz, 1);
      this.#rates.set(name, rate);
      if (rate.take(nowMs)) this.due.set(name, payload(tick, json));
    }
  }
}
