/**
 * The media service (ONVIF Media Service Specification, ver10): profiles and where the pictures are. There is no RTSP
 * server: the stream is JPEGs over HTTP, for programs on this machine.
 */
import type { PictureSize } from '../../scene/scene.ts';
import type { Traits } from '../quirks.ts';
import { invalidArgument } from '../soap/fault.ts';
import { child, type XmlElement } from '../soap/read-xml.ts';
import { el, type Xml } from '../soap/write-xml.ts';
import { login, type Operation, open, type Service } from './operation.ts';
import { FPS, findProfile, type Profile, profilesOf, VIDEO_SOURCE } from './profiles.ts';

export interface MediaFacts {
  readonly traits: Traits;
  /** The PTZ configuration of a profile that has one. */
  readonly ptzConfiguration: Xml;
}

export const SNAPSHOT_PATH = '/snapshot.jpg';
export const STREAM_PATH = '/debug/video';

export function mediaService({ traits, ptzConfiguration }: MediaFacts): Service {
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
      profile.hasPtz ? ptzConfiguration : null,
    );
  return new Map<string, Operation>([
    ['GetServiceCapabilities', open(() => el('trt:GetServiceCapabilitiesResponse', mediaCapabilities()))],
    [
      'GetProfiles',
      login(() =>
        el(
          'trt:GetProfilesResponse',
          profiles.map((profile) => describe('trt:Profiles', profile)),
        ),
      ),
    ],
    ['GetProfile', login((body) => el('trt:GetProfileResponse', describe('trt:Profile', asked(body))))],
    ['GetVideoSources', login(() => el('trt:GetVideoSourcesResponse', videoSource(main.size)))],
    [
      'GetVideoSourceConfigurations',
      login(() =>
        el(
          'trt:GetVideoSourceConfigurationsResponse',
          sourceConfiguration('trt:Configurations', main.size, profiles.length),
        ),
      ),
    ],
    [
      'GetVideoEncoderConfigurations',
      login(() =>
        el(
          'trt:GetVideoEncoderConfigurationsResponse',
          profiles.map((profile) => encoderConfiguration('trt:Configurations', profile)),
        ),
      ),
    ],
    ['GetVideoEncoderConfiguration', login((body) => encoder(body, profiles))],
    [
      'GetStreamUri',
      login((body, origin) => {
        const { token } = asked(body);
        return el('trt:GetStreamUriResponse', mediaUri(`${origin}${STREAM_PATH}?profile=${token}`));
      }),
    ],
    [
      'GetSnapshotUri',
      login((body, origin) => {
        const { token } = asked(body);
        return el('trt:GetSnapshotUriResponse', mediaUri(`${origin}${SNAPSHOT_PATH}?profile=${token}`));
      }),
    ],
  ]);
}

export function mediaCapabilities(): Xml {
  return el(
    'trt:Capabilities',
    { SnapshotUri: true, Rotation: false },
    el('trt:ProfileCapabilities', { MaximumNumberOfProfiles: 2 }),
    el('trt:StreamingCapabilities', { RTPMulticast: false, RTP_TCP: false, RTP_RTSP_TCP: false }),
  );
}

function encoder(body: XmlElement, profiles: readonly Profile[]): Xml {
  const token = child(body, 'trt:ConfigurationToken')?.text ?? '';
  const found = profiles.find((profile) => encoderToken(profile) === token);
  if (!found) throw invalidArgument('NoConfig', 'The requested configuration does not exist');
  return el('trt:GetVideoEncoderConfigurationResponse', encoderConfiguration('trt:Configuration', found));
}

function videoSource({ width, height }: PictureSize): Xml {
  return el(
    'trt:VideoSources',
    { token: VIDEO_SOURCE },
    el('tt:Framerate', FPS),
    el('tt:Resolution', el('tt:Width', width), el('tt:Height', height)),
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
    el('tt:Name', 'video source'),
    el('tt:UseCount', useCount),
    el('tt:SourceToken', VIDEO_SOURCE),
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
    el('tt:Name', profile.name),
    el('tt:UseCount', 1),
    el('tt:Encoding', 'H264'),
    el('tt:Resolution', el('tt:Width', profile.size.width), el('tt:Height', profile.size.height)),
    el('tt:Quality', 5),
    el('tt:RateControl', el('tt:FrameRateLimit', FPS), el('tt:EncodingInterval', 1), el('tt:BitrateLimit', 4096)),
    el('tt:H264', el('tt:GovLength', FPS * 2), el('tt:H264Profile', 'Main')),
    el(
      'tt:Multicast',
      el('tt:Address', el('tt:Type', 'IPv4'), el('tt:IPv4Address', '0.0.0.0')),
      el('tt:Port', 0),
      el('tt:TTL', 0),
      el('tt:AutoStart', false),
    ),
    el('tt:SessionTimeout', 'PT60S'),
  );
}

function encoderToken({ name }: Profile): string {
  return `encoder_${name}`;
}

function mediaUri(uri: string): Xml {
  return el(
    'trt:MediaUri',
    el('tt:Uri', uri),
    el('tt:InvalidAfterConnect', false),
    el('tt:InvalidAfterReboot', false),
    el('tt:Timeout', 'PT0S'),
  );
}
