/** `bun run camera discover`: the ONVIF devices on the network, their streams, and a graph for one of them. */
import { CameraMedia, discoverDevices, type FoundDevice, type MediaProfile, realTime } from '../../ptz/index.ts';
import { SystemClock } from '../clock.ts';
import { errorMessage, WindhoverError } from '../errors.ts';
import { maskPasswords } from '../secrets.ts';
import { textTable } from '../text-table.ts';
import { onvifUrl, writeCameraGraph } from './camera-graph.ts';
import { numberOption, parseCommandLine, STOP_SIGNALS, type Surroundings } from './command.ts';

const USAGE = `bun run camera discover [HOST[:PORT]…] [--seconds 3] [--username NAME] [--password-env CAM_PASSWORD]
       [--profile 640] [--write graphs/NAME.yaml] [--force] [--tls-any]
HOST: asked by itself, also in other networks; without one, whoever is on the networks of this machine.
With a login, which is sent to every device that is found, their profiles are listed, too.`;
const OPTIONS = {
  seconds: { type: 'string', default: '3' },
  username: { type: 'string' },
  'password-env': { type: 'string', default: 'CAM_PASSWORD' },
  profile: { type: 'string', default: '640' },
  write: { type: 'string' },
  force: { type: 'boolean', default: false },
  'tls-any': { type: 'boolean', default: false },
} as const;
const REQUEST_MS = 3000;

/** What is known of a device. */
interface Known {
  readonly device: FoundDevice;
  /** Undefined: it was not asked. */
  readonly media: CameraMedia | undefined;
  readonly streams: readonly (readonly [profile: MediaProfile, url: string])[];
  readonly error: string | undefined;
}

/** @returns 1 when nothing was found */
export async function discoverCommand(args: string[], surroundings: Surroundings): Promise<number> {
  const { values, positionals: hosts } = parseCommandLine(args, OPTIONS, USAGE);
  const { stdout, stderr, env } = surroundings;
  const waitMs = 1000 * numberOption('seconds', values.seconds, { min: 0.5, max: 60 });
  const { username = '', write, force, profile } = values;
  const variable = values['password-env'];
  const password = username === '' ? '' : env[variable];
  if (password === undefined) {
    throw new WindhoverError('usage', `--username: the environment variable ${variable} for its password is not set`);
  }
  const interrupted = new AbortController();
  for (const signal of STOP_SIGNALS) process.once(signal, () => interrupted.abort());
  const { signal } = interrupted;
  const devices = await find(hosts, waitMs, signal);
  if (devices.length === 0) {
    stderr.write('windhover camera: no ONVIF device has answered. Those in other networks need their HOST\n');
    return 1;
  }
  const login = { username, password, tls_verify: !values['tls-any'] };
  const isAsked = username !== '' || write !== undefined;
  const known = await Promise.all(devices.map((device) => ask(device, isAsked ? login : null, signal)));
  stdout.write(listing(known));
  if (write === undefined) return 0;
  const [only, ...others] = known;
  if (!only || others.length > 0) {
    throw new WindhoverError('usage', '--write: a graph is for one camera', {
      got: `${known.length} devices`,
      hint: 'give its HOST',
    });
  }
  if (!only.media) throw new WindhoverError('camera_unknown', '--write: the camera has not told its streams');
  const camera = {
    ...{ url: only.device.url, name: only.device.name, username, variable, tlsVerify: login.tls_verify },
    ...{ profile: only.media.profile(profile).token, hasPtz: only.media.hasPtz },
  };
  return await writeCameraGraph(write, camera, { force, surroundings });
}

/** A host that does not answer probes may be a camera all the same. */
async function find(hosts: readonly string[], waitMs: number, signal: AbortSignal): Promise<FoundDevice[]> {
  if (hosts.length === 0) return await discoverDevices({ hosts, waitMs, signal });
  const found = hosts.map(async (host) => {
    const hasPort = /:\d+$|\/|^\[.*\]$/.test(host);
    const answers = hasPort ? [] : await discoverDevices({ hosts: [host], waitMs, signal });
    const [scheme, rest] = /^https?:\/\//.test(host) ? ['', host] : ['http://', host];
    return answers.length > 0 ? answers : [{ url: `${scheme}${rest}`, name: '', hardware: '', location: '' }];
  });
  return (await Promise.all(found)).flat();
}

interface Login {
  readonly username: string;
  readonly password: string;
  readonly tls_verify: boolean;
}

async function ask(device: FoundDevice, login: Login | null, signal: AbortSignal): Promise<Known> {
  if (login === null) return { device, media: undefined, streams: [], error: undefined };
  try {
    const options = { time: realTime(new SystemClock()), signal };
    const media = await CameraMedia.ask({ url: device.url, ...login, request_ms: REQUEST_MS }, options);
    const streams: (readonly [MediaProfile, string])[] = [];
    for (const profile of media.profiles) {
      const urls = await media.streamUrls(profile, undefined, signal).catch((error: unknown) => [errorMessage(error)]);
      // Some cameras write a login into its parameters.
      streams.push([profile, maskPasswords(urls[0] ?? '')]);
    }
    return { device, media, streams, error: undefined };
  } catch (error) {
    return { device, media: undefined, streams: [], error: errorMessage(error) };
  }
}

function listing(known: readonly Known[]): string {
  const devices = known.map(({ device }) => [onvifUrl(device.url), device.name, device.hardware, device.location]);
  const details = known.map(({ streams, error, media }) => [
    ...streams.map(([{ token, name, widthPx, heightPx, encoding, ptz }, url]) => {
      const size = widthPx === null ? '' : `${widthPx}×${heightPx}`;
      return ['', token, name, `${size} ${encoding}${ptz ? ', PTZ' : ''}`, url];
    }),
    ...[...(media?.notes ?? []), ...(error === undefined ? [] : [error])].map((text) => ['', text]),
  ]);
  // Each device with its streams below it.
  const heads = textTable(devices).trimEnd().split('\n');
  return heads.map((head, i) => `${head}\n${details[i]?.length ? textTable(details[i]) : ''}`).join('');
}
