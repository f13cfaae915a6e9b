/**
 * The settings of a server: for each camera the options of its nodes, as they are in effect. A change is a deep merge,
 * checked as a whole and applied all or nothing; the Catalog does both.
 */
import { isDeepStrictEqual } from 'node:util';
import { WindhoverError } from '../errors.ts';
import type { GraphFault } from '../graph/faults.ts';
import type { CheckedGraph, CheckedNode } from '../graph/graph.ts';
import { suggestion } from '../nearest.ts';
import { HIDDEN, isSecretName, maskPasswords, Secrets } from '../secrets.ts';
import type { Catalog, Changes, Seen } from './catalog.ts';
import type { Applied } from './graphs.ts';

/** Of one camera: by node and option. */
export type CameraSettings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
/** By camera: what a PATCH holds. Null stands for the default. */
export type SettingsPatch = Readonly<Record<string, CameraSettings>>;

export interface OptionDetail {
  readonly value: unknown;
  /** Null: it has none. */
  readonly default: unknown;
  /** Its node takes it while it runs. */
  readonly live: boolean;
  /** JSON Schema: type, range, unit, description. */
  readonly schema: object;
}

export type PatchOutcome =
  | { readonly faults: readonly GraphFault[] }
  | { readonly applied: readonly Applied[]; readonly faults: readonly [] };

export class Settings {
  readonly #catalog: Catalog;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  get cameras(): string[] {
    return this.#catalog.graphs.map(({ camera }) => camera);
  }

  /** Secrets are hidden. @throws WindhoverError `unknown_camera` */
  of(camera: string): CameraSettings {
    return byNode(this.#graph(camera), (node) => this.#values(node));
  }

  /** The same with what a form needs. @throws WindhoverError `unknown_camera` */
  details(camera: string): Readonly<Record<string, Readonly<Record<string, OptionDetail>>>> {
    return byNode(this.#graph(camera), (node) => {
      const values = this.#values(node);
      const options = Object.entries(node.contract.params.properties).map(([name, { live, ...schema }]) => {
        const detail = { value: values[name] ?? null, default: schema.default ?? null, live: live === true, schema };
        return [name, detail] as const;
      });
      return Object.fromEntries(options);
    });
  }

  /** Changes with any of the settings of these cameras. @throws WindhoverError `unknown_camera` */
  version(cameras: readonly string[]): string {
    return this.#catalog.version(cameras);
  }

  /** What would be wrong with it. Applies nothing. @throws WindhoverError `unknown_camera`, `unknown_node` */
  async validate(patch: SettingsPatch): Promise<readonly GraphFault[]> {
    return await this.#catalog.validate(this.#changes(patch));
  }

  /**
   * @param seen undefined: whatever they are now
   * @returns with faults, nothing was applied
   * @throws WindhoverError `unknown_camera`, `unknown_node`, `settings_changed`, or why a session could not take it
   */
  async patch(patch: SettingsPatch, seen?: Seen): Promise<PatchOutcome> {
    const { faults, applied } = await this.#catalog.apply(() => this.#changes(patch), seen);
    return faults.length > 0 ? { faults } : { faults: [], applied };
  }

  #changes(patch: SettingsPatch): Changes {
    const changes = Object.entries(patch).map(([camera, nodes]) => {
      const graph = this.#graph(camera);
      const known = Object.entries(nodes).map(([id, params]) => {
        const node = graph.nodes.find((each) => each.id === id);
        if (node) return [id, { with: this.#news(node, params) }] as const;
        const near = suggestion(
          id,
          graph.nodes.map((each) => each.id),
          'node',
        );
        throw new WindhoverError('unknown_node', `Unknown node: ${camera}.${id}${near}`);
      });
      const news = known.filter(([, change]) => Object.keys(change.with).length > 0);
      return [camera, { nodes: Object.fromEntries(news) }] as const;
    });
    return Object.fromEntries(changes);
  }

  #graph(camera: string): CheckedGraph {
    const graph = this.#catalog.graphs.find((each) => each.camera === camera);
    if (graph) return graph;
    throw new WindhoverError('unknown_camera', `Unknown camera_id: ${camera}`);
  }

  #values({ params }: CheckedNode): Record<string, unknown> {
    const secrets = this.#secrets();
    return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, shown(name, value, secrets)]));
  }

  #secrets(): Secrets {
    const secrets = new Secrets();
    for (const secret of this.#catalog.secrets) secrets.add(secret);
    return secrets;
  }

  /** What is so already is no change, also as it was shown: defaults are not written, hidden secrets stay. */
  #news({ params }: CheckedNode, patch: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const secrets = this.#secrets();
    const isSo = (name: string, value: unknown) =>
      isDeepStrictEqual(value, params[name]) || isDeepStrictEqual(value, shown(name, params[name], secrets));
    return Object.fromEntries(Object.entries(patch).filter(([name, value]) => value === null || !isSo(name, value)));
  }
}

/** The value of an option without the secrets in it. */
function shown(name: string, value: unknown, secrets: Secrets): unknown {
  if (typeof value === 'string') return isSecretName(name) && value ? HIDDEN : secrets.redact(maskPasswords(value));
  if (Array.isArray(value)) return value.map((each) => shown(name, each, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shown(key, each, secrets)]));
}

function byNode<T>({ nodes }: CheckedGraph, of: (node: CheckedNode) => T): Record<string, T> {
  return Object.fromEntries(nodes.map((node) => [node.id, of(node)]));
}
