/**
 * Notices what a model gives after its first run that no model should: numbers that are not finite, scores above 1. Such
 * boxes are left out, so without a word a blind camera would look healthy.
 */
import type { Logger } from '../../runtime/node.ts';
import type { OutputTensor } from './families/family.ts';

interface Reports {
  readonly log: Logger;
  readonly count: (name: string, by?: number) => void;
  readonly fault: (fault: { code: string; message: string } | null) => void;
}

export class OutputWatch {
  readonly #reports: Reports;
  #warned = false;
  #blind = false;

  constructor(reports: Reports) {
    this.#reports = reports;
  }

  /** @param broken boxes of these outputs that were left out, for a coordinate or a score */
  look(outputs: readonly OutputTensor[], broken: number): void {
    const { log, count, fault } = this.#reports;
    const bad = outputs.map(badValues);
    const values = bad.reduce((sum, one) => sum + one, 0);
    if (values > 0) count('broken_values', values);
    if (broken > 0) count('broken_boxes', broken);
    if (values + broken > 0 && !this.#warned) {
      this.#warned = true;
      log.warn('the model gives numbers that are not finite, or scores above 1; they are left out', { values, broken });
    }
    // As many as there are rows: a whole column of an output at least.
    const blind = bad.some((one, i) => one > 0 && one >= Math.max(...(outputs[i]?.dims ?? [])));
    if (blind === this.#blind) return;
    this.#blind = blind;
    const message = `the model is blind: ${values} numbers of its outputs are not finite`;
    fault(blind ? { code: 'model_output_broken', message } : null);
  }
}

/** How many floats of an output are NaN or infinite. */
function badValues({ data }: OutputTensor): number {
  if (!(data instanceof Float32Array)) return 0;
  // Nearly always the sum says that there are none.
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i] ?? 0;
  return Number.isFinite(sum) ? 0 : data.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
}
