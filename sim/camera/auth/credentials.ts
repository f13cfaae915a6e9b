import { createHash, timingSafeEqual } from 'node:crypto';

/** The one user of the camera. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Compares in constant time. */
export function sameText(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
