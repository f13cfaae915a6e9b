/** The media profiles of the virtual camera: one lens, two picture sizes. */
import type { PictureSize } from '../../scene/scene.ts';
import type { Traits } from '../quirks.ts';
import { invalidArgument } from '../soap/fault.ts';
import { child, type XmlElement } from '../soap/read-xml.ts';

export interface Profile {
  readonly token: string;
  readonly name: string;
  readonly size: PictureSize;
  readonly hasPtz: boolean;
}

export const VIDEO_SOURCE = 'video_source';
export const PTZ_NODE = 'ptz_node';
export const PTZ_CONFIGURATION = 'ptz_configuration';
export const FPS = 25;

export function profilesOf(traits: Traits): readonly [Profile, ...Profile[]] {
  return [
    { token: 'profile_main', name: 'main', size: { width: 1280, height: 720 }, hasPtz: traits.firstProfileHasPtz },
    { token: 'profile_sub', name: 'sub', size: { width: 640, height: 360 }, hasPtz: true },
  ];
}

/** @throws SoapFault `NoProfile` */
export function findProfile(traits: Traits, token: string): Profile {
  const found = profilesOf(traits).find((profile) => profile.token === token);
  if (found) return found;
  throw invalidArgument('NoProfile', `The requested profile token does not exist: '${token.slice(0, 64)}'`);
}

/** The profile of a PTZ request. @throws SoapFault `NoProfile`, `NoPTZProfile` */
export function findPtzProfile(traits: Traits, body: XmlElement): Profile {
  const profile = findProfile(traits, child(body, 'tptz:ProfileToken')?.text ?? '');
  if (profile.hasPtz) return profile;
  throw invalidArgument('NoPTZProfile', `The profile '${profile.token}' has no PTZ configuration`);
}
