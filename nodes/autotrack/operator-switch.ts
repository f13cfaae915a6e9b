/** Whether the camera may be moved: as the option `enabled` says, until the operator says otherwise. */
import type { FollowContext } from './follower.ts';
import type { AutotrackParams } from './options.ts';

/** Survives a crash: a camera that was switched off must not move again by itself. */
interface Kept {
  readonly switched: boolean;
  /** The option then: another one holds again. */
  readonly option: boolean;
}

export class OperatorSwitch {
  /** The node's context, with the options as they are in effect, and one place for all that is kept. */
  readonly context: FollowContext;
  readonly #keep: FollowContext['keep'];
  #params: AutotrackParams;
  #isOn: boolean;
  /** What the rest of the node keeps. */
  #rest: object;

  constructor(context: FollowContext) {
    this.#params = context.params;
    this.#keep = context.keep;
    this.#rest = typeof context.kept === 'object' && context.kept !== null ? context.kept : {};
    const { switched, option }: Partial<Kept> = this.#rest;
    this.#isOn = typeof switched === 'boolean' && option === context.params.enabled ? switched : context.params.enabled;
    const keep = (state: unknown) => {
      this.#rest = Object(state);
      this.#save();
    };
    this.context = { ...context, params: this.#inEffect, keep };
  }

  /** @returns the options as they are in effect now */
  update(params: AutotrackParams): AutotrackParams {
    if (params.enabled !== this.#params.enabled) this.#isOn = params.enabled;
    this.#params = params;
    this.#save();
    return this.#inEffect;
  }

  /** @returns the options as they are in effect now */
  operate(isOn: boolean): AutotrackParams {
    this.#isOn = isOn;
    this.#save();
    return this.#inEffect;
  }

  get #inEffect(): AutotrackParams {
    return { ...this.#params, enabled: this.#isOn };
  }

  #save(): void {
    const kept: Kept = { switched: this.#isOn, option: this.#params.enabled };
    this.#keep({ ...this.#rest, ...kept });
  }
}
