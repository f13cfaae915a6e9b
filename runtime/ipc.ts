/** Messages to the processes that this one starts. */
import { errorCode } from './errors.ts';

/** Does nothing when the process is ending: its exit is told. */
export function sendTo(child: Bun.Subprocess, message: unknown): void {
  try {
    child.send(message);
  } catch (error) {
    // Between the end of the channel and that of the process.
    if (errorCode(error) !== 'ERR_IPC_CHANNEL_CLOSED') throw error;
  }
}
