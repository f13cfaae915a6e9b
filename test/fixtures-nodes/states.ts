/** Says how its camera and its autotracker stand: once, once more with nothing new, and (at a command) anew. */
import { defineNode, type StateName, Type, targetRequests } from '../../runtime/node.ts';

export default defineNode({
  name: 'states',
  doc: 'Sends state messages.',
  params: Type.Object({
    reason: Type.String({ default: 'no answer', description: 'Why the camera is not ready.' }),
    hangs_up: Type.Boolean({ default: false, description: 'Says at its end that the camera was let go of.' }),
  }),
  inputs: {},
  outputs: {},
  requests: targetRequests,
  pace: () => 'realtime',
  open({ params, send, sessionId, graph, count, gauge, kept, keep }) {
    let sent = 0;
    const post = (name: StateName, type: string, fields: object) => {
      const head = { schema: `drone-ptz-${name}/1`, type, session_id: sessionId, camera_id: graph.camera };
      sent += 1;
      return send({ topic: 'state', name, live: true, json: JSON.stringify({ ...head, ts_unix_ms: sent, ...fields }) });
    };
    const ptz = (link: object, round_trip_ms: number) =>
      post('ptz', 'ptz_state', {
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
      post('autotrack', 'autotrack_state', {
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
