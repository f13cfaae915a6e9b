/**
 * The media service (ONVIF Media Service Specification, ver10): profiles and where the pictures are. There is no RTSP
 * server: the stream is JPEGs over HTTP, for programs on this machine.
 */
import type { PictureSize } from '../../scene/scene.ts';
import type { CameraParts } from '../parts.ts';
import { invalidArgument } from '../soap/fault.ts';
import { child, type XmlElement } from '../soap/read-xml.ts';
import { el, leaves, type Xml } from '../soap/write-xml.ts';
import { login, open, type Service } from './operation.ts';
import { FPS, findProfile, type Profile, profilesOf, VIDEO_SOURCE } from './profiles.ts';
import { ptzConfiguration } from './ptz-service.ts';

export const SNAPSHOT_PATH = '/snapshot.jpg';
export const STREAM_PATH = '/debug/video';

export function mediaService({ traits }: CameraParts): Service {
  const profiles = profilesOf(traits);
  const [main] = profiles;
  const asked = (body: XmlElement) => findProfile(traits, child(body, 'trt:ProfileToken')?.text ?? '');
  const describe = (name: 'trt:Profiles' | 'trt:Profile', profile: Profile) =>
    el(
      name,
      { token: profile.token, fixed: true },
      el('tt:Name', profile.name),
      sourceConfiguration('tt:VideoSourceConfiguration', main.size, profiles.length),
      encoderConfiguration('tt:VideoEncoderConfiguration', profile),
      profile.hasPtz ? ptzConfiguration('tt:PTZConfiguration', traits) : null,
    );
  return {
    GetServiceCapabilities: open(mediaCapabilities),
    GetProfiles: login(() => profiles.map((profile) => describe('trt:Profiles', profile))),
    GetProfile: login((body) => describe('trt:Profile', asked(body))),
    GetVideoSources: login(() => videoSource(main.size)),
    GetVideoSourceConfigurations: login(() => sourceConfiguration('trt:Configurations', main.size, profiles.length)),
    GetVideoEncoderConfigurations: login(() =>
      profiles.map((profile) => encoderConfiguration('trt:Configurations', profile)),
    ),
    GetVideoEncoderConfiguration: login((body) => encoderConfiguration('trt:Configuration', encoder(body, profiles))),
    GetStreamUri: login((body, origin) => mediaUri(`${origin}${STREAM_PATH}?profile=${asked(body).token}`)),
    GetSnapshotUri: login((body, origin) => mediaUri(`${origin}${SNAPSHOT_PATH}?profile=${asked(body).token}`)),
  };
}

export function mediaCapabilities(): Xml {
  return el(
    'trt:Capabilities',
    { SnapshotUri: true, Rotation: false },
    el('trt:ProfileCapabilities', { MaximumNumberOfProfiles: 2 }),
    el('trt:StreamingCapabilities', { RTPMulticast: false, RTP_TCP: false, RTP_RTSP_TCP: false }),
  );
}

function encoder(body: XmlElement, profiles: readonly Profile[]): Profile {
  const token = child(body, 'trt:ConfigurationToken')?.text ?? '';
  const found = profiles.find((profile) => encoderToken(profile) === token);
  if (found) return found;
  throw invalidArgument('NoConfig', 'The requested configuration does not exist');
}

function videoSource({ width, height }: PictureSize): Xml {
  return el(
    'trt:VideoSources',
    { token: VIDEO_SOURCE },
    el('tt:Framerate', FPS),
    el('tt:Resolution', leaves('tt', { Width: width, Height: height })),
  );
}

function sourceConfiguration(
  name: 'tt:VideoSourceConfiguration' | 'trt:Configurations',
  { width, height }: PictureSize,
  useCount: number,
): Xml {
  return el(
    name,
    { token: 'video_source_configuration' },
    leaves('tt', { Name: 'video source', UseCount: useCount, SourceToken: VIDEO_SOURCE }),
    el('tt:Bounds', { x: 0, y: 0, width, height }),
  );
}

function encoderConfiguration(
  name: 'tt:VideoEncoderConfiguration' | 'trt:Configurations' | 'trt:Configuration',
  profile: Profile,
): Xml {
  return el(
    name,
    { token: encoderToken(profile) },
    leaves('tt', { Name: profile.name, UseCount: 1, Encoding: 'H264' }),
    el('tt:Resolution', leaves('tt', { Width: profile.size.width, Height: profile.size.height })),
    el('tt:Quality', 5),
    el('tt:RateControl', leaves('tt', { FrameRateLimit: FPS, EncodingInterval: 1, BitrateLimit: 4096 })),
    el('tt:H264', leaves('tt', { GovLength: FPS * 2, H264Profile: 'Main' })),
    el(
      'tt:Multicast',
      el('tt:Address', leaves('tt', { Type: 'IPv4', IPv4Address: '0.0.0.0' })),
      leaves('tt', { Port: 0, TTL: 0, AutoStart: false }),
    ),
    el('tt:SessionTimeout', 'PT60S'),
  );
}

function encoderToken({ name }: Profile): string {
  return `encoder_${name}`;
}

function mediaUri(uri: string): Xml {
  const lasts = { InvalidAfterConnect: false, InvalidAfterReboot: false, Timeout: 'PT0S' };
  return el('trt:MediaUri', leaves('tt', { Uri: uri, ...lasts }));
}
