/** What `bun run models` shows of a model file. The node that runs such files makes it: `inspect` in its contract. */
import type { Box, Size } from './data.ts';

/** What a model finds in a picture, in its pixels. */
export type ModelFinds = readonly { readonly label: string; readonly confidence: number; readonly bboxPx: Box }[];

/** A model that the node takes. */
export interface ModelCard {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  /** How its outputs are read; how sure that is, and what it was told by. */
  readonly family: string;
  readonly certainty: string;
  readonly why: string;
  readonly layout: string;
  /** What it also gives and nobody reads, such as masks. */
  readonly not_read: string | null;
  readonly input: {
    readonly name: string;
    readonly type: string;
    readonly dims: readonly number[];
    readonly size: Size;
    readonly color: string;
    readonly white: number;
    readonly fit: string;
    readonly pad: number;
    readonly filter?: string;
    readonly normalize?: { readonly mean: readonly number[]; readonly std: readonly number[] };
  };
  readonly outputs: readonly {
    readonly name: string;
    readonly type: string;
    readonly dims: readonly (number | string)[];
  }[];
  readonly labels: { readonly names: readonly string[]; readonly source: string; readonly assumed: boolean };
  /** IoU above which doubles are dropped; null: the model gives each object once. */
  readonly nms_iou: number | null;
  /** Least confidence when a graph does not set it. */
  readonly confidence: number;
  /** Only of a model that was run. */
  readonly found?: { readonly grey: ModelFinds; readonly picture?: ModelFinds };
  /** As the file's metadata has it. */
  readonly licence: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A file that the node refuses. */
export interface RefusedModel {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  /** `option`: the option of the node that the error is about. */
  readonly error: { readonly code: string; readonly option: string; readonly message: string };
}
