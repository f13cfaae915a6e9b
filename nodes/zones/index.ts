/**
 * `zones`: says which zones each track is in. Zones are drawn in the picture or, for a camera that moves, in pan and
 * tilt. While a zone can't be judged, because the camera moves or is elsewhere, it is suspended and nobody is in it.
 */
import { boardTopics, defineNode } from '../../runtime/node.ts';
import { CameraHistory, type News } from './camera-history.ts';
import { validateZones, zonesOptions } from './options.ts';
import { type KnownTracks, type Suspension, ZoneStepper } from './zone-stepper.ts';

export default defineNode({
  name: 'zones',
  doc: 'Says which zones of the picture, or of the directions around the camera, each track is in.',
  params: zonesOptions,
  light: true,
  inputs: { tracks: { kind: 'tracks' } },
  outputs: { tracks: { kind: 'tracks', doc: 'The same tracks, with the names of the zones that they are in.' } },
  metrics: {
    suspended: { kind: 'gauge', name: 'zones_suspended', doc: 'Zones that cannot be judged at the moment.' },
    suspensions: { kind: 'counter', name: 'zone_suspensions', doc: 'Times that a zone could not be judged any more.' },
  },
  board: { watches: [boardTopics.camera] },
  validate: validateZones,
  open({ params, emit, board, graph, kept, count, gauge }) {
    const before = isHandover(kept) ? kept : undefined;
    const stepper = new ZoneStepper(params, before?.tracks);
    const camera = new CameraHistory(params.settle_s * 1000, before?.news);
    let suspended: ReadonlyMap<string, Suspension> = new Map();
    let frameMs = 0;
    const isAsap = graph.pace === 'asap';
    // Media time knows nothing of the host's clock: what is heard holds from the frame before it on.
    board.watch(boardTopics.camera, (news) => camera.add(news, isAsap ? frameMs : news.atMs));
    const show = (now: ReadonlyMap<string, Suspension>) => {
      const begun = [...now.keys()].filter((name) => !suspended.has(name)).length;
      if (begun > 0) count('suspensions', begun);
      gauge('suspended', now.size);
      gauge('suspended_why', now.size === 0 ? 'none' : [...now].map(([name, why]) => `${name}: ${why}`).join(', '));
      suspended = now;
    };
    show(suspended);
    return {
      update(changed) {
        stepper.change(changed);
        camera.settleMs = changed.settle_s * 1000;
      },
      handover: (): Handover => ({ tracks: stepper.tracks, news: camera.news }),
      on: {
        tracks(message) {
          const { frame, tracks } = message;
          frameMs = Math.max(frameMs, frame.captureMonoMs);
          const step = stepper.step(tracks, { atMs: frameMs, size: frame.size, camera: camera.at(frameMs) });
          show(step.suspended);
          const zoned = tracks.map((track, i) => {
            // Another zones node before this one may have named some.
            const names = new Set([...(track.zones ?? []), ...(step.zones[i] ?? [])]);
            return { ...track, zones: [...names] };
          });
          return emit.tracks({ ...message, tracks: zoned });
        },
      },
    };
  },
});

/** What a successor goes on with. */
interface Handover {
  readonly tracks: KnownTracks;
  readonly news: readonly News[];
}

function isHandover(kept: unknown): kept is Handover {
  return typeof kept === 'object' && kept !== null && 'tracks' in kept;
}
