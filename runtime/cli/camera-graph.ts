/** A graph for an ONVIF camera, written to a file. */
import { existsSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { errorMessage, WindhoverError } from '../errors.ts';
import { checkGraph } from '../graph/load.ts';
import { loadOptions, printFaults, type Surroundings } from './command.ts';

export interface CameraFacts {
  /** Of its device service. */
  readonly url: string;
  readonly name: string;
  /** Empty: it wants no login. */
  readonly username: string;
  /** Environment variable with the password. */
  readonly variable: string;
  readonly tlsVerify: boolean;
  /** Token of the media profile. */
  readonly profile: string;
  readonly hasPtz: boolean;
}

const DEVICE_PATH = '/onvif/device_service';

/** The address of a device service as `source` takes it. */
export function onvifUrl(text: string): string {
  const url = new URL(text);
  const path = url.pathname === DEVICE_PATH || url.pathname === '/' ? '' : url.pathname;
  return `${url.protocol.replace('http', 'onvif')}//${url.host}${path}`;
}

/** Writes it when it has no faults. @returns the exit code @throws WindhoverError `file_exists`, `write_failed` */
export async function writeCameraGraph(
  file: string,
  facts: CameraFacts,
  { force, surroundings }: { readonly force: boolean; readonly surroundings: Surroundings },
): Promise<number> {
  const path = resolve(surroundings.cwd, file);
  const text = graphText(file, facts);
  const { faults } = await checkGraph(text, path, loadOptions(surroundings));
  if (printFaults(faults, surroundings)) return 1;
  if (!force && existsSync(path)) {
    throw new WindhoverError('file_exists', `${file} exists`, {
      hint: 'choose another name, or replace it with --force',
    });
  }
  try {
    writeFileSync(path, text, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    throw new WindhoverError('write_failed', `${file} cannot be written`, { got: errorMessage(cause), cause });
  }
  surroundings.stdout.write(`written ${file}\n`);
  return 0;
}

function graphText(file: string, { url, name, username, variable, tlsVerify, profile, hasPtz }: CameraFacts): string {
  const camera =
    basename(file)
      .replace(/\.[^.]*$/, '')
      .replace(/[^\w-]+/g, '-') || 'camera';
  const quoted = (value: string) => JSON.stringify(value.replaceAll('${', () => '$${'));
  const login = username === '' ? '' : `, username: ${quoted(username)}, password: "\${${variable}}"`;
  const options = `${login}${tlsVerify ? '' : ', tls_verify: false'}`;
  const run = `${username === '' ? '' : `${variable}=… `}bun run graph ${file}`;
  const about = `# ${name.replace(/\p{Cc}+/gu, ' ') || 'A camera'}, found by \`bun run camera discover\`.\n#   ${run}`;
  const mover = `  autotrack:
    use: autotrack
    from: track
    with:
      driver: onvif
      onvif: { url: ${quoted(url)}${options} }
`;
  return `${about}
version: 1
camera: ${camera}
nodes:
  source:
    use: source
    with: { url: ${quoted(onvifUrl(url))}${options}, profile: ${quoted(profile)} }
  decode:    { use: decode, from: source, with: { fps: 15 } }
  detect:    { use: detect, from: decode, with: { model: default } }
  track:     { use: track, from: detect }
${hasPtz ? mover : ''}  publish:   { use: publish, from: ${hasPtz ? '[track, autotrack]' : 'track'}, with: { hz: 10 } }
`;
}
