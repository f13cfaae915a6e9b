/** The options of onvif-metadata: type, default, range, unit and meaning, declared once. */
import { pathOption, type Static, Type } from '../../runtime/node.ts';

const sidePx = (description: string) => Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description }));
const text = (description: string, maxLength = 200) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, description }));

export const MetadataOptions = Type.Object({
  url: Type.Optional(
    Type.String({
      pattern: '^(mqtts?|wss?)://',
      maxLength: 1000,
      description:
        'Broker to which the camera tells its scenes by MQTT: mqtt:// or mqtts:// (TLS), ws:// or wss://. Without it, they come from the RTSP stream of the source that `from` names.',
    }),
  ),
  topic: text('MQTT: topic of the scenes, such as CAMERA/onvif-mj/VideoAnalytics/#. + and # stand for any.', 1000),
  username: text('MQTT: account at the broker.'),
  password: Type.Optional(Type.String({ maxLength: 200, description: 'MQTT: its password.' })),
  ca: Type.Optional(
    Type.String({
      ...pathOption(),
      minLength: 1,
      description: 'MQTT: PEM file of who signed the certificate of the broker.',
    }),
  ),
  module: text(
    'Analytics module of the camera whose scenes are taken (`Source` of a frame). Without it, that of the first scene that has an object.',
  ),
  width: sidePx(
    'Width of the picture in pixels. Without it, that of the source; over MQTT 1920. Of places in the picture only width : height matters.',
  ),
  height: sidePx('Its height. Without it, that of the source; over MQTT 1080.'),
});

export type MetadataOptions = Static<typeof MetadataOptions>;
