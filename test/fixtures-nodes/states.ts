/** Says how its camera and its autotracker stand: once, once more with nothing new, and (at a command) anew. */
import { defineNode, type MessageOf, Type, targetRequests, topics } from '../../runtime/node.ts';

export default defineNode({
  name: 'states',
  doc: 'Sends state messages.',
  params: Type.Object({
    reason: Type.String({ default: 'no answer', description: 'Why the camera is not ready.' }),
    hangs_up: Type.Boolean({ default: false, description: 'Says at its end that the camera was let go of.' }),
  }),
  inputs: {},
  outputs: {},
  topics: { ptz: topics.ptz, autotrack: topics.autotrack },
  requests: targetRequests,
  pace: () => 'realtime',
  open({ params, publish, sessionId, graph, count, gauge, kept, keep, log }) {
    let sent = 0;
    const head = () => {
      sent += 1;
      return { session_id: sessionId, camera_id: graph.camera, ts_unix_ms: sent };
    };
    const ptz = (link: MessageOf<typeof topics.ptz>['link'], round_trip_ms: number) =>
      publish('ptz', {
        schema: 'drone-ptz-ptz/1',
        type: 'ptz_state',
        ...head(),
        control_mode: 'onvif',
        link,
        moving: false,
        pan_deg: 12,
        tilt_deg: -3,
        zoom: 0.5,
        hfov_deg: 30,
        preset: 'home',
        cmd: { pan: 0.5, tilt: 0, zoom: 0 },
        round_trip_ms,
      });
    const autotrack = (target_id: number | null) =>
      publish('autotrack', {
        schema: 'drone-ptz-autotrack/1',
        type: 'autotrack_state',
        ...head(),
        enabled: true,
        active: target_id !== null,
        reason: target_id === null ? { code: 'no_target', message: 'no target is selected' } : null,
        state: target_id === null ? 'idle' : 'following',
        target_id,
        selected_by: target_id === null ? null : 'operator',
        rung: 'velocity',
        verified: true,
        stops_by_itself: 'yes',
        rejected: [],
        notes: [],
        calibration: {
          state: 'none',
          repeatability: null,
          at_unix_ms: null,
          delay_ms: null,
          pan_deg_per_s: null,
          tilt_deg_per_s: null,
        },
        commands_per_s: null,
        error_share: null,
      });
    return {
      async run(signal) {
        await ptz({ state: 'lost', reason: params.reason }, 10);
        await ptz({ state: 'lost', reason: params.reason }, 20);
        await autotrack(typeof kept === 'number' ? kept : null);
        count('decoded');
        count('processed');
        gauge('settled', 1);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
      requests: {
        set_target_id({ target_id }) {
          keep(target_id);
          log.info('told', { target_id });
          return autotrack(target_id);
        },
        clear_target() {
          keep(null);
          return autotrack(null);
        },
      },
      end: () => (params.hangs_up ? ptz({ state: 'closed', reason: null }, 20) : undefined),
    };
  },
});
