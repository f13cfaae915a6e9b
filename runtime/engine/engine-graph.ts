/** The form of a graph that the engine runs. */
import type { FrameRequest, Pace } from '../data.ts';
import type { HangLimits } from '../node.ts';

/** A checked and planned graph as plain data. */
export interface EngineGraph {
  readonly pace: Pace;
  /** In topological order. */
  readonly nodes: readonly {
    readonly id: string;
    readonly use: string;
    readonly params: Record<string, unknown>;
    /** Names of the requests that it answers. */
    readonly requests: readonly string[];
    /** Names of the options that the node takes while it runs. */
    readonly live: readonly string[];
    /** See `NodeContract.stateless`. */
    readonly stateless: boolean;
    /** See `NodeContract.hangsAfterS`. */
    readonly hangsAfterS?: HangLimits;
    readonly links: readonly {
      readonly input: string;
      readonly from: { readonly node: string; readonly output: string };
      readonly kind: string;
    }[];
  }[];
  readonly workers: readonly { readonly name: string; readonly nodes: readonly string[] }[];
  readonly rings: readonly {
    readonly id: string;
    readonly from: { readonly node: string; readonly output: string };
    readonly readers: readonly { readonly node: string; readonly input: string }[];
    readonly request: FrameRequest;
    readonly slots: number;
  }[];
}
