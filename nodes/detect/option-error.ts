import { WindhoverError } from '../../runtime/node.ts';

type Details = ConstructorParameters<typeof WindhoverError>[2];

/**
 * An error of one of the node's options; trying again can't help. `path` names the option, so that the graph checker
 * can point at its line.
 */
export class OptionError extends WindhoverError {
  readonly path: string;

  constructor(option: string, code: string, what: string, details: Details = {}) {
    super(code, what, { ...details, permanent: true });
    this.path = option;
  }
}
