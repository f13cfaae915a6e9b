/** The sink `mqtt`: tells a broker what the cameras see and do, and takes commands from it. */
import { defineSink } from '../sink.ts';
import { MqttOptions } from './options.ts';

export const mqttSink = defineSink({
  name: 'mqtt',
  doc: 'Tells an MQTT broker what the cameras see and do, and Home Assistant about each camera; takes commands from it.',
  options: MqttOptions,
  async open(options, host) {
    const [{ connect }, { Bridge }] = await Promise.all([import('mqtt'), import('./bridge.ts')]);
    return new Bridge(connect, options, host);
  },
});
