/** From an address to a PTZ profile and its spaces (ONVIF Media Service; PTZ Service). */
import { WindhoverError } from '../../runtime/node.ts';
import type { Account } from '../network/account.ts';
import type { CameraAddress } from '../network/options.ts';
import type { DriverTime } from '../time.ts';
import { learnClock } from './camera-clock.ts';
import { type MediaProfile, readProfiles } from './media.ts';
import type { OnvifOptions } from './options.ts';
import { deviceUrl, findServices } from './services.ts';
import { PTZ_NS, SoapClient } from './soap-client.ts';
import { defaultSpaces, isSteerable, readSpaces, type Spaces, UNNAMED } from './spaces.ts';
import { all, at, escapeXml, tokenOf, type XmlElement } from './xml.ts';

export interface Connection {
  readonly ptzUrl: URL;
  readonly profile: string;
  readonly spaces: Spaces;
  /** What was odd, in plain words. */
  readonly notes: readonly string[];
}

/** A client that learns the camera's clock anew when that is needed. @throws WindhoverError `ptz_url` */
export function soapClient(address: CameraAddress, time: DriverTime, account?: Account): SoapClient {
  const { username, password, request_ms: requestMs, tls_verify: tlsVerify } = address;
  const device = deviceUrl(address);
  const credentials = username === '' ? null : { username, password };
  const relearnClock = async () => {
    const before = client.clockOffsetMs;
    await learnClock(client, device, time);
    return client.clockOffsetMs - before;
  };
  const client: SoapClient = new SoapClient({ credentials, requestMs, tlsVerify, time, account, relearnClock });
  return client;
}

export async function connect(
  client: SoapClient,
  options: OnvifOptions,
  time: DriverTime,
  signal?: AbortSignal,
): Promise<Connection> {
  const device = deviceUrl(options);
  const notes: string[] = [];
  await learnClock(client, device, time, signal);
  const offsetMs = client.clockOffsetMs;
  const { media, ptz: ptzUrl, listed } = await findServices(client, device, notes, signal);
  if (media.length === 0 || ptzUrl === undefined) {
    throw new WindhoverError('ptz_unsupported', 'the camera has no PTZ', {
      expected: 'the ONVIF services Media (ver10) or Media2 (ver20), and PTZ (ver20)',
      got: listed,
    });
  }
  const profiles = await readProfiles(client, media, 'first', signal);
  const { token, configuration } = chooseProfile(profiles, options.profile, notes);
  if (client.method !== null) notes.push(...loginNotes(client, offsetMs));
  const spaces = await findSpaces(client, ptzUrl, configuration, notes, signal);
  return { ptzUrl, profile: token, spaces, notes };
}

/** By what the camera says of the configuration, else of the head itself, else by what it has as defaults. */
async function findSpaces(
  client: SoapClient,
  url: URL,
  configuration: XmlElement,
  notes: string[],
  signal?: AbortSignal,
): Promise<Spaces> {
  const ask = async (operation: string, inside = '') => {
    const answer = await client.askAnyway({ url, namespace: PTZ_NS, operation, inside, signal });
    if (answer.refusal !== null) notes.push(`no answer to ${operation}: ${answer.refusal.reason}`);
    return answer.refusal === null ? answer.body : undefined;
  };
  const token = tokenOf(configuration);
  const inside = `<ConfigurationToken>${escapeXml(token ?? '')}</ConfigurationToken>`;
  const options = token === null ? undefined : await ask('GetConfigurationOptions', inside);
  const ofOptions = options && readSpaces(options, configuration);
  if (ofOptions && isSteerable(ofOptions)) return ofOptions;
  const nodes = all(await ask('GetNodes'), 'PTZNode');
  const named = at(configuration, 'NodeToken')?.text;
  const node = nodes.find((each) => tokenOf(each) === named) ?? nodes[0];
  const ofNode = node && readSpaces(node, configuration);
  const spaces = ofNode && isSteerable(ofNode) ? ofNode : defaultSpaces(configuration);
  const source = spaces === ofNode ? 'PTZ node' : "profile's defaults";
  notes.push(`GetConfigurationOptions lists no way to turn: that of the ${source} is used`);
  if (isSteerable(spaces)) return spaces;
  // Every camera with PTZ is to have the generic velocities; whether it has, a move tells.
  notes.push('nor do these list one: velocities without a named space are tried');
  return { ...spaces, velocity: UNNAMED };
}

function loginNotes({ method, refusedMethods }: SoapClient, offsetMs: number): string[] {
  const offsetS = Math.round(offsetMs / 1000);
  const isOff = Math.abs(offsetS) > 60;
  const notes = isOff ? [`the clock of the camera differs by ${offsetS} s`] : [];
  if (refusedMethods.has('token')) {
    const which = isOff ? 'by the time that it reports (is local time reported as UTC?)' : 'by WS-UsernameToken';
    notes.push(`the camera refused a login ${which}`);
  }
  if (method === 'digest') notes.push('login by HTTP digest');
  if (method === 'token-own-clock') notes.push('login by WS-UsernameToken with the time of this machine');
  return notes;
}

function chooseProfile(
  profiles: readonly MediaProfile[],
  wanted: string | undefined,
  notes: string[],
): { readonly token: string; readonly configuration: XmlElement } {
  const told = profiles.map(({ token, name, ptz }) => `${token} (${name}${ptz ? '' : ', no PTZ'})`);
  const found =
    wanted === undefined
      ? profiles.find(({ ptz }) => ptz !== undefined)
      : profiles.find(({ token, name }) => token === wanted || name === wanted);
  if (!found?.ptz) {
    throw new WindhoverError('ptz_profile', 'there is no such profile with PTZ', {
      expected: `one of ${told.join(', ').slice(0, 2000) || 'none: the camera has no profiles'}`,
      got: wanted ?? 'none with PTZ',
    });
  }
  const skipped = wanted === undefined ? profiles.indexOf(found) : 0;
  if (skipped > 0) notes.push(`profile ${found.token} is used: ${skipped} before it have no PTZ`);
  return { token: found.token, configuration: found.ptz };
}
