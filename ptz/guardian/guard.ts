/**
 * Stops a camera from another process when this one cannot: for cameras that keep moving after their last velocity.
 *
 * The guardian runs before the first test move, because the behaviour of the camera is not known until then, and
 * ends when the camera turns out to stop by itself. While it is needed but missing, nothing is moved.
 */
import { WindhoverError } from '../../runtime/node.ts';
import type { Verdict } from '../ladder.ts';
import type { LoginRecord } from '../network/login-policy.ts';
import type { DriverTime } from '../time.ts';
import { GuardianProcess } from './guardian-process.ts';
import { GUARDIAN_LATE_MS, type StopJob } from './messages.ts';

/** While it is opened, the guardian is told at this interval that this process is alive. */
const HOLD_EVERY_MS = 250;
const HOLD_MS = 1000;

export class Guard {
  readonly #time: DriverTime;
  readonly #guardian: GuardianProcess;
  #state: 'closed' | 'opening' | 'needed' | 'not-needed' = 'closed';
  #lost: () => void = () => undefined;
  /** While it is opened: what made the test moves invalid; null: nothing. */
  #interruption: string | null = null;
  /** Something may have been moved, and no stop was confirmed since. */
  #mayMove = false;

  constructor(time: DriverTime) {
    this.#time = time;
    this.#guardian = new GuardianProcess(time, {
      lost: (reason) => {
        this.#interruption = reason;
        if (this.#state === 'needed') this.#lost();
      },
      stopping: () => {
        this.#interruption = `no sign of life from this process for more than ${HOLD_MS} ms: the guardian stopped the camera`;
      },
    });
  }

  /** Process id of the guardian; null: there is none. */
  get pid(): number | null {
    return this.#guardian.pid;
  }

  /** Extra delay of a stop by the guardian; 0 where none is needed. */
  get lateMs(): number {
    return this.#state === 'needed' ? GUARDIAN_LATE_MS : 0;
  }

  /** Why the camera must not be moved now; null: it may. */
  get reason(): string | null {
    const { reason } = this.#guardian;
    return this.#state !== 'needed' || reason === null ? null : `not moved while the guardian is missing: ${reason}`;
  }

  /**
   * Connecting begins. @param lost called when the camera must be stopped because the guardian could not @returns ends
   * the test moves
   */
  begin(lost: () => void): () => void {
    [this.#state, this.#lost, this.#interruption, this.#mayMove] = ['opening', lost, null, false];
    let callOff: () => void = () => undefined;
    const renew = () => {
      if (this.#guardian.reason === null) this.moves(HOLD_MS);
      callOff = this.#time.after(HOLD_EVERY_MS, renew);
    };
    renew();
    return () => callOff();
  }

  /** How to stop the camera; called again after a change. */
  watch(job: StopJob): void {
    if (this.#isOn) this.#guardian.watch(job);
  }

  /** Resolves when the guardian could stop the camera. @throws WindhoverError `ptz_unguarded`, … */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.#isOn) await this.#guardian.ready(signal);
  }

  /** @throws WindhoverError `ptz_interrupted` when the test moves are invalid */
  check(): void {
    if (this.#interruption === null) return;
    throw new WindhoverError('ptz_interrupted', 'the test moves were interrupted', {
      got: this.#interruption,
      hint: 'try again',
    });
  }

  /** The camera has been tested, and stands. @returns notes */
  async settle({ rung, stopsByItself }: Verdict): Promise<readonly string[]> {
    if (rung === null || stopsByItself === 'yes') {
      this.#state = 'not-needed';
      await this.#guardian.close(true);
      return [];
    }
    this.#state = 'needed';
    // The small moves are over, and the driver has stopped the camera after each.
    this.stands();
    return [GUARDED[stopsByItself]];
  }

  /**
   * A velocity is about to be sent, and is valid for this long.
   * @throws WindhoverError `ptz_unguarded`: then it must not be sent
   */
  moves(forMs: number): void {
    if (this.#state === 'closed') throw new WindhoverError('ptz_closed', 'the camera driver is not open');
    if (!this.#isOn) return;
    this.#guardian.moves(forMs);
    this.#mayMove = true;
  }

  /** The camera has confirmed a stop. */
  stands(): void {
    this.#mayMove = false;
    if (this.#state === 'needed') this.#guardian.stands();
  }

  /** The login was refused: that of the guardian would be, too. */
  refused(login: LoginRecord): void {
    if (this.#state === 'needed') this.#guardian.refused(login);
  }

  /** The guardian takes over the stop of any motion. */
  async close(): Promise<void> {
    this.#state = 'closed';
    await this.#guardian.close(!this.#mayMove);
  }

  get #isOn(): boolean {
    return this.#state === 'opening' || this.#state === 'needed';
  }
}

const GUARDED = {
  no:
    'guarded: another process stops the camera when this one dies; this does not survive the loss of the network: ' +
    'the camera then moves until a stop reaches it',
  unverified:
    'guarded: another process stops the camera when this one dies; whether this survives the loss of the network is not known',
} as const;
