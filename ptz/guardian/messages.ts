/**
 * Messages between the process that moves a camera (the owner) and the one that stops it when needed (the guardian).
 *
 * The rule: the owner says what may move before it moves, and that it stands after the camera has confirmed it. Leases
 * travel as durations and count from their arrival, so no clock is shared. Whatever ends without a word, the channel,
 * the owner's messages or a lease, ends with a stop.
 */
import type { LoginRecord } from '../network/login-policy.ts';
import type { OctagonStopJob } from '../octagon/stop-job.ts';
import type { OnvifStopJob } from '../onvif/stop-job.ts';

/** What another process needs to stop a camera. Plain data, login included: it goes through a pipe and nowhere else. */
export type StopJob = OnvifStopJob | OctagonStopJob;

export type ToGuardian =
  /** How to stop the camera; holds the login. Answered by `ready` or `unable` with the same number. */
  | { readonly type: 'watch'; readonly number: number; readonly job: StopJob }
  /** A velocity is about to be sent, valid for this long. */
  | { readonly type: 'moves'; readonly forMs: number }
  | { readonly type: 'stands' }
  /** The owner's login was refused: it counts for the guardian too. */
  | { readonly type: 'refused'; readonly login: LoginRecord }
  /** Every second: the owner is alive. */
  | { readonly type: 'alive' }
  /** Nothing moves or will move: exit. */
  | { readonly type: 'bye' };

export type FromGuardian =
  | { readonly type: 'hello' }
  /** The camera can be stopped: the login was accepted. */
  | { readonly type: 'ready'; readonly number: number }
  /** It tries again by itself. */
  | { readonly type: 'unable'; readonly number: number; readonly reason: string; readonly login: LoginRecord }
  /** The guardian ends because of its own fault. */
  | { readonly type: 'failed'; readonly message: string }
  /** Every half second. */
  | { readonly type: 'here' }
  /** It stops the camera by itself: the lease ran out. */
  | { readonly type: 'stopping' };

export const ALIVE_EVERY_MS = 1000;
export const HERE_EVERY_MS = 500;
/** The owner's own watchdog comes first; only when it has not stopped the camera by then does the guardian. */
export const GRACE_MS = 150;
/** What a stop by the guardian adds to a lease: its grace, and its own time. */
export const GUARDIAN_LATE_MS = 300;
