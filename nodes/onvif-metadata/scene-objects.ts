/**
 * From the scenes of a camera to what is in each picture. By ONVIF's rules an object that was marked as idle is not told of again
 * until it changes, so it is kept until then; scenes of several analytics modules may be mixed, and only one is taken. Pure
 * stepper.
 */
import type { Scene, SceneObject } from '../../ptz/index.ts';

/** Objects that stand still, and names of modules. */
const MOST_KEPT = 1000;

export class SceneObjects {
  /** Modules that were seen. */
  readonly modules = new Set<string>();
  #module: string | undefined;
  readonly #idle = new Map<string, SceneObject>();

  /** @param module the one that is taken; undefined: that of the first scene that has an object */
  constructor(module: string | undefined) {
    this.#module = module;
  }

  /** The module that is taken; undefined: any. */
  get module(): string | undefined {
    return this.#module;
  }

  /** Those that stand still, and are not told of. */
  get idle(): SceneObject[] {
    return [...this.#idle.values()];
  }

  /** The stream starts again: what was idle may be gone. */
  reset(): void {
    this.#idle.clear();
  }

  /** All objects of the picture; undefined: the scene is of another module. */
  step({ module, objects, gone }: Scene): SceneObject[] | undefined {
    if (this.modules.size < MOST_KEPT) this.modules.add(module);
    if (objects.length > 0) this.#module ??= module;
    if (module !== (this.#module ?? module)) return undefined;
    for (const id of [...gone, ...objects.map((each) => each.id)]) this.#idle.delete(id);
    const kept = this.idle;
    for (const object of objects) {
      if (object.isIdle && this.#idle.size < MOST_KEPT) this.#idle.set(object.id, object);
    }
    return [...objects, ...kept];
  }
}
