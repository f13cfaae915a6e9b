/**
 * `autotrack`: keeps a PTZ camera on a selected target. Without a driver it keeps the target and its phase and moves
 * nothing; ticks then carry no `ptz`.
 */

import {
  checkDriverOptions,
  type DriverTime,
  type MotionListener,
  makeDriver,
  type PtzDriver,
  realTime,
  type SimHead,
} from '../../ptz/index.ts';
import {
  autotrackRequests,
  boardTopics,
  defineNode,
  type HeadNews,
  type Metric,
  type NodeContext,
  targetRequests,
  topics,
} from '../../runtime/node.ts';
import { CameraLink } from './camera-link.ts';
import { type FollowContext, Follower } from './follower.ts';
import { OperatorSwitch } from './operator-switch.ts';
import { type AutotrackParams, params } from './options.ts';
import { Reporter } from './reporter.ts';
import { Tuning } from './tuning.ts';

/** Interval of control steps between pictures. */
const TICK_MS = 50;

const commands = (result: string): Metric => ({
  kind: 'counter',
  name: 'ptz_commands',
  doc: 'Velocities and stops for the camera, by what became of them.',
  labels: { result },
});

export default defineNode({
  name: 'autotrack',
  doc: 'Follows a selected target with the camera, and reports the tracking phase.',
  params,
  inputs: { tracks: { kind: 'tracks' } },
  outputs: { ptz: { kind: 'ptz', doc: 'Target, phase and camera state, once per frame.' } },
  topics: { ptz: topics.ptz, autotrack: topics.autotrack },
  metrics: {
    link: { kind: 'gauge', name: 'ptz_link_info', doc: 'State of the connection to the camera.', wordLabel: 'state' },
    ptz_sent: commands('sent'),
    ptz_superseded: commands('superseded'),
    ptz_failed: commands('failed'),
  },
  board: {
    posts: [boardTopics.camera, boardTopics.motors, boardTopics.motionWanted],
    watches: [boardTopics.head, boardTopics.motion],
  },
  requests: { ...targetRequests, ...autotrackRequests },
  validate: (options) => checkDriverOptions(options),
  open(context) {
    const { params: options, graph, clock, board } = context;
    // There is no camera to move for a file.
    if (options.driver === 'none' || graph.pace === 'asap') return withoutCamera(context);
    const time = realTime(clock);
    const head = options.driver === 'sim' ? boardHead(board) : undefined;
    const driver = (listener: MotionListener) => makeDriver(options, { time, head, listener });
    return follow(context, { controlMode: options.driver, driver, time });
  },
});

/** A camera to keep on the target, and the time in which it is moved. */
export interface FollowedCamera {
  readonly controlMode: 'onvif' | 'octagon' | 'sim';
  /** Makes what moves it, and tells the listener what goes out. */
  readonly driver: (listener: MotionListener) => PtzDriver;
  readonly time: DriverTime;
}

/** Keeps a camera on the target. @returns the node's handlers */
export function follow(own: FollowContext, { controlMode, driver, time }: FollowedCamera) {
  const operator = new OperatorSwitch(own);
  const { context } = operator;
  const { params: options, graph, clock, log, store } = context;
  const tuning = new Tuning(options, store, log);
  const listener: MotionListener = {
    sent: (velocity, atMs) => follower.sent(velocity, atMs),
  };
  const link = new CameraLink(driver(listener), time, log, {
    status: (status) => follower.status(status),
    changed: () => follower.linkChanged(),
    commanded: (result) => context.count(`ptz_${result}`),
  });
  const reporter = new Reporter({
    clock,
    sessionId: context.sessionId,
    cameraId: graph.camera,
    controlMode,
    enabled: () => follower.isEnabled,
    link,
    calibration: () => tuning.view(),
    notes: () => follower.notes,
    publish: context.publish,
  });
  const follower = new Follower(context, { link, tuning, reporter });
  context.every(TICK_MS, () => follower.tick());
  link.start();
  return handlers(follower, operator, () => follower.close());
}

function withoutCamera(own: FollowContext) {
  const operator = new OperatorSwitch(own);
  return handlers(new Follower(operator.context, null), operator, () => undefined);
}

/** The motors of the virtual camera of the session's `virtual-ptz` node, reached over the board. */
function boardHead(board: NodeContext<unknown, Record<never, never>>['board']): SimHead {
  let news: HeadNews | null = null;
  board.watch(boardTopics.head, (told) => {
    news = told;
  });
  return { news: () => news, command: (command) => board.post(boardTopics.motors, command) };
}

function handlers(follower: Follower, operator: OperatorSwitch, close: () => void | Promise<void>) {
  return {
    update: (params: AutotrackParams) => follower.update(operator.update(params)),
    on: { tracks: (message: Parameters<Follower['tracks']>[0]) => follower.tracks(message) },
    requests: {
      set_target_id: ({ target_id }: { target_id: number }) => follower.select(target_id),
      clear_target: () => follower.select(null),
      set_autotrack: ({ enabled }: { enabled: boolean }) => follower.update(operator.operate(enabled)),
    },
    close,
  };
}

export type { AutotrackParams };
