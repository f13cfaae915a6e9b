/** Finds the place in a user's module that an error came from. */

/**
 * @param module absolute path of the node's module
 * @returns `file:line:column` of the innermost stack frame inside the module's folder, if there is one
 */
export function positionInModule(error: unknown, module: string): string | undefined {
  if (!(error instanceof Error) || !error.stack || !module.startsWith('/')) return undefined;
  const folder = module.slice(0, module.lastIndexOf('/') + 1);
  for (const line of error.stack.split('\n')) {
    const found = /(\/[^()]*:\d+:\d+)/.exec(line)?.[1];
    if (found?.startsWith(folder)) return found;
  }
  return undefined;
}
