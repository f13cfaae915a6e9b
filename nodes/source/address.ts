/** What to open, and how: from the options of the node to FFmpeg's. No native code: the check of a graph uses it, too. */
import { fileURLToPath } from 'node:url';
import { maskPasswords, WindhoverError } from '../../runtime/node.ts';
import type { SourceOptions } from './options.ts';

export interface Address {
  /** Path of a file, or a URL with the login in it. */
  readonly url: string;
  /** The same for people to see. */
  readonly name: string;
  /** `web`: HTTP, where a film or a camera may be. `live`: nothing but live streams. */
  readonly kind: 'file' | 'web' | 'live';
  readonly format: string | undefined;
  /** Of FFmpeg. */
  readonly options: Readonly<Record<string, string>>;
}

/** @throws WindhoverError `source_address` */
export function addressOf(params: SourceOptions): Address {
  const { url, format, options = {} } = params;
  const kind = kindOf(url);
  if (kind !== 'file') refuseRawPassword(url);
  const texts = Object.entries(options).map(([name, value]) => [name, String(value)] as const);
  return {
    url: url.startsWith('file://') ? fileURLToPath(url) : withLogin(params),
    name: maskPasswords(url),
    kind,
    format,
    options: { ...transportOptions(params), ...Object.fromEntries(texts) },
  };
}

function kindOf(url: string): Address['kind'] {
  if (url.startsWith('file://') || !/^[a-z][a-z0-9+.-]+:/i.test(url)) return 'file';
  return /^https?:/i.test(url) ? 'web' : 'live';
}

function transportOptions({ url, transport }: SourceOptions): Record<string, string> {
  if (!/^rtsps?:/i.test(url)) return {};
  // Without a transport FFmpeg goes through all of them, here beginning with TCP.
  return transport === 'auto' ? { rtsp_flags: 'prefer_tcp' } : { rtsp_transport: transport };
}

function withLogin({ url, username, password }: SourceOptions): string {
  if (username === undefined && password === undefined) return url;
  const parts = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)(.*)$/is.exec(url);
  if (!parts) throw addressError('a login needs a URL', { option: 'username', got: maskPasswords(url) });
  const [, scheme = '', host = '', rest = ''] = parts;
  if (host.includes('@')) {
    throw addressError('there are two logins', {
      option: 'url',
      hint: 'write it in the URL, or as username and password',
    });
  }
  return `${scheme}${encodeURIComponent(username ?? '')}:${encodeURIComponent(password ?? '')}@${host}${rest}`;
}

/** A raw `/`, `?` or `#` ends the host part of a URL, and the rest of the password is taken for a path. */
function refuseRawPassword(url: string): void {
  const [, host = '', mark = '', rest = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)([/?#]?)(.*)$/is.exec(url) ?? [];
  const isCutLogin = !host.includes('@') && rest.includes('@') && /:(?!\d*$)[^\]]*$/.test(host);
  if (!isCutLogin) return;
  throw addressError(`the password in the URL holds a raw ${mark}`, {
    option: 'url',
    hint: `write ${encodeURIComponent(mark)} for it, or use the options username and password`,
  });
}

function addressError(what: string, details: { option: string; hint?: string; got?: string }): WindhoverError {
  return new WindhoverError('source_address', what, details);
}
