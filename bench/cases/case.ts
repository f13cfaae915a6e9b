/** What a case is: something that once went wrong for somebody, its right value, and what comes now. */
import { errorMessage } from '../../runtime/errors.ts';

export interface Case {
  /** `folder/name`, as in the folder of cases. */
  readonly name: string;
  /** The right value. */
  readonly expected: string;
  /** Takes more than a second or two: processes, real time. */
  readonly isSlow: boolean;
  readonly run: () => Outcome | Promise<Outcome>;
}

export interface Outcome {
  readonly pass: boolean;
  readonly got: string;
}

/** Runs a case. One that throws has failed with that error. */
export async function runCase({ run }: Case): Promise<Outcome> {
  try {
    return await run();
  } catch (error) {
    return { pass: false, got: errorMessage(error) };
  }
}

/** A case whose right value nobody wrote down yet: it counts as failed. */
export function unknownCase(name: string): Case {
  return {
    name,
    expected: 'a right value in the table of its folder',
    isSlow: false,
    run: () => ({ pass: false, got: 'none' }),
  };
}
