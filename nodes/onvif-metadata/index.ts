/**
 * `onvif-metadata`: the objects that a camera with its own analytics has found, as detections, in place of a model. They come
 * from the metadata track of its RTSP stream, by way of `source`, or from an MQTT broker.
 */
import { defineNode, WindhoverError } from '../../runtime/node.ts';
import { MetadataOptions } from './options.ts';
import { Reports } from './reports.ts';

export default defineNode({
  name: 'onvif-metadata',
  doc: "Takes a camera's own analytics (ONVIF scene description, by RTSP or MQTT) as detections.",
  params: MetadataOptions,
  inputs: {
    metadata: { kind: 'metadata', optional: true, doc: 'Of the RTSP stream of a source; or MQTT, without it.' },
  },
  outputs: { detections: { kind: 'detections', doc: 'The objects of each described picture, in order.' } },
  metrics: {
    decoded: { kind: 'counter', name: 'frames_decoded', doc: 'Frames that were decoded.' },
    scenes: { kind: 'counter', name: 'metadata_scenes', doc: 'Scenes that a camera has described.' },
    broken_documents: {
      kind: 'counter',
      name: 'metadata_broken_documents',
      doc: 'Documents of a camera that cannot be read.',
    },
    late_scenes: { kind: 'counter', name: 'metadata_late_scenes', doc: 'Scenes of a time before one that was taken.' },
    without_box: { kind: 'counter', name: 'metadata_without_box', doc: 'Objects without a box in the picture.' },
  },
  // A camera tells of what is, not of a film.
  pace: () => 'realtime',
  validate({ url, topic }) {
    if ((url === undefined) === (topic === undefined)) return;
    const missing = url === undefined ? 'url' : 'topic';
    throw new WindhoverError('metadata_address', `MQTT needs url and topic: there is no ${missing}`, {
      option: missing === 'url' ? 'topic' : 'url',
    });
  },
  async open(context) {
    const isLinked = context.connected('metadata');
    const { url, topic } = context.params;
    if (isLinked === (url !== undefined)) {
      throw new WindhoverError('metadata_address', `onvif-metadata has ${isLinked ? 'two inputs' : 'no input'}`, {
        expected: 'either from: a source with an RTSP stream, or the options url and topic (MQTT)',
        permanent: true,
      });
    }
    const reports = new Reports(context);
    if (url === undefined || topic === undefined) {
      return { on: { metadata: (message) => reports.take(message) }, handover: () => reports.handover() };
    }
    const { listen } = await import('./mqtt.ts');
    return {
      run: (signal) => listen(context, { url, topic }, reports, signal),
      handover: () => reports.handover(),
    };
  },
});
