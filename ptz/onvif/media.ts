/** Media profiles and where their streams are, by the Media service (ver10) or Media2 (ver20), whichever the camera has. */
import { errorCode, WindhoverError } from '../../runtime/node.ts';
import { refusedError } from './soap-answer.ts';
import { type MEDIA_NS, MEDIA2_NS, type SoapClient } from './soap-client.ts';
import { all, at, escapeXml, numberOf, tokenOf, type XmlElement } from './xml.ts';

export interface MediaService {
  readonly url: URL;
  readonly namespace: typeof MEDIA_NS | typeof MEDIA2_NS;
}

export interface MediaProfile {
  readonly token: string;
  readonly name: string;
  /** `H264`, `H265`, `JPEG`; empty when it says none. */
  readonly encoding: string;
  /** Of its video; null: it has none, or does not say. */
  readonly widthPx: number | null;
  readonly heightPx: number | null;
  /** Its PTZ configuration. */
  readonly ptz: XmlElement | undefined;
  /** The service that tells of it. */
  readonly service: MediaService;
}

/**
 * The profiles, each once.
 * @param wanted `all`: those of every service, since newer codecs are often in Media2 alone; `first`: those of the first that has some
 * @throws WindhoverError when no service answers
 */
export async function readProfiles(
  client: SoapClient,
  services: readonly MediaService[],
  wanted: 'all' | 'first',
  signal?: AbortSignal,
): Promise<MediaProfile[]> {
  const profiles = new Map<string, MediaProfile>();
  let refused: WindhoverError | undefined;
  for (const service of services) {
    if (wanted === 'first' && profiles.size > 0) break;
    const { url, namespace } = service;
    const inside = namespace === MEDIA2_NS ? '<Type>All</Type>' : '';
    const call = { url, namespace, operation: 'GetProfiles', inside, signal };
    // What comes on top may be missing.
    const answer = await (profiles.size > 0 ? client.askAnyway(call) : client.ask(call));
    if (answer.refusal !== null) refused = refusedError('GetProfiles', answer.refusal);
    else {
      for (const element of all(answer.body, 'Profiles')) {
        const profile = readProfile(element, service);
        const known = profiles.get(profile.token);
        if (known === undefined) profiles.set(profile.token, profile);
        else if (known.widthPx === null) profiles.set(profile.token, { ...profile, ptz: known.ptz ?? profile.ptz });
      }
    }
  }
  if (profiles.size === 0 && refused) throw refused;
  return [...profiles.values()];
}

function readProfile(profile: XmlElement, service: MediaService): MediaProfile {
  const encoder = all(profile, 'VideoEncoderConfiguration')[0] ?? at(profile, 'Configurations', 'VideoEncoder');
  const pixels = (side: string) => numberOf(at(encoder, 'Resolution', side)?.text);
  return {
    token: tokenOf(profile) ?? '',
    name: at(profile, 'Name')?.text ?? '',
    encoding: at(encoder, 'Encoding')?.text ?? '',
    widthPx: pixels('Width'),
    heightPx: pixels('Height'),
    // In Media: in the profile, or in its Extension.
    ptz: all(profile, 'PTZConfiguration')[0] ?? at(profile, 'Configurations', 'PTZ'),
    service,
  };
}

/** Where the stream is, as the camera says it. @throws WindhoverError `ptz_refused` and those of the connection */
export async function askStreamUri(client: SoapClient, profile: MediaProfile, signal?: AbortSignal): Promise<string> {
  const { token, service } = profile;
  const { url, namespace } = service;
  const ask = async (inside: string) => {
    const body = await client.call({ url, namespace, operation: 'GetStreamUri', inside, signal });
    const [uri] = all(body, 'Uri');
    if (uri && uri.text !== '') return uri.text;
    throw new WindhoverError('ptz_refused', 'the camera names no stream', { got: `an empty address of ${token}` });
  };
  const named = `<ProfileToken>${escapeXml(token)}</ProfileToken>`;
  if (namespace !== MEDIA2_NS) {
    const schema = 'xmlns="http://www.onvif.org/ver10/schema"';
    const transport = `<Transport ${schema}><Protocol>RTSP</Protocol></Transport>`;
    return await ask(`<StreamSetup><Stream ${schema}>RTP-Unicast</Stream>${transport}</StreamSetup>${named}`);
  }
  try {
    return await ask(`<Protocol>RTSP</Protocol>${named}`);
  } catch (error) {
    // Both are at the same address; some know only the name of one.
    if (errorCode(error) !== 'ptz_refused') throw error;
    return await ask(`<Protocol>RtspUnicast</Protocol>${named}`);
  }
}

/**
 * The profile by token, by name, or by the width that is wanted: the smallest that is not narrower, else the widest.
 * @throws WindhoverError `ptz_profile`
 */
export function pickProfile(profiles: readonly MediaProfile[], wanted: string | number): MediaProfile {
  const named = profiles.find(({ token }) => token === wanted) ?? profiles.find(({ name }) => name === wanted);
  if (named) return named;
  // A number out of the environment is a text.
  const width = /^\d+$/.test(String(wanted)) ? Number(wanted) : Number.NaN;
  const byWidth = profiles
    .filter(({ widthPx }) => widthPx !== null)
    .sort((a, b) => (a.widthPx ?? 0) - (b.widthPx ?? 0));
  const fitting = byWidth.find(({ widthPx }) => (widthPx ?? 0) >= width) ?? byWidth.at(-1) ?? profiles[0];
  if (fitting && !Number.isNaN(width)) return fitting;
  const told = profiles.map(({ token, name, widthPx, heightPx }) => `${token} (${name}, ${widthPx}×${heightPx})`);
  throw new WindhoverError('ptz_profile', 'there is no such profile with video', {
    expected: told.join(', ').slice(0, 2000) || 'none: the camera has no profiles',
    got: String(wanted),
  });
}
