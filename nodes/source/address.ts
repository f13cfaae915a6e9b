/** What to open, and how: from the options of the node to FFmpeg's. No native code: the check of a graph uses it, too. */
import { fileURLToPath } from 'node:url';
import { maskPasswords, percentDecoded, WindhoverError } from '../../runtime/node.ts';
import { localInput, STANDARD_INPUT } from './local.ts';
import type { SourceOptions } from './options.ts';

export interface Address {
  /** Path of a file, or a URL with the login in it. */
  readonly url: string;
  /** The same for people to see. */
  readonly name: string;
  /** `web`: HTTP, where a film or a camera may be. `live`: nothing but live streams. `whep`: those over WebRTC. `pipe`: live, until it ends. */
  readonly kind: 'file' | 'web' | 'live' | 'whep' | 'pipe';
  readonly format: string | undefined;
  /** FFmpeg is connected to a relay that reads ONVIF's times of capture: rtsp-relay/. */
  readonly isRelayed: boolean;
  /** Of FFmpeg. */
  readonly options: Readonly<Record<string, string>>;
}

const RTSP = /^rtsps?:/i;
/** WebRTC. */
const WHEP = /^(whep|webrtc)s?:/i;
/** Before an address of its own. */
const WHEP_OF = /^(whep|webrtc)s?:(?!\/\/)/i;

/** @throws WindhoverError `source_address` */
export function addressOf(params: SourceOptions): Address {
  const { url, format, options = {} } = params;
  const local = localInput(params);
  const kind = local?.kind ?? kindOf(url);
  if (local?.url === STANDARD_INPUT) refuseReplay(params);
  if (kind !== 'file') refuseRawPassword(url.replace(WHEP_OF, ''));
  const plain = kind === 'whep' ? { ...params, url: webAddress(url) } : params;
  const texts = Object.entries(options).map(([name, value]) => [name, String(value)] as const);
  return {
    url: local?.url ?? (url.startsWith('file://') ? fileURLToPath(url) : withLogin(plain)),
    name: local?.url === STANDARD_INPUT ? 'standard input' : maskPasswords(url),
    kind,
    format: format ?? local?.format,
    isRelayed: params.onvif_times && RTSP.test(url),
    options: { ...local?.options, ...transportOptions(params), ...Object.fromEntries(texts) },
  };
}

/**
 * The ONVIF device that is to be asked where its stream is; undefined: the URL is the stream's own.
 * @throws WindhoverError `source_address`
 */
export function deviceOf(params: SourceOptions) {
  const [, secure] = /^onvif(s?):/i.exec(params.url) ?? [];
  if (secure === undefined) return undefined;
  const { rest = '' } = splitUrl(params.url) ?? {};
  const { host, username, password } = accountOf(params);
  const address = `http${secure}://${host}${rest}`;
  if (host === '' || !URL.canParse(address)) {
    const hint = 'onvif://HOST or onvif://HOST:PORT';
    throw addressError('the address of the camera is not valid', { option: 'url', hint });
  }
  return { url: address, username, password, tls_verify: params.tls_verify };
}

/** The account that it logs in with, as far as it has one. */
export function accountOf(params: SourceOptions): { host: string; username: string; password: string } {
  const url = WHEP.test(params.url) ? webAddress(params.url) : params.url;
  const { login = '', host = '' } = splitUrl(url) ?? {};
  const [ownName, ownPassword] = splitLogin(login);
  return { host, username: params.username ?? ownName, password: params.password ?? ownPassword };
}

/** @throws WindhoverError `source_address`: it is nothing that a browser plays, or a password in it cannot be found */
export function checkView({ view }: SourceOptions): void {
  if (view === undefined) return;
  refuseRawPassword(view, 'view');
  const hint = 'an address such as http://HOST:8889/PATH/whep';
  if (!/^(https?|wss?|rtsps?):\/\//i.test(view) || !URL.canParse(view)) {
    throw addressError('the view is no address for a browser', { option: 'view', hint, got: maskPasswords(view) });
  }
}

/** @throws WindhoverError `source_address`: the times that ONVIF writes into packets cannot be read from that */
export function checkTimes({ url, transport, onvif_times }: SourceOptions): void {
  if (!onvif_times) return;
  const option = 'onvif_times';
  if (!RTSP.test(url) && !/^onvifs?:/i.test(url)) {
    const expected = 'rtsp://, rtsps:// or onvif://';
    throw addressError('ONVIF times are of RTSP alone', { option, expected, got: maskPasswords(url) });
  }
  if (transport !== 'udp') return;
  const hint = 'leave transport out, or onvif_times';
  throw addressError('ONVIF times are read over TCP alone', { option, expected: 'transport: tcp', got: 'udp', hint });
}

/** A URL without its login, and that login as it was meant. */
export function takeLogin(url: string): {
  readonly url: string;
  readonly login: readonly [string, string] | undefined;
} {
  const { scheme = '', login, host = '', rest = '' } = splitUrl(url) ?? {};
  return { url: `${scheme}${host}${rest}`, login: login === undefined ? undefined : splitLogin(login) };
}

function kindOf(url: string): Address['kind'] {
  if (url.startsWith('file://') || !/^[a-z][a-z0-9+.-]+:/i.test(url)) return 'file';
  if (WHEP.test(url)) return 'whep';
  return /^https?:/i.test(url) ? 'web' : 'live';
}

function refuseReplay({ loop, start_s }: SourceOptions): void {
  if (!loop && !(start_s > 0)) return;
  throw addressError('standard input can be read only once, from its beginning', { option: loop ? 'loop' : 'start_s' });
}

/** `whep:http://…` and `whep://…`: where the offer goes. */
function webAddress(url: string): string {
  const rest = url.replace(WHEP, '');
  const web = rest.startsWith('//') ? `${/^\w+s:/i.test(url) ? 'https' : 'http'}:${rest}` : rest;
  refuseRawPassword(web);
  if (/^https?:\/\/[^/]/i.test(web) && URL.canParse(takeLogin(web).url)) return web;
  const hint = 'write whep:http://HOST:8889/PATH/whep';
  throw addressError('the address is not valid', { option: 'url', got: maskPasswords(url), hint });
}

function transportOptions({ url, transport, onvif_times }: SourceOptions): Record<string, string> {
  // Else FFmpeg asks servers to close the connection, and then reads on from it where a film is sought; and it begins HLS
  // three segments back, which is that much older.
  if (/^https?:/i.test(url)) return { multiple_requests: '1', live_start_index: '-1' };
  if (!RTSP.test(url)) return {};
  if (onvif_times) return { rtsp_transport: 'tcp' };
  // Without a transport FFmpeg goes through all of them, here beginning with TCP.
  return transport === 'auto' ? { rtsp_flags: 'prefer_tcp' } : { rtsp_transport: transport };
}

function withLogin({ url, username, password }: SourceOptions): string {
  const isGiven = username !== undefined || password !== undefined;
  const parts = splitUrl(url);
  if (!parts) {
    if (isGiven) throw addressError('a login needs a URL', { option: 'username', got: maskPasswords(url) });
    return url;
  }
  const { scheme, login: own, host, rest } = parts;
  if (own !== undefined && isGiven) {
    throw addressError('there are two logins', {
      option: 'url',
      hint: 'write it in the URL, or as username and password',
    });
  }
  if (own === undefined && !isGiven) return url;
  const isLong = own !== undefined && own.length > MOST_LOGIN_BYTES;
  const login =
    own === undefined || isLong ? joinLogin(own === undefined ? [username, password] : splitLogin(own)) : own;
  if (RTSP.test(scheme) && Buffer.byteLength(login) > MOST_LOGIN_BYTES) {
    throw addressError('the login is too long for RTSP', {
      option: own === undefined ? 'password' : 'url',
      hint: `user and password may have ${MOST_LOGIN_BYTES - 1} bytes together, of which % / ? # count as three`,
    });
  }
  return `${scheme}${login}@${host}${rest}`;
}

/** FFmpeg cuts a longer one off and logs in with what is left of it. */
const MOST_LOGIN_BYTES = 127;

/** Encoded is only what would end the login: it must not become too long. */
function joinLogin([username = '', password = '']: readonly (string | undefined)[]): string {
  const encoded = (text: string, ends: RegExp) => text.replace(ends, (each) => encodeURIComponent(each));
  return `${encoded(username, /[%/?#:]/g)}:${encoded(password, /[%/?#]/g)}`;
}

function splitLogin(login: string): [username: string, password: string] {
  const [, username = '', password = ''] = /^([^:]*):?(.*)$/s.exec(login) ?? [];
  return [percentDecoded(username), percentDecoded(password)];
}

/** The login lasts until the last `@` of the host part. */
function splitUrl(url: string) {
  const parts = /^([a-z][a-z0-9+.-]*:\/\/)(?:([^/?#]*)@)?([^/?#]*)(.*)$/is.exec(url);
  if (!parts) return undefined;
  const [, scheme = '', login, host = '', rest = ''] = parts;
  return { scheme, login, host, rest };
}

/** A raw `/`, `?` or `#` ends the host part of a URL, and the rest of the password is taken for a path. */
function refuseRawPassword(url: string, option = 'url'): void {
  const [, host = '', mark = '', rest = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)([/?#]?)(.*)$/is.exec(url) ?? [];
  const isCutLogin = !host.includes('@') && rest.includes('@') && /:(?!\d*$)[^\]]*$/.test(host);
  if (!isCutLogin) return;
  throw addressError(`the password in the URL holds a raw ${mark}`, {
    option,
    hint: `write ${encodeURIComponent(mark)} for it, or use the options username and password`,
  });
}

function addressError(
  what: string,
  details: { option: string; hint?: string; got?: string; expected?: string },
): WindhoverError {
  return new WindhoverError('source_address', what, details);
}
