/** The options of source: type, default, range, unit and meaning, declared once. */
import { pathOption, type Static, Type } from '../../runtime/node.ts';

const count = (description: string) => Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1, description }));
const text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 1000, description }));

/** Those of FFmpeg's that change how something is read, but not what: no files, protocols or commands by a back door. */
const FfmpegOptions = Type.Object(
  {
    probesize: count('Bytes to read until the kind of the input is known.'),
    analyzeduration: count('Time to read of a file until its streams are known, in microseconds.'),
    max_delay: count('Longest wait for packets that are out of order, over UDP, in microseconds.'),
    reorder_queue_size: count('Packets that wait for those out of order, over UDP.'),
    buffer_size: count('Size of the receive buffer of a socket, in bytes.'),
    user_agent: text('Name that is told to the server.'),
    referer: text('Referer that is told to the server.'),
    live_start_index: Type.Optional(
      Type.Integer({
        minimum: -1000,
        maximum: 1000,
        description: 'HLS: segment to start with; negative counts from the newest.',
      }),
    ),
    video_size: text('Size of a device, such as 1280x720.'),
    framerate: text('Frame rate of a device, of pictures one after the other (25 without it), or of raw video.'),
    input_format: text('Format asked of a device, such as mjpeg.'),
    pixel_format: text('Pixel format of raw video or a device.'),
    start_number: count('Number of the first file of an image sequence.'),
  },
  { additionalProperties: false, description: "Options of FFmpeg's own, for the rare input that needs one." },
);

export const SourceOptions = Type.Object({
  url: Type.String({
    ...pathOption({ urls: true }),
    minLength: 1,
    description:
      'File, any URL that FFmpeg can open (rtsp://…, http://…), or whep:http://… for WebRTC. onvif://HOST, or onvifs:// for ' +
      'https: a camera that is asked for the address of its stream. v4l2:/dev/video0: a camera of this machine. pipe:: standard ' +
      'input. shots/*.jpg or shot%05d.png: pictures one after the other.',
  }),
  view: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 2000,
      view: true,
      live: true,
      description:
        'Where browsers play the camera (WHEP, HLS, …), while the detector reads `url`. Told by GET /cameras, without logins and tokens.',
    }),
  ),
  username: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: 'Login of the camera, in place of one in the URL.' }),
  ),
  password: Type.Optional(Type.String({ maxLength: 200, description: 'Its password: any characters, as they are.' })),
  profile: Type.Union([Type.String({ minLength: 1, maxLength: 100 }), Type.Integer({ minimum: 1 })], {
    default: 640,
    description:
      'Of a camera by onvif://: token or name of its media profile, or a width in pixels: the smallest that is not narrower, else the widest.',
  }),
  stream_port: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 65_535,
      description: 'Of a camera by onvif://, behind a router: port of its stream; else the one that it names.',
    }),
  ),
  tls_verify: Type.Boolean({
    default: true,
    description:
      'onvifs:// and WHEP over https: check the certificate. Switch off for devices with a self-signed certificate.',
  }),
  token: Type.Optional(
    Type.String({ minLength: 1, maxLength: 4000, description: 'WHEP: bearer token, in place of a login.' }),
  ),
  stun: Type.Optional(
    Type.String({
      pattern: '^stun:',
      maxLength: 200,
      description: 'WHEP: server to ask for our address behind a router (stun:HOST:PORT). Without it none is asked.',
    }),
  ),
  transport: Type.Union([Type.Literal('tcp'), Type.Literal('udp'), Type.Literal('auto')], {
    default: 'tcp',
    description: 'Of RTSP. tcp: nothing is lost on the way. auto: tcp, or udp from a server that has nothing else.',
  }),
  onvif_times: Type.Boolean({
    default: false,
    description:
      'RTSP by TCP: read the time of capture that an ONVIF camera or recorder writes into its packets (header extension 0xABAC), and ' +
      'ask for it (Require: onvif-replay). It takes the place of the times of its sender reports.',
  }),
  format: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9_]+$',
      maxLength: 40,
      description: "FFmpeg's name of the input format, where it can't be seen from the input (h264, mpegts, …).",
    }),
  ),
  options: Type.Optional(FfmpegOptions),
  stream: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Number of the stream to play; without it, the best video stream.' }),
  ),
  pace: Type.Union([Type.Literal('realtime'), Type.Literal('asap')], {
    default: 'realtime',
    description:
      'realtime: files play at their own speed and late frames are dropped, as from a camera. asap: every frame, as fast as possible.',
  }),
  loop: Type.Boolean({ default: false, description: 'Play a file again when it ends.' }),
  start_s: Type.Number({ default: 0, minimum: 0, description: 'Where in a file to start, in seconds.' }),
  open_timeout_s: Type.Number({
    default: 10,
    exclusiveMinimum: 0,
    maximum: 120,
    description: 'Longest time that opening or a single read may take, in seconds.',
  }),
});

export type SourceOptions = Static<typeof SourceOptions>;
