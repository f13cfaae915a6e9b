/** The ordered list of built-in nodes. Adding one is its folder and a line here. */
import type { AnyNode } from '../runtime/node.ts';
import autotrack from './autotrack/index.ts';
import decode from './decode/index.ts';
import detect from './detect/index.ts';
import publish from './publish/index.ts';
import replay from './replay/index.ts';
import source from './source/index.ts';
import track from './track/index.ts';
import virtualPtz from './virtual-ptz/index.ts';
import zones from './zones/index.ts';

export const builtinNodes: readonly AnyNode[] = [
  source,
  virtualPtz,
  decode,
  detect,
  replay,
  track,
  zones,
  autotrack,
  publish,
];
