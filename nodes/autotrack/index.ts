/**
 * `autotrack`: keeps the selected target and its phase (idle, tracking, searching, lost). With `driver: none` it moves
 * no camera; ticks then carry no `ptz`.
 */
import { defineNode, type FrameMeta, TargetPhase, Type } from '../../runtime/node.ts';

const params = Type.Object({
  driver: Type.Literal('none', { default: 'none', description: 'How the camera is moved. none: not at all.' }),
  grace_s: Type.Number({
    default: 2,
    minimum: 0,
    maximum: 3600,
    description: 'How long an unseen target is searched for before it is lost, in seconds.',
  }),
});

export default defineNode({
  name: 'autotrack',
  doc: 'Follows a selected target and says in which phase the following is.',
  params,
  inputs: { tracks: { kind: 'tracks' } },
  outputs: { ptz: { kind: 'ptz', doc: 'Target, phase and camera state, once per frame.' } },
  open({ params: { grace_s }, emit, clock, graph, kept, keep }) {
    const target = new TargetPhase(grace_s * 1000, keptTargetId(kept));
    let newest: FrameMeta | undefined;
    const nowMs = () => (graph.pace === 'asap' ? (newest?.captureMonoMs ?? 0) : clock.monoMs());
    return {
      on: {
        tracks({ frame, tracks }) {
          newest = frame;
          const phase = target.step(
            tracks.map(({ id }) => id),
            nowMs(),
          );
          return emit.ptz({ frame, selectedTargetId: target.targetId, phase });
        },
      },
      command(command) {
        target.select(command.type === 'set_target_id' ? command.target_id : null, nowMs());
        keep({ targetId: target.targetId });
      },
    };
  },
});

/** The target that was selected before the process was restarted. */
function keptTargetId(kept: unknown): number | null {
  if (typeof kept !== 'object' || kept === null || !('targetId' in kept)) return null;
  return typeof kept.targetId === 'number' ? kept.targetId : null;
}
