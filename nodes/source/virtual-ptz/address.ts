/**
 * What `virtual-ptz:…` names: a virtual camera in this process, or one that runs by itself (`bun run camera`).
 *
 *     virtual-ptz:                                       the default scene
 *     virtual-ptz:yard.json?fps=20&size=640x360          a scene file (relative to the graph file)
 *     virtual-ptz:http://127.0.0.1:8000?profile=profile_sub&fps=15
 *     virtual-ptz:http://127.0.0.1:8000?size=320x180     smaller than any of its profiles
 */
import { WindhoverError } from '../../../runtime/node.ts';

export const SCHEME = 'virtual-ptz:';

export interface VirtualAddress {
  /** Path of the scene file; null: the default scene, or a camera that runs by itself. */
  readonly scene: string | null;
  /** `http://host:port` of a camera that runs by itself; null: one in this process. */
  readonly origin: string | null;
  /** Media profile of a camera that runs by itself; null: its first. */
  readonly profile: string | null;
  readonly fps: number;
  /** Size of the picture; null: that of the profile, or {@link DEFAULT_SIZE} of a camera in this process. */
  readonly size: { readonly width: number; readonly height: number } | null;
}

const DEFAULT_FPS = 15;
const MAX_FPS = 60;
export const DEFAULT_SIZE = { width: 640, height: 360 };
const MAX_SIDE = 4096;

/** @throws WindhoverError `source_address` */
export function readAddress(url: string): VirtualAddress {
  const rest = url.slice(SCHEME.length);
  const mark = rest.indexOf('?');
  const target = mark < 0 ? rest : rest.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : rest.slice(mark + 1));
  const isRemote = /^https?:\/\//.test(target);
  const allowed = ['fps', 'size', ...(isRemote ? ['profile'] : [])];
  for (const key of query.keys()) {
    if (!allowed.includes(key)) throw wrong(url, `${allowed.join(' or ')} after the ?`, key);
  }
  if (isRemote && !URL.canParse(target)) throw wrong(url, 'http://host:port', target);
  return {
    scene: isRemote || target === '' ? null : target,
    origin: isRemote ? new URL(target).origin : null,
    profile: query.get('profile'),
    fps: readFps(url, query.get('fps')),
    size: readSize(url, query.get('size')),
  };
}

function readFps(url: string, text: string | null): number {
  const fps = text === null ? DEFAULT_FPS : Number(text);
  if (fps > 0 && fps <= MAX_FPS) return fps;
  throw wrong(url, `fps above 0, at most ${MAX_FPS}`, text ?? '');
}

function readSize(url: string, text: string | null): VirtualAddress['size'] {
  if (text === null) return null;
  const [, width = 0, height = 0] = (/^(\d+)x(\d+)$/.exec(text) ?? []).map(Number);
  const fits = (side: number) => side >= 16 && side <= MAX_SIDE && side % 2 === 0;
  if (fits(width) && fits(height)) return { width, height };
  throw wrong(url, `size as 640x360, both even, at most ${MAX_SIDE}`, text);
}

function wrong(url: string, expected: string, got: string): WindhoverError {
  return new WindhoverError('source_address', url, { expected, got, permanent: true });
}
