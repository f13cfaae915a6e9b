/** Which nodes of which cameras use which model, and giving them another one. */
import type { Catalog } from '../catalog/catalog.ts';
import type { PatchOutcome, Settings, SettingsPatch } from '../catalog/settings.ts';
import { WindhoverError } from '../errors.ts';
import type { CheckedNode } from '../graph/graph.ts';

export interface ModelUse {
  readonly camera: string;
  readonly node: string;
  /** Name of its option that holds the model. */
  readonly option: string;
  readonly file: string;
}

/** Of all active graphs. */
export async function modelUses(catalog: Catalog, modelFolders: readonly string[]): Promise<ModelUse[]> {
  const nodes = catalog.graphs.flatMap(({ camera, nodes }) => nodes.map((node) => ({ camera, node })));
  const uses = nodes.map(async ({ camera, node }) => {
    const option = modelOption(node);
    const { inspect } = node.contract;
    if (option === undefined || typeof inspect !== 'function') return null;
    const { file } = await inspect(node.params, { modelFolders }, null);
    return { camera, node: node.id, option, file };
  });
  return (await Promise.all(uses)).filter((use) => use !== null);
}

/**
 * Gives the nodes of these cameras this model; null: the one that they have by default.
 * @throws WindhoverError `no_model_node`, and what a change of settings throws
 */
export function useModel(
  { catalog, settings }: { readonly catalog: Catalog; readonly settings: Settings },
  model: string | null,
  cameras: readonly string[],
): Promise<PatchOutcome> {
  const graphs = catalog.graphs.filter(({ camera }) => cameras.includes(camera));
  const ofNodes = (nodes: readonly CheckedNode[]) =>
    nodes.flatMap((node) => {
      const option = modelOption(node);
      return option === undefined ? [] : [[node.id, { [option]: model }] as const];
    });
  const ofCameras = graphs.map(({ camera, nodes }) => [camera, Object.fromEntries(ofNodes(nodes))] as const);
  const patch: SettingsPatch = Object.fromEntries(ofCameras.filter(([, nodes]) => Object.keys(nodes).length > 0));
  if (Object.keys(patch).length === 0)
    throw new WindhoverError('no_model_node', 'No node of these cameras runs a model');
  return settings.patch(patch);
}

function modelOption({ contract }: CheckedNode): string | undefined {
  const options = Object.entries(contract.params.properties);
  return options.find(([, schema]) => schema.model === true)?.[0];
}
