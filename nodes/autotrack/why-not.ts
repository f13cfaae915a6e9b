/** Why the autotracker does not steer the camera now: a stable code and a sentence for the operator. Pure. */

import type { Link, Verdict } from '../../ptz/index.ts';
import type { TrackerState } from './state-messages.ts';

export interface WhyInput {
  readonly enabled: boolean;
  readonly link: Pick<Link, 'state' | 'reason'>;
  /** Null until the camera has been reached. */
  readonly verdict: Verdict | null;
  readonly state: TrackerState;
  readonly hasTarget: boolean;
  /** The target has been in sight since it was selected. */
  readonly wasSeen: boolean;
}

export interface Reason {
  readonly code: string;
  readonly message: string;
}

const LINK_CODES = {
  connecting: 'connecting',
  lost: 'camera_lost',
  refused: 'login_refused',
  closed: 'closed',
  ready: 'no_target',
} as const;

export function whyNot({ enabled, link, verdict, state, hasTarget, wasSeen }: WhyInput): Reason {
  if (!enabled) return reason('disabled', 'autotrack is switched off in the graph (enabled: false)');
  if (link.state !== 'ready') {
    return reason(LINK_CODES[link.state], link.reason ?? 'the camera has not been connected yet');
  }
  if (verdict?.rung === null) return cannotSteer(verdict);
  if (state === 'calibrating') return reason('calibrating', 'the camera makes small moves to measure its motors');
  if (state === 'returning') return reason('returning', 'the camera moves to its home');
  if (!hasTarget) return reason('no_target', 'no target is selected');
  if (!wasSeen) return reason('target_not_seen', 'the selected target has not been seen yet');
  return reason('target_lost', 'the target is lost');
}

export function cannotSteer({ rejected }: Verdict): Reason {
  const why = rejected.map(({ rung, reason: because }) => `${rung}: ${because}`).join('; ');
  return reason('no_rung', `the camera cannot be steered: ${why}`);
}

/** It follows, but not all the way. */
export function outOfReach(ends: readonly string[]): Reason {
  return reason('out_of_reach', `the target is out of reach of the camera: ${ends.join(' and ')} at the limit`);
}

function reason(code: string, message: string): Reason {
  return { code, message };
}
