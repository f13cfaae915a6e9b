/** What went wrong, by name: from FFmpeg's codes to ours. */

import { constants } from 'node:os';
import {
  AVERROR_HTTP_FORBIDDEN,
  AVERROR_HTTP_NOT_FOUND,
  AVERROR_HTTP_OTHER_4XX,
  AVERROR_HTTP_SERVER_ERROR,
  AVERROR_HTTP_TOO_MANY_REQUESTS,
  AVERROR_HTTP_UNAUTHORIZED,
} from 'node-av/constants';
import { FFmpegError } from 'node-av/lib';
import { WindhoverError } from '../../runtime/node.ts';

/** Linux and macOS number it differently. */
const CONNECTION_REFUSED = [-111, -61];
const BY_CODE = new Map<number, string>([
  [-constants.errno.ENOENT, 'source_not_found'],
  [-constants.errno.EACCES, 'source_denied'],
  [-constants.errno.EPERM, 'source_denied'],
  [-constants.errno.EBUSY, 'source_busy'],
  ...CONNECTION_REFUSED.map((code) => [code, 'source_refused'] as const),
  [AVERROR_HTTP_UNAUTHORIZED, 'source_login'],
  [AVERROR_HTTP_FORBIDDEN, 'source_login'],
  [AVERROR_HTTP_NOT_FOUND, 'source_not_found'],
  [AVERROR_HTTP_OTHER_4XX, 'source_unreadable'],
  [AVERROR_HTTP_TOO_MANY_REQUESTS, 'source_busy'],
  [AVERROR_HTTP_SERVER_ERROR, 'source_busy'],
]);
const HINTS: Readonly<Record<string, string>> = {
  source_refused: 'nothing listens at that address and port',
  source_login: 'check username and password',
  source_not_found: 'there is nothing at that path',
  source_denied: 'this user may not read it; to a camera of this machine the group video has access',
  source_busy: 'the server is overloaded or broken, or another program uses the camera',
};

/** @param otherwise the name for codes that say nothing more */
export function sourceError(code: number, what: string, otherwise: string): WindhoverError {
  return namedError(BY_CODE.get(code) ?? otherwise, what, FFmpegError.strerror(code));
}

export function namedError(name: string, what: string, got: string): WindhoverError {
  const hint = HINTS[name];
  return new WindhoverError(name, what, { got, ...(hint === undefined ? {} : { hint }) });
}
