/** Turns the `use` of a checked graph back into its contract, inside a worker. */
import { WindhoverError } from '../errors.ts';
import type { AnyNode } from '../node.ts';

/** @param use a built-in name, or the absolute path of a module whose default export is a node */
export async function loadContract(use: string, builtins: readonly AnyNode[]): Promise<AnyNode> {
  const builtin = builtins.find((node) => node.name === use);
  if (builtin) return builtin;
  const module: { default?: AnyNode } = await import(use);
  if (!module.default?.open) {
    throw new WindhoverError('node_module_invalid', `${use} has no node as its default export`, {
      hint: 'export default defineNode({ … })',
      permanent: true,
    });
  }
  return module.default;
}
