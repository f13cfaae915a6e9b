/** Names that belong together: a union-find over a fixed set. And names that are not taken yet. */
export class Groups {
  readonly #parent: Map<string, string>;

  constructor(names: Iterable<string>) {
    this.#parent = new Map([...names].map((name) => [name, name]));
  }

  /** The name that stands for the whole group of `name`. */
  root(name: string): string {
    let root = name;
    for (let up = this.#parent.get(root); up !== undefined && up !== root; up = this.#parent.get(root)) root = up;
    return root;
  }

  join(a: string, b: string): void {
    this.#parent.set(this.root(b), this.root(a));
  }

  /** All members of the group of `name`, in the order given at first. */
  members(name: string): string[] {
    const root = this.root(name);
    return [...this.#parent.keys()].filter((other) => this.root(other) === root);
  }
}

/** A graph may give one worker the name of a node that runs in another. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let i = 2; taken.has(name); i++) name = `${wanted}-${i}`;
  return name;
}
