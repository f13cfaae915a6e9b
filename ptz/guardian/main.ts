/**
 * Entry of the guardian: a separate process that stops a camera when the process that moves it is dead, paused or
 * stuck. It is spawned by guardian-process.ts and gets messages over the IPC channel; see messages.ts.
 */
import { realTime } from '../time.ts';
import { GuardianHost } from './host.ts';
import type { FromGuardian, ToGuardian } from './messages.ts';

const clock = { unixMs: () => Date.now(), monoMs: () => performance.now() };

function send(message: FromGuardian): void {
  if (!process.connected) return;
  try {
    process.send?.(message);
  } catch {
    // The channel has just ended; `disconnect` tells.
  }
}

const host = new GuardianHost({ time: realTime(clock), send, exit: () => process.exit(0) });

process.on('message', (message: ToGuardian) => host.receive(message));
process.on('disconnect', () => host.ownerGone());
// The owner may have gone while we were starting.
if (!process.connected) host.ownerGone();
process.on('uncaughtException', (error) => {
  send({ type: 'failed', message: error.message });
  // Treated like a dead owner: a last stop, then another guardian is started.
  host.ownerGone();
});
// Ctrl-C, a service manager's SIGTERM and a closed terminal end the owner; the guardian goes when the camera stands.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
