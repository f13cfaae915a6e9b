/** The built-in nodes by name, loaded when they are used. Adding one is its folder and a line here. */
export const builtinNodes = {
  source: () => import('./source/index.ts'),
  'virtual-ptz': () => import('./virtual-ptz/index.ts'),
  decode: () => import('./decode/index.ts'),
  detect: () => import('./detect/index.ts'),
  replay: () => import('./replay/index.ts'),
  'onvif-metadata': () => import('./onvif-metadata/index.ts'),
  track: () => import('./track/index.ts'),
  zones: () => import('./zones/index.ts'),
  autotrack: () => import('./autotrack/index.ts'),
  preview: () => import('./preview/index.ts'),
  publish: () => import('./publish/index.ts'),
} as const;
